"""Many clients at once, slow ones and guessing ones, against a real process."""

import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.security import generate_password_hash

ROW = [39, "Private", 14, "Male"]
SOAK_SECONDS = int(os.environ.get("SOAK_SECONDS", "10"))
Start = Callable[..., Any]


def test_ten_drains_under_twenty_clients_lose_no_request(start: Start) -> None:
    """A client that keeps its connection goes on until the server says close, and then finds the socket closed."""
    answered = 0
    for _ in range(10):
        server = start("logistic", drain_delay_seconds=1)
        token, failed, counts = server.token(), list[str](), list[int]()

        def ask(url: str, token: str, failed: list[str], counts: list[int]) -> None:
            with requests.Session() as session:
                for count in range(1_000_000):
                    try:
                        answer = session.post(
                            f"{url}/prediction", json={"inputs": [[1, 2]]}, headers={"Authorization": token}, timeout=10
                        )
                    except requests.ConnectionError as error:
                        if "Connection refused" not in str(error):  # after the drain nobody listens
                            failed.append(str(error))
                        counts.append(count)
                        return
                    if answer.status_code != 200:
                        failed.append(str(answer.status_code))

        clients = [threading.Thread(target=ask, args=(server.url, token, failed, counts)) for _ in range(20)]
        for client in clients:
            client.start()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGTERM)  # a second one changes nothing
        for client in clients:
            client.join(60)
        assert server.process.wait(60) == 0
        assert failed == []
        answered += sum(counts)
    assert answered >= 2_000


def test_a_thousand_sigterms_are_one(start: Start) -> None:
    """Whatever the first one has begun when the next one comes."""
    server = start("logistic", drain_delay_seconds=1)
    for _ in range(1_000):
        server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(10) == 0


@pytest.mark.parametrize(
    ("at_once", "version"),
    [(b"", b"1.0"), (b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", b"1.1")],
    ids=["head", "body"],
)
def test_five_hundred_slow_senders_hold_nobody_up_and_are_cut_off(start: Start, at_once: bytes, version: bytes) -> None:
    server = start("logistic", request_deadline_seconds=3)
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(500)]
    for each in slow:
        each.sendall(at_once)
    for second in range(3):
        for each in slow:
            each.send(b"POST /prediction"[second : second + 1])
        began = time.monotonic()
        assert requests.get(f"{server.url}/readyz", timeout=30).status_code == 200
        assert time.monotonic() - began < 1
        time.sleep(0.5)

    for each in slow:
        assert each.recv(65536).startswith(b"HTTP/%s 408 Request Timeout" % version)
        each.close()


def test_who_asks_for_much_and_reads_nothing_holds_nobody_up_and_is_cut_off(start: Start, tmp_path: Path) -> None:
    """Thirty connections that ask for 20 reports of 8 MB each."""
    (tmp_path / "report.html").write_bytes(bytes(8_000_000))
    server = start("logistic", request_deadline_seconds=3, compile=False)
    body, headers = {"inputs": [[1, 2]]}, {"Authorization": server.token()}
    before, deaf = held(server)[0], []
    for _ in range(30):
        deaf.append(socket.socket())
        deaf[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf[-1].connect(("127.0.0.1", server.port))
        deaf[-1].sendall(20 * b"GET /report HTTP/1.1\r\nHost: x\r\n\r\n")
        assert deaf[-1].recv(12) == b"HTTP/1.1 200"

    memory = []
    while server.metrics()["ml_census_connections",]:
        began = time.monotonic()
        assert requests.post(f"{server.url}/prediction", json=body, headers=headers, timeout=30).status_code == 200
        assert time.monotonic() - began < 1
        memory.append(held(server)[0] - before)

    assert max(memory) < 64
    for each in deaf:
        each.close()


@pytest.mark.parametrize("length", [b"", b"Content-Length: 5\r\n"], ids=["chunked", "chunked-and-length"])
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"], ids=["", "expect"])
def test_a_chunks_first_line_without_end_costs_little(start: Start, length: bytes, expect: bytes) -> None:
    """Ten times 2 MiB of it; what came was joined with each piece that came."""
    server = start("logistic")
    before = processor_seconds(server)
    head = b"POST /prediction HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + length + expect
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sender:
            sender.sendall(head + b"\r\n" + 2 * 1024**2 * b"0")
            sender.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: sender.recv(65536), b""))
        assert answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").startswith(b"HTTP/1.1 400 ")

    assert processor_seconds(server) - before < 1


