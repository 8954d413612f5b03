"""Render the chart with Helm: Helm 4 in one process for all tests, Helm 3 and the helm command in one process each."""

import functools
import json
import re
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
import yaml

from support.chart_values import volume

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/ml-census"
LEAST = "ci/default-values.yaml"
REQUIRED = ROOT / "tests/chart/required.yaml"
"""Values that the environments leave to the operator."""
# A Helm that go install compiled assumes Kubernetes 1.20 without this option.
KUBERNETES = "1.30.0"
Object = dict[str, Any]


@functools.cache
def find(*command: str) -> str:
    """Return the path that a lookup prints; an AssertionError names the command that gets a missing tool."""
    done = subprocess.run([ROOT / command[0], *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@functools.cache
def parse(text: str) -> list[Object]:
    """Return the objects of a rendering, the same ones for the same text: tests must not change them."""
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]


class Batch:
    """The process that runs Helm 4 commands. One takes 14 ms of CPU, and a helm process 66 ms."""

    def __init__(self) -> None:
        program = find("ci/find-tool", "--find", "helm-batch")
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Batch":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.communicate()

    def run(self, command: tuple[str, ...], values: str) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"args": command, "input": values}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["code"], answer["out"], answer["err"]


class Chart:
    """Renders the chart. `file` is a values file of the chart, `values` go on top of it.

    Without `major` the batch renders. With it the helm command of that major does. Each rendering is made once.
    """

    folder = CHART
    root = ROOT
    scenarios = sorted(str(each.relative_to(CHART)) for each in [*CHART.glob("ci/*"), *CHART.glob("environments/*")])

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._run = functools.cache(self._run_once)

    def _run_once(self, major: int | None, command: tuple[str, ...], values: str) -> tuple[int, str, str]:
        if major is None:
            return self._batch.run(command, values)
        helm = find("ci/find-helm", "--find", str(major))
        done = subprocess.run([helm, *command], input=values, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def helm(self, *command: str, file: str | None = LEAST, values: object = None, major: int | None = None) -> str:
        """Return stdout of Helm; raise AssertionError with its stderr if it fails."""
        below = [REQUIRED] if file and file.startswith("environments/") else []
        files = [option for path in [*below, *([CHART / file] if file else [])] for option in ("--values", str(path))]
        code, out, err = self._run(major, (*command, str(CHART), *files, "--values", "-"), json.dumps(values or {}))
        assert code == 0, err
        return out

    def text(self, values: object = None, *, release: str = "census", **options: Any) -> str:
        """Return the rendering."""
        return self.helm("template", release, "--kube-version", KUBERNETES, values=values, **options)

    def objects(self, values: object = None, **options: Any) -> list[Object]:
        """Return all objects of the rendering."""
        return parse(self.text(values, **options))

    def all(self, kind: str, values: object = None, **options: Any) -> list[Object]:
        """Return the objects of the kind."""
        return [each for each in self.objects(values, **options) if each["kind"] == kind]

    def one(self, kind: str, values: object = None, **options: Any) -> Object:
        """Return the only object of the kind. Hooks and the Service for metrics count only if there is no other."""
        found = self.all(kind, values, **options)
        found = [each for each in found if "helm.sh/hook" not in each["metadata"].get("annotations", {})] or found
        found = [each for each in found if "app.kubernetes.io/component" not in each["metadata"]["labels"]] or found
        assert len(found) == 1, f"{len(found)} objects of kind {kind}"
        return found[0]

    def pod(self, values: object = None, **options: Any) -> Object:
        """Return the pod template of the Deployment."""
        template: Object = self.one("Deployment", values, **options)["spec"]["template"]
        return template

    def config(self, values: object = None, **options: Any) -> str:
        """Return the config.yaml that a pod reads after Helm has deleted its ConfigMap: its own annotation."""
        pod = self.pod(values, **options)
        (item,) = volume(pod, "configuration")["projected"]["sources"][0]["downwardAPI"]["items"]
        assert item["path"] == "config.yaml"
        named = re.fullmatch(r"metadata\.annotations\['(.+)'\]", item["fieldRef"]["fieldPath"])
        assert named
        text: str = pod["metadata"]["annotations"][named[1]]
        return text

    def error(self, values: object = None, **options: Any) -> str:
        """Return the message with which Helm rejects the values."""
        with pytest.raises(AssertionError) as caught:
            self.text(values, **options)
        return str(caught.value)

    def notes(self, values: object = None, **options: Any) -> str:
        """Return the notes of an installation."""
        return self.helm("install", "census", "--dry-run=client", values=values, **options).partition("NOTES:")[2]


def assert_rejected(chart: Chart, values: dict[str, Any], says: list[str]) -> None:
    """Assert that a template rejects the values, with the values to change and the command to run."""
    message = chart.error(values, file=None)

    assert "schema" not in message
    for each in says:
        assert each in message
