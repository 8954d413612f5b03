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
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "ml-census"
VALUES = ROOT / "tests" / "e2e" / "values.yaml"
REPORTS = {"componentstatuses", "events", "events.events.k8s.io", "nodes.metrics.k8s.io", "pods.metrics.k8s.io"}
GCS = "ml-census-e2e-gcs"
"""The namespace of the bucket."""


def run(*command: str, stdin: str | None = None, env: dict[str, str] | None = None) -> str:
    """What the command prints; if it fails, all that it said is in the error."""
    done = subprocess.run(
        command, input=stdin, env=os.environ | (env or {}), capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def kubectl(*args: str, stdin: str | None = None) -> str:
    return run("kubectl", *args, stdin=stdin)


def namespace(name: str) -> None:
    """A new one, which enforces restricted Pod Security."""
    kubectl("delete", "namespace", name, "--ignore-not-found", "--wait")
    kubectl("create", "namespace", name)
    kubectl(
        "label", "namespace", name, *(f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn"))
    )


def objects(namespace: str = "") -> set[str]:
    """All objects of a namespace, or all that are in none, as kind/name; without what only reports."""
    listed = kubectl("api-resources", f"--namespaced={str(bool(namespace)).lower()}", "--verbs=list", "--output=name")
    kinds = [kind for kind in listed.split() if kind not in REPORTS]
    options = ["--namespace", namespace] if namespace else []
    return set(kubectl(*options, "get", ",".join(kinds), "--output=name", "--ignore-not-found").split())


@cache
def helm_path(major: int = 4) -> str:
    return run(str(ROOT / "ci" / "find-helm"), "--find", str(major)).strip()


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

    def upgrade(self, values: Path, timeout: str = "5m", **changes: object) -> None:
        """Install or upgrade with a values file, the cluster's own values on top, and changes last."""
        settings = image("IMAGE") | changes
        files = [option for path in (values, VALUES) for option in ("--values", str(path))]
        options = [option for key, value in settings.items() for option in _set(key, value)]
        helm("upgrade", "--install", *self._named(str(CHART)), "--wait", "--timeout", timeout, *files, *options)

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

    def pods(self) -> list[dict[str, Any]]:
        """The server's pods that are not on their way out, oldest first."""
        found = self.get("pods", "--selector", "app.kubernetes.io/name=ml-census")["items"]
        here = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return sorted(here, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def restarts(self) -> int:
        states = [state for pod in self.pods() for state in pod["status"].get("containerStatuses", [])]
        return sum(int(state["restartCount"]) for state in states)

    def delete(self, pod: dict[str, Any], *options: str) -> None:
        kubectl("--namespace", self.namespace, "delete", "pod", pod["metadata"]["name"], *options)

    @contextmanager
    def exit_codes(self) -> Iterator[dict[str, int]]:
        """How the containers of pods that are deleted meanwhile have ended, by pod."""
        codes: dict[str, int] = {}
        code = "{.metadata.name} {.status.containerStatuses[0].state.terminated.exitCode}"
        command = ["kubectl", "--namespace", self.namespace, "get", "pods", "--watch"]
        command += ["--selector", "app.kubernetes.io/name=ml-census", "--output", f'jsonpath={code}{{"\\n"}}']
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:

            def read() -> None:
                for line in process.stdout or ():
                    if len(words := line.split()) == 2:
                        codes[words[0]] = int(words[1])

            reader = threading.Thread(target=read)
            reader.start()
            yield codes
            process.terminate()
            reader.join()

    def exec(self, pod: dict[str, Any], code: str) -> str:
        """What Python code prints that runs beside the server, in its container."""
        return kubectl("--namespace", self.namespace, "exec", pod["metadata"]["name"], "--", "python3", "-c", code)

    def logs(self, pod: dict[str, Any]) -> str:
        return kubectl("--namespace", self.namespace, "logs", pod["metadata"]["name"])

    def version(self) -> Any:
        return requests.get(f"{self.url}/version", timeout=30).json()

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


def _set(key: str, value: object) -> tuple[str, str]:
    return ("--set-json", f"{key}={json.dumps(value)}") if isinstance(value, list) else ("--set", f"{key}={value}")


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


def python_pod(namespace: str, name: str, *args: str) -> None:
    """One that runs the Python of the server's image, once it is ready. Its label "app" is its name."""
    secure = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": name,
        "image": os.environ["IMAGE"],
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", *args],
        "securityContext": secure,
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"automountServiceAccountToken": False, "securityContext": security, "containers": [container]},
    }
    kubectl("apply", "--filename", "-", stdin=json.dumps(pod))
    kubectl("--namespace", namespace, "wait", "--for", "condition=Ready", f"pod/{name}", "--timeout", "2m")


class Bucket:
    """gs://models of the emulator."""

    def put(self, name: str, data: bytes) -> None:
        with port_forward(GCS, "deployment/gcs", 4443) as url:
            where = f"{url}/upload/storage/v1/b/models/o?uploadType=media&name={name}"
            requests.post(where, data=data, timeout=30).raise_for_status()

    def get(self, name: str) -> bytes:
        with port_forward(GCS, "deployment/gcs", 4443) as url:
            answer = requests.get(f"{url}/storage/v1/b/models/o/{quote(name, safe='')}?alt=media", timeout=30)
        answer.raise_for_status()
        return answer.content


def ml_census(*args: str, stdin: str | None = None, env: dict[str, str] | None = None) -> str:
    return run(sys.executable, "-m", "ml_census", *args, stdin=stdin, env=env)


def image(variable: str) -> dict[str, object]:
    """The chart's values for the image that an environment variable names."""
    repository, _, tag = os.environ[variable].rpartition(":")
    return {"image.repository": repository, "image.tag": tag}


def login(url: str) -> str:
    answer = requests.get(f"{url}/login", auth=("census", "census"), timeout=30)
    return str(answer.json()["token"])
