"""More than a pod can do, and clients that are too slow (F4, F18, F19): it sheds, cuts off, and goes on."""

import json
import math
import selectors
import socket
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
import requests
from cluster import CHART, ROW, Release, login, resident_memory

ARTICLE = CHART / "ci" / "article-values.yaml"
SECONDS = 60
ROUNDS = 6


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
def probed(url: str, took: list[float]) -> Iterator[None]:
    """Add the seconds that /livez took, on a connection of its own each time."""
    address, _, port = url.removeprefix("http://").partition(":")
    over = threading.Event()

    def probe() -> None:
        while not over.wait(0.1):
            began = time.monotonic()
            with socket.create_connection((address, int(port)), timeout=5) as connection:
                connection.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
                good = connection.recv(65536).startswith(b"HTTP/1.0 200")
            took.append(time.monotonic() - began if good else math.inf)

    with ThreadPoolExecutor() as pool:
        probing = pool.submit(probe)
        yield
        over.set()
        probing.result()


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


@dataclass
class Asked:
    """How long clients asked, and what they were answered."""

    seconds: float = 0
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def offered(self) -> float:
        return self.answers.total() / self.seconds

    @property
    def goodput(self) -> float:
        return self.answers["200"] / self.seconds


def ask(asked: Asked, url: str, clients: int, seconds: float, rate: float = math.inf) -> None:
    """Keep clients asking, so many times a second if they are free by then.

    One thread for all, and answers are looked at no further than to their status: the server has the same cores.
    """
    address, _, port = url.removeprefix("http://").partition(":")
    body = json.dumps({"inputs": [ROW]})
    request = (
        f"POST /prediction HTTP/1.1\r\nHost: x\r\nAuthorization: {login(url)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    free = deque(socket.create_connection((address, int(port)), timeout=60) for _ in range(clients))
    with selectors.DefaultSelector() as waiting:
        for client in free:
            waiting.register(client, selectors.EVENT_READ)
        began, sent = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            while free and sent < passed * rate:
                free.popleft().sendall(request)
                sent += 1
            for key, _ in waiting.select(0.001):
                client = cast(socket.socket, key.fileobj)
                asked.answers[client.recv(65536)[9:12].decode()] += 1
                free.append(client)
        for client in [cast(socket.socket, key.fileobj) for key in waiting.get_map().values()]:
            client.close()
    asked.seconds += passed


def test_f18_ten_times_the_capacity_leaves_the_capacity(release: Release) -> None:
    """Capacity and overload in turns: what else the machine does falls on both."""
    usual, over = Asked(), Asked()
    took: list[float] = []
    for _ in range(ROUNDS):
        with probed(release.url, []):
            ask(usual, release.url, clients=4, seconds=10)
        with probed(release.url, took):
            ask(over, release.url, clients=200, seconds=SECONDS / ROUNDS, rate=10 * usual.goodput)
    print(
        f"f18: capacity {usual.goodput:.0f}/s, asked {over.offered:.0f}/s, answered {over.goodput:.0f}/s, "
        f"probe p99 {1000 * p99(took):.0f} ms of {len(took)}; {dict(over.answers)}"
    )

    assert set(over.answers) == {"200", "503"}
    # The goals are 0.9 and 0.1 s (README); a machine that does something else meanwhile is no reason to fail.
    assert over.goodput >= 0.8 * usual.goodput
    assert p99(took) < 0.2
    assert release.restarts() == 0


def test_f19_five_hundred_slow_senders_hold_nobody_up(release: Release) -> None:
    address, _, port = release.url.removeprefix("http://").partition(":")
    (pod,) = release.pods()
    memory = resident_memory(pod)
    slow = [socket.create_connection((address, int(port)), timeout=30) for _ in range(500)]
    took = []
    for second in range(20):
        for each in slow:
            each.send(b"POST /prediction HTTP/1.1\r\n"[second : second + 1])
        began = time.monotonic()
        assert requests.get(f"{release.url}/version", timeout=30).status_code == 200
        took.append(time.monotonic() - began)
        time.sleep(0.5)
    more = (resident_memory(pod) - memory) / 1024**2
    for each in slow:
        each.close()
    print(
        f"f19: with 500 slow senders a request took at most {1000 * max(took):.0f} ms, and {more:.0f} MiB more memory"
    )

    assert more < 64
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
