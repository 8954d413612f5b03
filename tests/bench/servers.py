"""The servers that are compared: how each is started, asked and weighed."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

HERE = Path(__file__).parent
START_SECONDS = 120
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE = {0}


class BenchError(Exception):
    """The comparison cannot be made; the message is the reason in one line."""


@dataclass(frozen=True)
class Server:
    """A server to compare. `command` takes a port; `body` makes a request of rows, `answers` reads its answer."""

    name: str
    command: Callable[[int], list[str]]
    path: str = "/prediction"
    login: bool = True
    body: Callable[[list[list[Any]]], Any] = lambda rows: {"inputs": rows}
    answers: Callable[[Any], list[Any]] = lambda document: list(document["predictions"])
    folder: Path | None = None
    """Of the model; None if the server does not predict."""
    env: tuple[tuple[str, str], ...] = ()
    prepare: Callable[[], None] = lambda: None
    """Done once before the first start; raises BenchError if the server cannot be had."""


@dataclass
class Running:
    """A server that has answered once."""

    server: Server
    process: subprocess.Popen[bytes]
    port: int
    headers: dict[str, str]
    seconds: float
    """From the start of the process to its first answer."""

    def ask(self, rows: list[list[Any]]) -> list[Any]:
        url = f"http://127.0.0.1:{self.port}{self.server.path}"
        answer = requests.post(url, json=self.server.body(rows), headers=self.headers, timeout=60)
        answer.raise_for_status()
        return self.server.answers(answer.json())

    def processes(self) -> list[int]:
        return _family(self.process.pid)

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def megabytes(self) -> float:
        """Memory that is its own, and its share of what it shares (PSS)."""
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.processes()]
        return sum(int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) for text in rollups) / 1024


@contextmanager
def running(server: Server, row: list[Any]) -> Iterator[Running]:
    """Start the server, and stop it at the end. Raises BenchError if it does not answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = time.monotonic()
    process = subprocess.Popen(
        server.command(port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | dict(server.env),
        start_new_session=True,
        preexec_fn=lambda: os.sched_setaffinity(0, SERVER_CORE & os.sched_getaffinity(0) or os.sched_getaffinity(0)),
    )
    try:
        yield _first_answer(Running(server, process, port, {}, 0), row, start)
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With its children, even those in a session of their own (BentoML's)."""
    for pid in _family(process.pid) if process.poll() is None else []:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _family(pid: int) -> list[int]:
    """The process and its children's children."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def say(what: str) -> None:
    print(f"{time.strftime('%T')}  {what}", file=sys.stderr, flush=True)


def _first_answer(found: Running, row: list[Any], start: float) -> Running:
    while time.monotonic() - start < START_SECONDS and found.process.poll() is None:
        try:
            if found.server.login and not found.headers:
                answer = requests.get(f"http://127.0.0.1:{found.port}/login", auth=("census", "census"), timeout=60)
                found.headers["Authorization"] = answer.json()["token"]
            found.ask([row])
        except requests.RequestException:
            time.sleep(0.005)
            continue
        found.seconds = time.monotonic() - start
        return found
    raise BenchError(f"{found.server.name}: does not answer")


def article(folder: Path) -> Server:
    return Server(
        "article", lambda port: [sys.executable, str(HERE / "article.py"), str(folder), str(port)], folder=folder
    )


def echo() -> Server:
    return Server("echo (ceiling)", lambda port: [sys.executable, str(HERE / "echo.py"), str(port)])


def ours(name: str, folder: Path, compile: bool) -> Server:
    """ml-census on a published model."""
    values = {
        "model_path": str(folder / "model.pkl"),
        "prediction_decoding": str(folder / "prediction_decoding.json"),
        "users": str(folder / "users.json"),
        "secret": str(folder / "secret.txt"),
        "compile": compile,
        "max_body_bytes": 16 * 1024**2,
    }
    (folder / "users.json").write_text(json.dumps({"census": "census"}))
    (folder / "secret.txt").write_text("a key of more than thirty-two bytes for the bench")
    config = folder / f"compile-{compile}.yaml"
    config.write_text(yaml.safe_dump(values))
    command = Path(sys.executable).with_name("ml-census")
    return Server(
        name, lambda port: [str(command), "serve", "--config", str(config), "--port", str(port)], folder=folder
    )
