"""A server process with concurrent clients, slow clients and clients that guess passwords."""

import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from werkzeug.security import generate_password_hash

from support.live_server import SECONDS, Server, Start

ROW = [39, "Private", 14, "Male"]
SOAK_ROUNDS = int(os.environ.get("SOAK_ROUNDS", "40"))
DRAINS = int(os.environ.get("DRAINS", "3"))
SLOW_HEAD = b""
SLOW_BODY = b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


def predict(server: Server, token: str) -> int:
    """Return the status of a prediction of one row by the logistic model."""
    body, headers = {"inputs": [[1, 2]]}, {"Authorization": token}
    return requests.post(f"{server.url}/prediction", json=body, headers=headers, timeout=SECONDS).status_code


def test_drains_under_twenty_clients_lose_no_request(start: Start) -> None:
    """Keep each connection until the server closes it. A new connection is then refused."""
    for _ in range(DRAINS):
        server = start("logistic", drain_delay_seconds=0.5)
        token, failed, begun = server.token(), list[str](), threading.Semaphore(0)

        def predict_until_refused(url: str, token: str, failed: list[str], begun: threading.Semaphore) -> None:
            body, headers = {"inputs": [[1, 2]]}, {"Authorization": token}
            with requests.Session() as session:
                while True:
                    try:
                        response = session.post(f"{url}/prediction", json=body, headers=headers, timeout=SECONDS)
                    except requests.ConnectionError as error:
                        if "Connection refused" not in str(error):  # after the drain the port is closed
                            failed.append(str(error))
                        return
                    if response.status_code != 200:
                        failed.append(str(response.status_code))
                    begun.release()

        arguments = (server.url, token, failed, begun)
        clients = [threading.Thread(target=predict_until_refused, args=arguments) for _ in range(20)]
        for client in clients:
            client.start()
        for _ in range(200):
            begun.acquire()
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGTERM)  # a second one changes nothing
        for client in clients:
            client.join(SECONDS)
        assert server.process.wait(SECONDS) == 0
        assert failed == []


def test_thousand_sigterms_act_as_one(start: Start) -> None:
    """Send them at once, so that some arrive inside the handler of an earlier one."""
    server = start("logistic", drain_delay_seconds=1)
    for _ in range(1_000):
        server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(SECONDS) == 0


def slow_senders(server: Server, count: int, sent: bytes) -> list[socket.socket]:
    """Connect clients that send these bytes and the first byte of the rest."""
    senders = [socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) for _ in range(count)]
    for sender in senders:
        sender.sendall(sent + b"P")
    return senders


def test_five_hundred_slow_senders_delay_no_probe(start: Start) -> None:
    """Set a deadline of ten minutes, so that no sender is closed during the test."""
    server = start("logistic", request_timeout_seconds=600)
    senders = slow_senders(server, 250, SLOW_HEAD) + slow_senders(server, 250, SLOW_BODY)

    for byte in b"OST":
        for sender in senders:
            sender.send(bytes([byte]))
        assert requests.get(f"{server.url}/readyz", timeout=SECONDS).status_code == 200

    for sender in senders:
        sender.close()


@pytest.mark.parametrize(("sent", "version"), [(SLOW_HEAD, b"1.0"), (SLOW_BODY, b"1.1")], ids=["head", "body"])
def test_slow_senders_get_408_at_the_deadline(start: Start, sent: bytes, version: bytes) -> None:
    server = start("logistic", request_timeout_seconds=1)

    for sender in slow_senders(server, 20, sent):
        assert sender.recv(65536).startswith(b"HTTP/%s 408 Request Timeout" % version)
        sender.close()


REPORT_BYTES = 8_000_000


