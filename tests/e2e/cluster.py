"""kubectl, helm and clients for the tests on the cluster of KUBECONFIG."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import requests

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "ml-census"
VALUES = ROOT / "tests" / "e2e" / "values.yaml"
REQUIRED = ROOT / "tests" / "chart" / "required.yaml"
"""Values that the environments leave to the operator."""
REPORTING_KINDS = {"componentstatuses", "events", "events.events.k8s.io", "nodes.metrics.k8s.io", "pods.metrics.k8s.io"}
"""Kinds whose objects report on others."""
GCS = "ml-census-e2e-gcs"
"""Namespace of the bucket."""


def run(*command: str, stdin: str | None = None, env: dict[str, str] | None = None) -> str:
    """Return the output of a command. Raises AssertionError with all output if the command fails."""
    done = subprocess.run(
        command, input=stdin, env=os.environ | (env or {}), capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def kubectl(*args: str, stdin: str | None = None) -> str:
    """Return the output of kubectl."""
    return run("kubectl", *args, stdin=stdin)


def create_namespace(name: str) -> None:
    """Create a new namespace that enforces restricted Pod Security."""
    kubectl("delete", "namespace", name, "--ignore-not-found", "--wait")
    kubectl("create", "namespace", name)
    kubectl(
        "label", "namespace", name, *(f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn"))
    )


def list_objects(namespace: str = "") -> set[str]:
    """Return the objects of a namespace, or all cluster-scoped objects, as kind/name. Leave out REPORTING_KINDS."""
    listed = kubectl("api-resources", f"--namespaced={str(bool(namespace)).lower()}", "--verbs=list", "--output=name")
    kinds = [kind for kind in listed.split() if kind not in REPORTING_KINDS]
    options = ["--namespace", namespace] if namespace else []
    return set(kubectl(*options, "get", ",".join(kinds), "--output=name", "--ignore-not-found").split())


@cache
def helm_path(major: int = 4) -> str:
    """Return the path of a Helm of a major version."""
    return run(str(ROOT / "ci" / "find-helm"), "--find", str(major)).strip()


def helm(*args: str) -> str:
    """Return the output of Helm 4."""
    return run(helm_path(), *args)


def wait_for(what: str, check: Callable[[], Any], seconds: float = 120) -> Any:
    """Return the first true result of a check that runs twice a second."""
    end = time.monotonic() + seconds
    while not (result := check()):
        assert time.monotonic() < end, f"gave up waiting for {what} after {seconds} s"
        time.sleep(0.5)
    return result


@dataclass(frozen=True)
class Release:
    """The release "ml-census" of the chart, in its own namespace with restricted Pod Security."""

    namespace: str
    program: str | None = None
    """Path of Helm, in place of the pinned Helm 4."""

    def helm(self, *args: str) -> str:
        """Return the output of Helm."""
        return run(self.program or helm_path(), *args)

    def upgrade(
        self,
        values: Path,
        changes: Mapping[str, object] = MappingProxyType({}),
        timeout: str = "5m",
        options: Sequence[str] = ("--wait",),
    ) -> None:
        """Install or upgrade with a values file, then tests/e2e/values.yaml, then changes."""
        settings = image("IMAGE") | dict(changes)
        files = [option for path in (values, VALUES) for option in ("--values", str(path))]
        sets = [option for key, value in settings.items() for option in _set(key, value)]
        self.helm("upgrade", "--install", *self._named(str(CHART)), *options, "--timeout", timeout, *files, *sets)

    def rollback(self) -> None:
        """Roll back to the previous revision."""
        self.helm("rollback", *self._named(), "--wait", "--timeout", "5m")

    def test(self) -> None:
        """Run `helm test`."""
        self.helm("test", *self._named(), "--timeout", "2m")

    def uninstall(self) -> None:
        """Uninstall the release."""
        self.helm("uninstall", *self._named(), "--wait")

    def _named(self, *chart: str) -> list[str]:
        return ["ml-census", *chart, "--namespace", self.namespace]

    def get(self, *args: str) -> Any:
        """Return the JSON output of `kubectl get` in the namespace."""
        return json.loads(kubectl("--namespace", self.namespace, "get", *args, "--output", "json"))

    def ready_pods(self) -> int:
        """Return the number of ready pods of the Deployment."""
        return int(self.get("deployment", "ml-census")["status"].get("readyReplicas", 0))

    def pods(self) -> list[dict[str, Any]]:
        """Return the pods of the server that are not terminating, oldest first."""
        found = self.get("pods", "--selector", "app.kubernetes.io/name=ml-census")["items"]
        here = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return sorted(here, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def pod_names(self) -> set[str]:
        """Return the names of these pods."""
        return {str(pod["metadata"]["name"]) for pod in self.pods()}

    def restarts(self) -> int:
        """Return the number of container restarts in all pods."""
        states = [state for pod in self.pods() for state in pod["status"].get("containerStatuses", [])]
        return sum(int(state["restartCount"]) for state in states)

    def delete(self, pod: dict[str, Any], *options: str) -> None:
        """Delete a pod."""
        kubectl("--namespace", self.namespace, "delete", "pod", pod["metadata"]["name"], *options)

    @contextmanager
    def exit_codes(self) -> Iterator[dict[str, int]]:
        """Collect the exit codes of the containers of pods that are deleted meanwhile, by pod name."""
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
        """Return the output of Python code in the container of the server."""
        return kubectl("--namespace", self.namespace, "exec", pod["metadata"]["name"], "--", "python3", "-c", code)

    def config_maps(self) -> dict[str, str]:
        """Return the config.yaml of each ConfigMap of the release, by name."""
        found = self.get("configmaps", "--selector", "app.kubernetes.io/component=config")["items"]
        return {each["metadata"]["name"]: each["data"]["config.yaml"] for each in found}

    def read_config(self, pod: dict[str, Any]) -> str:
        """Return the config.yaml that the server of a pod reads."""
        return self.exec(pod, "print(open('/configuration/config.yaml').read(), end='')")

    def logs(self, pod: dict[str, Any]) -> str:
        """Return the log of a pod."""
        return kubectl("--namespace", self.namespace, "logs", pod["metadata"]["name"])

    def version(self) -> Any:
        """Return the response of /version."""
        return requests.get(f"{self.url}/version", timeout=30).json()

    def settle(self) -> None:
        """Wait until the pods that an update has replaced are gone. They answer requests until then."""
        wanted = int(self.get("deployment", "ml-census")["spec"]["replicas"])
        selector = "app.kubernetes.io/name=ml-census"
        wait_for("old pods to end", lambda: len(self.get("pods", "--selector", selector)["items"]) == wanted)

    @property
    def url(self) -> str:
        """URL of the Service of type LoadBalancer."""
        service = self.get("service", "ml-census")
        address = service["status"]["loadBalancer"]["ingress"][0]["ip"]
        return f"http://{address}:{service['spec']['ports'][0]['port']}"

    @contextmanager
    def forwarded(self) -> Iterator[str]:
        """Yield a URL of the Service through the API server, for a Service without an external address."""
        with port_forward(self.namespace, "service/ml-census", 80) as url:
            yield url


def _set(key: str, value: object) -> tuple[str, str]:
    return ("--set-json", f"{key}={json.dumps(value)}") if isinstance(value, list) else ("--set", f"{key}={value}")


@contextmanager
def port_forward(namespace: str, what: str, port: int) -> Iterator[str]:
    """Yield a local URL of a port of a pod, Deployment or Service."""
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


def start_python_pod(namespace: str, name: str, *args: str) -> None:
    """Start a pod that runs Python from the image of the server, and wait until it is ready.

    The label "app" of the pod is its name.
    """
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
    """The bucket gs://models of the emulator."""

    def put(self, name: str, data: bytes) -> None:
        """Write an object."""
        with port_forward(GCS, "deployment/gcs", 4443) as url:
            endpoint = f"{url}/upload/storage/v1/b/models/o?uploadType=media&name={name}"
            requests.post(endpoint, data=data, timeout=30).raise_for_status()

    def get(self, name: str) -> bytes:
        """Return the content of an object."""
        with port_forward(GCS, "deployment/gcs", 4443) as url:
            response = requests.get(f"{url}/storage/v1/b/models/o/{quote(name, safe='')}?alt=media", timeout=30)
        response.raise_for_status()
        return response.content


def ml_census(*args: str, stdin: str | None = None, env: dict[str, str] | None = None) -> str:
    """Return the output of the command ml-census."""
    return run(sys.executable, "-m", "ml_census", *args, stdin=stdin, env=env)


def image(variable: str) -> dict[str, object]:
    """Return the values of the chart for the image in an environment variable."""
    repository, _, tag = os.environ[variable].rpartition(":")
    return {"image.repository": repository, "image.tag": tag}


def login(url: str) -> str:
    """Return the token of the user census."""
    response = requests.get(f"{url}/login", auth=("census", "census"), timeout=30)
    return str(response.json()["token"])
