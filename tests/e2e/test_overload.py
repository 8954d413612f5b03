"""More than a pod can do, and clients that are too slow (F4, F18, F19): it sheds, cuts off, and goes on."""

import json
import socket
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from cluster import CHART, ROW, Release, login

ARTICLE = CHART / "ci" / "article-values.yaml"
SECONDS = 60


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    """One pod that answers some tens of requests a second: scikit-learn itself predicts."""
    slow = {
        "config.compile": "false",
        "config.model_path": "gs://models/census-article/model.pkl",
        "config.prediction_decoding": "gs://models/census-article/prediction_decoding.json",
    }
    release.upgrade(ARTICLE, replicaCount=1, **slow)


@contextmanager
def probed(url: str) -> Iterator[list[float]]:
    """Seconds that /livez took, on a connection of its own each time, asked by a process of its own."""
    took: list[float] = []
    over = threading.Event()

    def probe() -> None:
        command = ["curl", "--silent", "--output", "/dev/null", "--max-time", "5"]
        while not over.wait(0.1):
            done = subprocess.run(
                [*command, "--write-out", "%{http_code} %{time_total}", f"{url}/livez"], capture_output=True, text=True
            )
            status, seconds = done.stdout.split()
            took.append(float(seconds) if status == "200" else 5.0)

    thread = threading.Thread(target=probe)
    thread.start()
    yield took
    over.set()
    thread.join()


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def goodput(url: str, clients: int, pause: float, seconds: float) -> tuple[float, Counter[str]]:
    """Good answers a second, and all answers. The clients do as little as they can: the server has the same cores."""
    address, _, port = url.removeprefix("http://").partition(":")
    body = json.dumps({"inputs": [ROW]})
    request = (
        f"POST /prediction HTTP/1.1\r\nHost: x\r\nAuthorization: {login(url)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    over, answers = threading.Event(), Counter[str]()

    def ask() -> None:
        with socket.create_connection((address, int(port)), timeout=60) as connection:
            while not over.wait(pause):
                connection.sendall(request)
                answers[connection.recv(65536)[9:12].decode()] += 1

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    before, began = answers["200"], time.monotonic()
    time.sleep(seconds)
    good = (answers["200"] - before) / (time.monotonic() - began)
    over.set()
    for thread in threads:
        thread.join()
    return good, answers


def test_f18_ten_times_the_capacity_leaves_the_capacity(release: Release) -> None:
    capacity, _ = goodput(release.url, clients=4, pause=0.001, seconds=15)
    clients = 60
    with probed(release.url) as took:
        good, answers = goodput(release.url, clients, pause=clients / (12 * capacity), seconds=SECONDS)
    print(
        f"f18: capacity {capacity:.0f}/s, asked {answers.total() / SECONDS:.0f}/s, answered {good:.0f}/s, "
        f"probe p99 {1000 * p99(took):.0f} ms of {len(took)}; {dict(answers)}"
    )

    assert set(answers) == {"200", "503"}
    # The goals are 0.9 and 0.1 s; on two cores that are also the clients' these were 0.88 and 0.12 s (README).
    assert good >= 0.75 * capacity
    assert p99(took) < 0.25
    assert release.restarts() == 0


def test_f19_five_hundred_slow_senders_hold_nobody_up(release: Release) -> None:
    address, _, port = release.url.removeprefix("http://").partition(":")
    slow = [socket.create_connection((address, int(port)), timeout=30) for _ in range(500)]
    took = []
    for second in range(20):
        for each in slow:
            each.send(b"POST /prediction HTTP/1.1\r\n"[second : second + 1])
        began = time.monotonic()
        assert requests.get(f"{release.url}/version", timeout=30).status_code == 200
        took.append(time.monotonic() - began)
        time.sleep(0.5)
    for each in slow:
        each.close()
    print(f"f19: with 500 slow senders a request took at most {1000 * max(took):.0f} ms")

    assert max(took) < 1
    assert release.restarts() == 0
    assert release.ready_pods() == 1


def test_f4_the_largest_bodies_do_not_reach_the_limit_of_memory(release: Release) -> None:
    headers = {"Authorization": login(release.url)}
    rows = {"inputs": [ROW] * 6_500}
    statuses: list[int] = []

    def send() -> None:
        for _ in range(25):
            answer = requests.post(f"{release.url}/prediction", json=rows, headers=headers, timeout=120)
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"f4: {len(statuses)} bodies of {len(str(rows)) / 1e6:.1f} MB, answered {sorted(set(statuses))}")

    assert len(statuses) == 200
    assert set(statuses) <= {200, 503}
    assert release.restarts() == 0
