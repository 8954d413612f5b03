"""Rules that hold for every values file of the chart: ci/ and environments/."""

import functools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate import utils

from support.chart_rendering import Chart, Object


def pods(objects: list[Object]) -> Iterator[Object]:
    """Yield the pod templates: the Deployment's, the test's and the CronJob's."""
    for each in objects:
        if each["kind"] == "Deployment":
            yield each["spec"]["template"]
        if each["kind"] == "Pod":
            yield each
        if each["kind"] == "CronJob":
            yield each["spec"]["jobTemplate"]["spec"]["template"]


def containers(pod: Object) -> list[Object]:
    """Return all containers of a pod."""
    found: list[Object] = pod["spec"]["containers"] + pod["spec"].get("initContainers", [])
    return found


RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def blocks(rendering: str) -> list[str]:
    """Return the documents of a rendering without empty lines, sorted."""
    return sorted(re.sub(r"\n\s*\n", "\n", rendering).split("---\n"))


def test_helm_3_renders_as_helm_4(chart: Chart, scenario: str) -> None:
    """Helm 3 and Helm 4 render the same objects byte for byte, except empty lines and their order."""
    three, four = (chart.text(file=scenario, major=major) for major in (3, 4))

    assert blocks(three) == blocks(four)


def test_batch_renders_as_helm_4(chart: Chart, scenario: str) -> None:
    """The process that renders for all other tests prints what helm prints.

    It is a second rendering as well: no template draws, looks up or takes a value from the clock.
    """
    assert chart.text(file=scenario) == chart.text(file=scenario, major=4)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"replicaCount": "2"}, "replicaCount"),
    "key": ({"replicas": 2}, "replicas"),
    "pattern": ({"config": {"model_path": "s3://models/model.pkl"}}, "model_path"),
    "contradiction": ({"test": {"password": "b"}}, "test.password needs test.user"),
}


@pytest.mark.parametrize(("values", "place"), WRONG.values(), ids=WRONG)
def test_wrong_value_is_rejected_by_each_helm(chart: Chart, major: int, values: dict[str, Any], place: str) -> None:
    """The other tests of wrong values run the batch: this one shows that helm reads schema and checks likewise."""
    assert place in chart.error(values, major=major)


def test_environments_render_as_golden_files(chart: Chart, tmp_path: Path) -> None:
    """The environments render as reviewed last. After a change run ci/render-golden and read the diff."""
    subprocess.run([chart.root / "ci/render-golden", tmp_path], check=True)

    assert texts(tmp_path) == texts(chart.root / "tests/chart/golden")


