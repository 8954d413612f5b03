"""The chart as real Helm renders it: both majors, each (values, major) rendered once."""

import functools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts import volume

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/ml-census"
LEAST = "ci/default-values.yaml"
# A Helm that Go compiled, and not its makers, believes that it talks to Kubernetes 1.20 unless told.
KUBERNETES = "1.30.0"


@functools.cache
def helm_path(major: int) -> str:
    done = subprocess.run([ROOT / "ci/helm", str(major)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@functools.cache
def run(major: int, command: tuple[str, ...], values: str) -> tuple[int, str, str]:
    done = subprocess.run([helm_path(major), *command], input=values, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@functools.cache
def parse(text: str) -> list[dict[str, Any]]:
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]


class Chart:
    """Renders the chart. `file` is a values file of the chart, `values` go on top of it."""

    folder = CHART
    root = ROOT
    scenarios = sorted(str(each.relative_to(CHART)) for each in [*CHART.glob("ci/*"), *CHART.glob("environments/*")])

    def helm(self, *command: str, file: str | None = LEAST, values: object = None, major: int = 4) -> str:
        """What Helm prints on stdout; its stderr as AssertionError when it fails."""
        files = ["--values", str(CHART / file)] if file else []
        code, out, err = run(major, (*command, str(CHART), *files, "--values", "-"), json.dumps(values or {}))
        assert code == 0, err
        return out

    def text(self, values: object = None, *, release: str = "census", **options: Any) -> str:
        return self.helm("template", release, "--kube-version", KUBERNETES, values=values, **options)

    def objects(self, values: object = None, **options: Any) -> list[dict[str, Any]]:
        return parse(self.text(values, **options))

    def all(self, kind: str, values: object = None, **options: Any) -> list[dict[str, Any]]:
        return [each for each in self.objects(values, **options) if each["kind"] == kind]

    def one(self, kind: str, values: object = None, **options: Any) -> dict[str, Any]:
        """The only object of the kind; hooks and the Service for metrics are left out unless only they are of it."""
        found = self.all(kind, values, **options)
        found = [each for each in found if "helm.sh/hook" not in each["metadata"].get("annotations", {})] or found
        found = [each for each in found if "app.kubernetes.io/component" not in each["metadata"]["labels"]] or found
        assert len(found) == 1, f"{len(found)} objects of kind {kind}"
        return found[0]

    def pod(self, values: object = None, **options: Any) -> dict[str, Any]:
        """The pod template of the Deployment."""
        return self.one("Deployment", values, **options)["spec"]["template"]

    def config(self, values: object = None, **options: Any) -> str:
        """What the kubelet writes to config.yaml: the annotation that the volume names, as it is."""
        pod = self.pod(values, **options)
        (item,) = volume(pod, "configuration")["downwardAPI"]["items"]
        assert item["path"] == "config.yaml"
        named = re.fullmatch(r"metadata\.annotations\['(.+)'\]", item["fieldRef"]["fieldPath"])
        return pod["metadata"]["annotations"][named[1]]

    def error(self, values: object = None, **options: Any) -> str:
        """Why Helm refuses the values."""
        with pytest.raises(AssertionError) as caught:
            self.text(values, **options)
        return str(caught.value)

    def notes(self, values: object = None, **options: Any) -> str:
        # Helm 3 asks a cluster even for a dry run; that its engine can render the notes shows in every helm template.
        return self.helm("install", "census", "--dry-run=client", values=values, **options).partition("NOTES:")[2]


@pytest.fixture(scope="session")
def chart() -> Chart:
    return Chart()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `scenario` runs for every values file of the chart; one that takes `major`, for both Helms."""
    if "scenario" in metafunc.fixturenames:
        metafunc.parametrize("scenario", Chart.scenarios)
    if "major" in metafunc.fixturenames:
        metafunc.parametrize("major", [3, 4])
