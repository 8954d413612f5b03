"""Servers to compare: start, requests, CPU time and memory of each."""

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
    """Reason why servers cannot be compared, in one line."""


@dataclass(frozen=True)
class Server:
    """A server to compare.

    `command` returns the command for a port, `body` the request body for rows, and `read_response` the labels.
    """

    name: str
    command: Callable[[int], list[str]]
    path: str = "/prediction"
    login: bool = True
    body: Callable[[list[list[Any]]], Any] = lambda rows: {"inputs": rows}
    read_response: Callable[[Any], list[Any]] = lambda document: list(document["predictions"])
    folder: Path | None = None
    """Folder of the model; None if the server does not predict."""
    env: tuple[tuple[str, str], ...] = ()
    prepare: Callable[[], None] = lambda: None
    """Installs the server once. Raises BenchError on failure."""


@dataclass
class RunningServer:
    """A server that has responded once."""

    server: Server
    process: subprocess.Popen[bytes]
    port: int
    headers: dict[str, str]
    seconds: float
    """Time from the start of the process to the first response."""

    def predict(self, rows: list[list[Any]]) -> list[Any]:
        """Return the labels of rows."""
        url = f"http://127.0.0.1:{self.port}{self.server.path}"
        response = requests.post(url, json=self.server.body(rows), headers=self.headers, timeout=60)
        response.raise_for_status()
        return self.server.read_response(response.json())

    def processes(self) -> list[int]:
        """Return the ids of the process and of its descendants."""
        return _process_tree(self.process.pid)

    def cpu_seconds(self) -> float:
        """Return the CPU time of all processes."""
        ticks = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def megabytes(self) -> float:
        """Return the proportional set size (PSS) of all processes."""
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.processes()]
        return sum(int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) for text in rollups) / 1024


@contextmanager
def run_server(server: Server, row: list[Any]) -> Iterator[RunningServer]:
    """Start a server, and stop it at the end. Raises BenchError if it does not respond."""
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
        yield _wait_for_response(RunningServer(server, process, port, {}, 0), row, start)
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its descendants. BentoML starts some of them in their own session."""
    for pid in _process_tree(process.pid) if process.poll() is None else []:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _process_tree(pid: int) -> list[int]:
    """Return the ids of a process and of its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def log(message: str) -> None:
    """Print a message with the time of day."""
    print(f"{time.strftime('%T')}  {message}", file=sys.stderr, flush=True)


def _wait_for_response(found: RunningServer, row: list[Any], start: float) -> RunningServer:
    while time.monotonic() - start < START_SECONDS and found.process.poll() is None:
        try:
            if found.server.login and not found.headers:
                response = requests.get(f"http://127.0.0.1:{found.port}/login", auth=("census", "census"), timeout=60)
                found.headers["Authorization"] = response.json()["token"]
            found.predict([row])
        except requests.RequestException:
            time.sleep(0.005)
            continue
        found.seconds = time.monotonic() - start
        return found
    raise BenchError(f"{found.server.name}: does not respond")


def article_server(folder: Path) -> Server:
    """Return the server of the article."""
    return Server(
        "article", lambda port: [sys.executable, str(HERE / "article.py"), str(folder), str(port)], folder=folder
    )


def echo_server() -> Server:
    """Return the server that predicts a constant."""
    return Server("echo (ceiling)", lambda port: [sys.executable, str(HERE / "echo.py"), str(port)])


def ml_census_server(name: str, folder: Path, compile: bool) -> Server:
    """Return ml-census with a published model."""
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