def slow_readers(server: Server) -> list[socket.socket]:
    """Connect thirty clients that request twenty reports each, and read only the first bytes."""
    readers = []
    for _ in range(30):
        readers.append(socket.socket())
        readers[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        readers[-1].connect(("127.0.0.1", server.port))
        readers[-1].sendall(20 * b"GET /report HTTP/1.1\r\nHost: x\r\n\r\n")
        assert readers[-1].recv(12) == b"HTTP/1.1 200"
    return readers


def test_slow_readers_delay_no_prediction_and_hold_64_mib(start: Start, tmp_path: Path) -> None:
    """Set a deadline of ten minutes. The server keeps eight of thirty readers, with responses of 64 MB (HELD_BYTES)."""
    (tmp_path / "report.html").write_bytes(bytes(REPORT_BYTES))
    server = start("logistic", request_timeout_seconds=600)
    token = server.token()

    readers = slow_readers(server)

    assert {predict(server, token) for _ in range(10)} == {200}
    assert server.metrics()["ml_census_connections",] <= 64 * 1024**2 // REPORT_BYTES + 1  # one is the prediction's
    for reader in readers:
        reader.close()


def test_slow_readers_are_cut_off_at_the_deadline(start: Start, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_bytes(bytes(REPORT_BYTES))
    server = start("logistic", request_timeout_seconds=1)

    readers = slow_readers(server)

    while server.metrics()["ml_census_connections",]:
        time.sleep(0.05)
    for reader in readers:
        reader.close()


def test_guessed_passwords_cost_five_hashes_and_lock_one_user(start: Start) -> None:
    """Guess for one user. The server rejects all but five guesses before it computes a hash."""
    server = start("logistic")

    def guess(number: int) -> int:
        return server.login("Ada", f"wrong{number}").status_code

    with ThreadPoolExecutor(6) as pool:  # fewer than the queue of the login thread accepts, so that none gets a 503
        guesses = pool.map(guess, range(300))
        assert server.login("census", "census").status_code == 200
        statuses = Counter(guesses)

    assert statuses == {401: 5, 429: 295}


def test_login_flood_for_many_names_delays_no_prediction(start: Start, tmp_path: Path) -> None:
    """The server computes one hash at a time, eight logins wait, and the others get 503."""
    (tmp_path / "hashed.json").write_text(json.dumps({"census": generate_password_hash("census")}))
    server = start("logistic", users=str(tmp_path / "hashed.json"))
    token, over = server.token(), threading.Event()

    def guess(name: int) -> Counter[int]:
        statuses = Counter[int]()
        while not over.is_set():
            statuses[server.login(f"name{name}-{statuses.total()}", "wrong").status_code] += 1
        return statuses

    with ThreadPoolExecutor(12) as pool:
        guesses = [pool.submit(guess, name) for name in range(12)]
        try:
            assert {predict(server, token) for _ in range(20)} == {200}
        finally:
            over.set()
        statuses = sum((result.result() for result in guesses), Counter[int]())

    assert set(statuses) == {401, 503}


def test_concurrent_predictions_leave_no_warning_in_the_log(start: Start) -> None:
    """Use a forest: threads of scikit-learn empty the list of warning filters, and each tree would warn."""
    server = start(compile=False, env={"PYTHONWARNINGS": ""})
    token = server.token()

    def predict_row(_number: int) -> int:
        body, headers = {"inputs": [ROW]}, {"Authorization": token}
        return requests.post(f"{server.url}/prediction", json=body, headers=headers, timeout=SECONDS).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(predict_row, range(200))) == {200}
    server.stop()

    assert "Warning" not in "".join(server.log)


def test_server_keeps_its_memory_threads_and_descriptors(start: Start) -> None:
    """Use kept and new connections, logins, errors, and requests of 100 rows."""
    server = start(compile=False, env={"PYTHONWARNINGS": ""})
    soak(server, 20)
    before = held(server)
    statuses = soak(server, SOAK_ROUNDS)
    end = time.monotonic() + SECONDS
    while (after := held(server))[1] > before[1]:  # the metrics port closes its last connection with a delay
        assert time.monotonic() < end
    print(f"soak of {SOAK_ROUNDS} rounds: {dict(statuses)}, (MiB, descriptors, threads) {before} then {after}")

    assert set(statuses) == {200, 400, 404}
    assert after[2] <= before[2]
    assert after[0] - before[0] < 1 + SOAK_ROUNDS / 3000


def soak(server: Server, rounds: int) -> Counter[int]:
    """Return the statuses that two clients get in a number of rounds of ten requests."""
    token = server.token()

    def send_rounds(keep: str) -> Counter[int]:
        statuses, headers = Counter[int](), {"Authorization": token, "Connection": keep}
        with requests.Session() as session:
            for _ in range(rounds):
                for rows in ([ROW], 100 * [ROW], [["x"]]):
                    body = {"inputs": rows}
                    statuses[session.post(f"{server.url}/prediction", json=body, headers=headers).status_code] += 1
                for path in ("login", "nowhere"):
                    statuses[session.get(f"{server.url}/{path}", auth=("census", "census")).status_code] += 1
        return statuses

    with ThreadPoolExecutor() as pool:
        return sum(pool.map(send_rounds, ("keep-alive", "close")), Counter[int]())


def held(server: Server) -> tuple[float, int, int]:
    """Return MiB of resident memory, descriptors and threads of the process, once its connections are closed."""
    while server.metrics()["ml_census_connections",]:
        time.sleep(0.05)
    folders = [len(list(Path(f"/proc/{server.process.pid}", name).iterdir())) for name in ("fd", "task")]
    return server.memory() / 1024**2, folders[0], folders[1]
