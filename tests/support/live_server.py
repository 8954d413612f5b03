"""A real server process and its HTTP interface. It imports none of the server's code."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from conftest import write_folder, write_published

SECONDS = 120
"""Maximum wait for one response or process: ends a test that would hang, and asserts no speed."""
TELLTALE = re.compile(
    r'Traceback|File "|/(home|opt|root|tmp|usr|var|work)/|site-packages|\.py\b|\b\d+\.\d+\.\d+\b'
    r"|\b(flask|gunicorn|jwt|numpy|pandas|pyjwt|python|sklearn|waitress|werkzeug)\b",
    re.IGNORECASE,
)
"""Text that no error contains: the source location and the versions of packages."""


@dataclass
class Server:
    """A process of `ml-census serve` and its log."""

    process: subprocess.Popen[str]
    port: int = 0
    log: list[str] = field(default_factory=list, repr=False)
    reader: threading.Thread | None = None

    def samples(self) -> list[Sample]:
        """Return the samples that Prometheus reads."""
        url = next(line.split()[-1] for line in self.log if " metrics on " in line)
        text = requests.get(url, timeout=SECONDS).text
        return [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Return the samples by name and values of the labels, in their order."""
        return {(sample.name, *sample.labels.values()): sample.value for sample in self.samples()}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def login(self, user: str, password: str) -> requests.Response:
        return requests.get(f"{self.url}/login", auth=(user, password), timeout=SECONDS)

    def token(self) -> str:
        return str(self.login("census", "census").json()["token"])

    def predict(self, inputs: Any, query: str = "") -> requests.Response:
        url, headers = f"{self.url}/prediction{query}", {"Authorization": self.token()}
        return requests.post(url, headers=headers, json={"inputs": inputs}, timeout=SECONDS)

    def memory(self, field_name: str = "VmRSS") -> int:
        """Return bytes of resident memory, or with "VmHWM" their peak."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(status.partition(f"{field_name}:")[2].split()[0])

    def stop(self) -> int:
        """Send SIGTERM and return the exit code. The log is complete."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(SECONDS)
        if self.reader:
            self.reader.join(SECONDS)
        return code

    def end(self) -> None:
        """Kill the process if it runs, and release its resources."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(SECONDS)
        if self.reader:
            self.reader.join(SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


@contextmanager
def sigint_not_ignored() -> Iterator[None]:
    """Let child processes receive SIGINT, which a background shell makes them ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def launch(config: Path, env: dict[str, str] | None = None, prefix: tuple[str, ...] = ()) -> Server:
    """Start a server on free ports and return it once it says that it serves.

    SIGINT has its default effect there, also where a background shell has this process ignore it.
    """
    return launch_options(("--config", str(config), "--port", "0", "--metrics-port", "0"), env, prefix)


def launch_options(
    options: tuple[str, ...],
    env: dict[str, str] | None = None,
    prefix: tuple[str, ...] = (),
    stdout: int | None = None,
    cwd: Path | None = None,
) -> Server:
    """Start a server with some options, as launch() does. `stdout` and `cwd` are arguments of Popen."""
    command = [*prefix, sys.executable, "-m", "ml_census", "serve", *options]
    environment = os.environ | {"PYTHONWARNINGS": "error"} | (env or {})
    with sigint_not_ignored():
        process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment, cwd=cwd)
    server = Server(process)
    assert process.stderr
    for line in process.stderr:
        server.log.append(line)
        if match := re.search(r" serves model .*:(\d+)$", line.rstrip()):
            server.port = int(match[1])
            server.reader = threading.Thread(target=server.log.extend, args=(process.stderr,), daemon=True)
            server.reader.start()
            return server
    server.end()
    raise AssertionError(f"exit {process.returncode}: {''.join(server.log)}")


class Launch(Protocol):
    """Start a server with a config.yaml; see launch()."""

    def __call__(self, config: Path, env: dict[str, str] | None = None, prefix: tuple[str, ...] = ()) -> Server: ...


class Start(Protocol):
    """Start a server with a kind of model, in the test's tmp_path, with changes to its configuration."""

    def __call__(
        self, kind: str = "article", env: dict[str, str] | None = None, pickled: bool = False, **config: object
    ) -> Server:
        """`pickled`: with a bare pickle, checked in a sandbox at the start (3 s or more); otherwise published."""


@pytest.fixture(scope="session", name="launch")
def launched() -> Launch:
    """Return launch(), for a test that ends the server itself."""
    return launch


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Yield a function that starts servers. They end with the test."""
    servers: list[Server] = []

    def run(
        kind: str = "article", env: dict[str, str] | None = None, pickled: bool = False, **config: object
    ) -> Server:
        write = write_folder if pickled else write_published
        servers.append(launch(write(tmp_path, kind, **config), env))
        return servers[-1]

    yield run
    for server in servers:
        server.end()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield one server with the native protocol's model, shared by all tests that do not change it."""
    shared = launch(write_published(tmp_path_factory.mktemp("shared"), "article"))
    yield shared
    shared.end()