def texts(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_templates_call_no_impure_function(chart: Chart) -> None:
    """No template calls a function whose result may differ the next time."""
    impure = re.compile(r"\b(lookup|rand\w+|now|date|uuidv4|gen\w+|derivePassword|htpasswd|bcrypt)\b")

    for template in chart.folder.rglob("templates/**/*.*"):
        code = " ".join(re.findall(r"{{-? (?!/\*)(.*?)}}", re.sub(r'".*?"', "", template.read_text()), re.DOTALL))
        assert not impure.search(code), template


@pytest.fixture(scope="module")
def schemas_read_once() -> Iterator[None]:
    """Read the two megabytes of schemas once for each version: kubernetes-validate reads them for each object."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
        yield


BUILT_IN = {"v1", "apps/v1", "autoscaling/v2", "batch/v1", "networking.k8s.io/v1", "policy/v1"}
LATEST = int(kubernetes_validate.latest_version().split(".")[1])


@pytest.mark.parametrize("version", [f"1.{minor}" for minor in range(30, LATEST + 1)])
def test_objects_are_valid_for_kubernetes_version(chart: Chart, schemas_read_once: None, version: str) -> None:
    """Every supported version of Kubernetes knows every field of its own objects.

    The other objects are GKE's and of its add-ons: an API server checks them (tests/e2e/test_objects.py).
    """
    objects = {json.dumps(each): each for scenario in chart.scenarios for each in chart.objects(file=scenario)}
    own = [each for each in objects.values() if each["apiVersion"] in BUILT_IN]

    for each in own:
        assert kubernetes_validate.validate(each, version, strict=True) == version


def test_pods_meet_restricted_security_standard(chart: Chart, scenario: str) -> None:
    """Every pod meets the restricted Pod Security Standard, with a read-only root and no token of Kubernetes."""
    for pod in pods(chart.objects(file=scenario)):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC"}
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["runAsGroup"] == 65532
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for volume in spec["volumes"]:
            assert volume.keys() <= {"name", "projected", "emptyDir", "secret", "persistentVolumeClaim", "csi"}
        for container in containers(pod):
            assert RESTRICTED.items() <= container["securityContext"].items()
            assert not any("hostPort" in port for port in container.get("ports", []))


def test_common_metadata_reaches_all_but_the_selectors(chart: Chart, scenario: str) -> None:
    """Every object has the common labels and annotations, and the pods the labels. Selectors cannot change."""
    none: Object = {"extraObjects": []}
    common = none | {"commonLabels": {"cost": "a"}, "commonAnnotations": {"note": "b"}}
    plain, objects = (chart.objects(values, file=scenario) for values in (none, common))

    assert [each["kind"] for each in objects] == [each["kind"] for each in plain]
    for before, each in zip(plain, objects, strict=True):
        labels, annotations = (before["metadata"].get(key, {}) for key in ("labels", "annotations"))
        assert labels.items() <= each["metadata"]["labels"].items()
        assert each["metadata"]["labels"]["cost"] == "a"
        assert annotations.items() <= each["metadata"]["annotations"].items()
        assert each["metadata"]["annotations"]["note"] == "b"
        assert "cost" not in json.dumps(each.get("spec", {}).get("selector"))
    for template in pods(objects):
        assert template["metadata"]["labels"]["cost"] == "a"


def test_containers_limit_memory_and_disk_as_requested(chart: Chart, scenario: str) -> None:
    """Every container requests CPU, memory and disk. Memory and disk are limits as well, as GKE Autopilot sets them."""
    for pod in pods(chart.objects(file=scenario)):
        for container in containers(pod):
            requests, limits = container["resources"]["requests"], container["resources"]["limits"]
            assert requests["cpu"]
            assert requests["memory"] == limits["memory"]
            assert requests["ephemeral-storage"] == limits["ephemeral-storage"]


LOGS = 50 * 2**20
"""By default the kubelet keeps five files of 10Mi for a container."""


def test_disk_limit_covers_folders_and_logs(chart: Chart, scenario: str) -> None:
    """Otherwise Kubernetes could evict a pod that keeps to each of its sizes."""
    spec = chart.pod(file=scenario)["spec"]
    limit = size(spec["containers"][0]["resources"]["limits"]["ephemeral-storage"])

    folders = [size(each["emptyDir"]["sizeLimit"]) for each in spec["volumes"] if "emptyDir" in each]

    assert sum(folders) + LOGS <= limit


def size(quantity: str) -> int:
    return int(quantity[:-2]) * {"Mi": 2**20, "Gi": 2**30}[quantity[-2:]]


def test_mounts_use_no_sub_path(chart: Chart, scenario: str) -> None:
    """A changed Secret does not reach a pod that mounts it by subPath."""
    for pod in pods(chart.objects(file=scenario)):
        assert not [mount for each in containers(pod) for mount in each.get("volumeMounts", []) if "subPath" in mount]


def test_config_map_has_the_text_of_the_pod_annotation(chart: Chart, scenario: str) -> None:
    """A pod reads the same text from its ConfigMap and, after Helm has deleted the ConfigMap, from its annotation."""
    (config_map,) = (each for each in chart.all("ConfigMap", file=scenario) if "config.yaml" in each["data"])

    assert config_map["data"] == {"config.yaml": chart.config(file=scenario)}
    assert config_map["immutable"] is True


def test_selectors_match_the_server_pods_alone(chart: Chart, scenario: str) -> None:
    """Deployment and Services select by name and instance alone."""
    deployment = chart.one("Deployment", file=scenario)["spec"]
    selector = deployment["selector"]["matchLabels"]

    assert list(selector) == ["app.kubernetes.io/name", "app.kubernetes.io/instance"]
    assert all(service["spec"]["selector"] == selector for service in chart.all("Service", file=scenario))
    assert selector.items() <= deployment["template"]["metadata"]["labels"].items()
    _, *others = pods(chart.objects(file=scenario))
    for pod in others:
        assert not selector.items() <= pod["metadata"]["labels"].items()


def test_replicas_are_set_only_without_autoscaler(chart: Chart, scenario: str) -> None:
    """The Deployment sets the number of pods exactly if no autoscaler does."""
    scalers = chart.all("HorizontalPodAutoscaler", file=scenario) + chart.all("ScaledObject", file=scenario)

    assert ("replicas" in chart.one("Deployment", file=scenario)["spec"]) == (not scalers)


def test_volumes_are_mounted_and_their_secrets_exist(chart: Chart, scenario: str) -> None:
    """Each mount is of a volume, each volume is mounted, and the chart's own Secrets exist."""
    objects = chart.objects(file=scenario)
    own = {each["metadata"]["name"] for each in objects}
    own |= {each["spec"]["target"]["name"] for each in chart.all("ExternalSecret", file=scenario)}
    given = {"ml-census-credentials", "ml-census-test"}  # the existing Secrets of these files

    for pod in pods(objects):
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        mounts = [mount["name"] for each in containers(pod) for mount in each.get("volumeMounts", [])]
        assert sorted(mounts) == sorted(volumes)
        for volume in volumes.values():
            name = volume.get("secret", {}).get("secretName")
            assert name is None or name in own | given
