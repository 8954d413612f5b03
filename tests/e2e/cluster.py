"""kubectl, helm and clients for the tests on a cluster: whatever KUBECONFIG points at."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "ml-census"
VALUES = ROOT / "tests" / "e2e" / "values.yaml"
ROW = [39, "State-gov", 77516, "Bachelors", 13, "Never-married", "Adm-clerical", "Not-in-family", "White", "Male",
       2174, 0, 40, "United-States"]  # fmt: skip
ANSWER = "Annual Salary <50K"


def run(*command: str, stdin: str | None = None, env: dict[str, str] | None = None) -> str:
    """What the command prints; if it fails, all that it said is in the error."""
    done = subprocess.run(
        command, input=stdin, env=os.environ | (env or {}), capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def kubectl(*args: str, stdin: str | None = None) -> str:
    return run("kubectl", *args, stdin=stdin)


@cache
def helm_path() -> str:
    return run(str(ROOT / "ci" / "helm"), "4").strip()


def helm(*args: str) -> str:
    return run(helm_path(), *args)


def wait_for(what: str, check: Callable[[], Any], seconds: float = 120) -> Any:
    """The first true answer of the check; asks twice a second."""
    end = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < end, f"gave up waiting for {what} after {seconds} s"
        time.sleep(0.5)
    return answer


@dataclass(frozen=True)
class Release:
    """The chart, installed as "ml-census" in a namespace of its own that enforces restricted Pod Security."""

    namespace: str

    def upgrade(self, values: Path, **changes: object) -> None:
        """Install or upgrade with a values file, the cluster's own values on top, and changes (a_b is a.b) last."""
        settings = image("IMAGE") | changes
        files = [option for path in (values, VALUES) for option in ("--values", str(path))]
        options = [option for key, value in settings.items() for option in ("--set", f"{key}={value}")]
        helm("upgrade", "--install", *self._named(str(CHART)), "--wait", "--timeout", "5m", *files, *options)

    def rollback(self) -> None:
        helm("rollback", *self._named(), "--wait", "--timeout", "5m")

    def test(self) -> None:
        helm("test", *self._named(), "--timeout", "2m")

    def uninstall(self) -> None:
        helm("uninstall", *self._named(), "--wait")

    def _named(self, *chart: str) -> list[str]:
        return ["ml-census", *chart, "--namespace", self.namespace]

    def get(self, *args: str) -> Any:
        return json.loads(kubectl("--namespace", self.namespace, "get", *args, "--output", "json"))

    def ready_pods(self) -> int:
        return int(self.get("deployment", "ml-census")["status"].get("readyReplicas", 0))

    def settle(self) -> None:
        """Wait until the pods that an update has replaced are gone: until then they answer, too."""
        wanted = int(self.get("deployment", "ml-census")["spec"]["replicas"])
        selector = "app.kubernetes.io/name=ml-census"
        wait_for("old pods to end", lambda: len(self.get("pods", "--selector", selector)["items"]) == wanted)

    @property
    def url(self) -> str:
        """Where the Service of type LoadBalancer answers."""
        service = self.get("service", "ml-census")
        address = service["status"]["loadBalancer"]["ingress"][0]["ip"]
        return f"http://{address}:{service['spec']['ports'][0]['port']}"

    @contextmanager
    def forwarded(self) -> Iterator[str]:
        """Where the Service answers through the API server, for one that has no address of its own."""
        with port_forward(self.namespace, "service/ml-census", 80) as url:
            yield url


@contextmanager
def port_forward(namespace: str, what: str, port: int) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        local = free.getsockname()[1]
    command = ["kubectl", "--namespace", namespace, "port-forward", what, f"{local}:{port}"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)

        def answers() -> bool:
            assert process.poll() is None, f"{' '.join(command)} has ended"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", local)) == 0

        wait_for("the port to be forwarded", answers, 30)
        yield f"http://127.0.0.1:{local}"
        process.terminate()
        process.wait(30)


def ml_census(*args: str, stdin: str | None = None, env: dict[str, str] | None = None) -> str:
    return run(sys.executable, "-m", "ml_census", *args, stdin=stdin, env=env)


def image(variable: str) -> dict[str, object]:
    """The chart's values for the image that an environment variable names."""
    repository, _, tag = os.environ[variable].rpartition(":")
    return {"image.repository": repository, "image.tag": tag}


def login(url: str) -> str:
    answer = requests.get(f"{url}/login", auth=("census", "census"), timeout=30)
    return str(answer.json()["token"])


@dataclass
class Load:
    """Clients that ask one after the other and keep what came: a status code, or the name of an error."""

    url: str
    clients: int = 4
    pause: float = 0.02
    outcomes: list[str] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    def _ask(self, token: str) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = token
            while not self._stop.wait(self.pause):
                try:
                    answer = session.post(f"{self.url}/prediction", json={"inputs": [ROW]}, timeout=30)
                    self.outcomes.append(str(answer.status_code))
                    self.versions.add(answer.headers.get("X-Model-Version", ""))
                except requests.RequestException as error:
                    self.outcomes.append(type(error).__name__)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        token = login(self.url)
        threads = [threading.Thread(target=self._ask, args=(token,)) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)

    @property
    def failed(self) -> list[str]:
        return [outcome for outcome in self.outcomes if outcome != "200"]

    def __str__(self) -> str:
        return f"{len(self.outcomes)} requests, {len(self.failed)} failed {sorted(set(self.failed))}"