def test_a_thousand_wrong_passwords_cost_five_hashes_and_a_right_one_is_let_in(start: Start) -> None:
    server = start("logistic")

    def guess(number: int) -> int:
        return requests.get(f"{server.url}/login", auth=("Ada", f"wrong{number}"), timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        guesses = pool.map(guess, range(1_000))
        began = time.monotonic()
        assert server.token()
        assert time.monotonic() - began < 2
        answers = Counter(guesses)

    assert answers[401] == 5
    assert set(answers) <= {401, 429, 503}


def test_a_flood_of_guesses_for_many_names_leaves_predictions_alone(start: Start, tmp_path: Path) -> None:
    """One hash at a time, eight waiting, the others are told to come later."""
    (tmp_path / "hashed.json").write_text(json.dumps({"census": generate_password_hash("census")}))
    server = start("logistic", users=str(tmp_path / "hashed.json"))
    token, over = server.token(), threading.Event()

    def guess(name: int) -> Counter[int]:
        answers = Counter[int]()
        while not over.is_set():
            auth = (f"name{name}-{answers.total()}", "wrong")
            answers[requests.get(f"{server.url}/login", auth=auth, timeout=30).status_code] += 1
        return answers

    with ThreadPoolExecutor(12) as pool:
        guesses = [pool.submit(guess, name) for name in range(12)]
        for _ in range(50):
            answer = requests.post(
                f"{server.url}/prediction", json={"inputs": [[1, 2]]}, headers={"Authorization": token}, timeout=10
            )
            assert answer.status_code == 200
        over.set()
        answers = sum((each.result() for each in guesses), Counter[int]())

    assert set(answers) == {401, 503}


def test_many_predictions_at_once_leave_no_warning_in_the_log(start: Start) -> None:
    """scikit-learn's threads empty each other's list of warning filters, and then each tree of a forest warns."""
    server = start(compile=False, env={"PYTHONWARNINGS": ""})
    token = server.token()

    def predict(_number: int) -> int:
        body, headers = {"inputs": [ROW]}, {"Authorization": token}
        return requests.post(f"{server.url}/prediction", json=body, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(predict, range(400))) == {200}
    server.stop()

    assert "Warning" not in "".join(server.log)


def test_a_soak_leaves_memory_descriptors_and_threads_as_they_were(start: Start) -> None:
    """With connections that are kept and new ones, logins, errors and 100 rows a request; and all are answered."""
    server = start(compile=False, env={"PYTHONWARNINGS": ""})
    soak(server, 5)
    before = held(server)
    answers = soak(server, SOAK_SECONDS)
    after = held(server)
    print(f"soak of {SOAK_SECONDS} s: {dict(answers)}, (MiB, descriptors, threads) {before} then {after}")

    assert set(answers) == {200, 400, 404}
    assert after[1:] == before[1:]
    assert after[0] - before[0] < 1 + SOAK_SECONDS / 600


def soak(server: Any, seconds: float) -> Counter[int]:
    """What two clients are answered, who ask about half of what the server can do."""
    token, end = server.token(), time.monotonic() + seconds

    def ask(keep: str) -> Counter[int]:
        answers, headers = Counter[int](), {"Authorization": token, "Connection": keep}
        with requests.Session() as session:
            while time.monotonic() < end:
                for rows in ([ROW], 100 * [ROW], [["x"]]):
                    body = {"inputs": rows}
                    answers[session.post(f"{server.url}/prediction", json=body, headers=headers).status_code] += 1
                for path in ("login", "nowhere"):
                    answers[session.get(f"{server.url}/{path}", auth=("census", "census")).status_code] += 1
                time.sleep(0.1)
        return answers

    with ThreadPoolExecutor() as pool:
        return sum(pool.map(ask, ("keep-alive", "close")), Counter[int]())


def processor_seconds(server: Any) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def held(server: Any) -> tuple[float, int, int]:
    """MiB of resident memory, descriptors and threads of the process."""
    process = Path(f"/proc/{server.process.pid}")
    pages = int((process / "statm").read_text().split()[1])
    folders = [len(list((process / name).iterdir())) for name in ("fd", "task")]
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2, folders[0], folders[1]
