"""What holds for every values file of the chart: ci/ and environments/."""

import functools
import json
import re
import subprocess

import kubernetes_validate
import pytest
from kubernetes_validate import utils


def pods(objects):
    """The pod templates: the Deployment's and the test's."""
    for each in objects:
        if each["kind"] == "Deployment":
            yield each["spec"]["template"]
        if each["kind"] == "Pod":
            yield each


def test_lint(chart, scenario, major):
    """helm lint --strict has nothing to say."""
    chart.helm("lint", "--strict", file=scenario, major=major)


def test_both_helms_agree(chart, scenario):
    """Helm 3 and Helm 4 render the same bytes, not counting empty lines."""
    three, four = (re.sub(r"\n\s*\n", "\n", chart.text(file=scenario, major=major)).split("---\n") for major in (3, 4))

    assert sorted(three) == sorted(four)


def test_same_bytes(chart, scenario, major):
    """Rendering twice gives the same bytes: nothing is drawn, looked up, or taken from the clock."""
    again = {"enabled": True}  # no other values, but enough for the second rendering to be a new one

    assert chart.text(file=scenario, major=major) == chart.text(again, file=scenario, major=major)


def test_golden(chart, tmp_path):
    """The environments render what was last looked at: after a change, ci/golden, and look at the diff."""
    subprocess.run([chart.root / "ci/golden", tmp_path], check=True)

    assert texts(tmp_path) == texts(chart.root / "tests/chart/golden")


def texts(folder):
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_templates_are_pure(chart):
    """No template calls what would give another result the next time."""
    impure = re.compile(r"\b(lookup|rand\w+|now|date|uuidv4|gen\w+|derivePassword|htpasswd|bcrypt)\b")

    for template in chart.folder.rglob("templates/**/*.*"):
        code = " ".join(re.findall(r"{{-? (?!/\*)(.*?)}}", re.sub(r'".*?"', "", template.read_text()), re.DOTALL))
        assert not impure.search(code), template


@pytest.fixture(scope="module")
def schemas_read_once():
    """kubernetes-validate reads two megabytes of schema for each object; once for each version will do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
        yield


BUILT_IN = {"v1", "apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1"}
LATEST = int(kubernetes_validate.latest_version().split(".")[1])


@pytest.mark.parametrize("version", [f"1.{minor}" for minor in range(30, LATEST + 1)])
def test_kubernetes_schemas(chart, schemas_read_once, version):
    """Every supported version of Kubernetes knows every field of every object that is its own. The others are GKE's and
    of its add-ons: a real API server looks at them (tests/e2e/test_objects.py)."""
    objects = {json.dumps(each): each for scenario in chart.scenarios for each in chart.objects(file=scenario)}
    own = [each for each in objects.values() if each["apiVersion"] in BUILT_IN]

    for each in own:
        assert kubernetes_validate.validate(each, version, strict=True) == version


def test_restricted(chart, scenario):
    """Every pod meets the restricted Pod Security Standard, with a read-only root and without a token of Kubernetes."""
    for pod in pods(chart.objects(file=scenario)):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers"}
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["runAsGroup"] == 65532
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for volume in spec["volumes"]:
            assert volume.keys() <= {"name", "downwardAPI", "emptyDir", "secret", "persistentVolumeClaim", "csi"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert not any("hostPort" in port for port in container.get("ports", []))


def test_resources(chart, scenario):
    """Every container says what it needs; memory and disk are limits as well, as GKE Autopilot would make them."""
    for pod in pods(chart.objects(file=scenario)):
        for container in pod["spec"]["containers"]:
            requests, limits = container["resources"]["requests"], container["resources"]["limits"]
            assert requests["cpu"]
            assert requests["memory"] == limits["memory"]
            assert requests["ephemeral-storage"] == limits["ephemeral-storage"]


LOGS = 50 * 2**20
"""Of one container a node keeps five files of 10Mi, unless told otherwise."""


def test_disk(chart, scenario):
    """The limit covers /tmp, /cache and the logs, or a pod could be evicted that keeps to each of its sizes."""
    spec = chart.pod(file=scenario)["spec"]
    limit = size(spec["containers"][0]["resources"]["limits"]["ephemeral-storage"])

    folders = [size(each["emptyDir"]["sizeLimit"]) for each in spec["volumes"] if "emptyDir" in each]

    assert sum(folders) + LOGS <= limit


def size(quantity):
    return int(quantity[:-2]) * {"Mi": 2**20, "Gi": 2**30}[quantity[-2:]]


def test_mounts_are_updated(chart, scenario):
    """Nothing is mounted by subPath: a changed Secret would not reach the pods."""
    for pod in pods(chart.objects(file=scenario)):
        assert not [mount for each in pod["spec"]["containers"] for mount in each["volumeMounts"] if "subPath" in mount]


def test_config_is_in_the_pod_template_alone(chart, scenario):
    """It is in no ConfigMap, and said once: in an annotation of the pod template."""
    assert {name for each in chart.all("ConfigMap", file=scenario) for name in each["data"]} <= {"ml-census.json"}
    assert chart.text(file=scenario).count("model_path:") == chart.config(file=scenario).count("model_path:") == 1


def test_selectors(chart, scenario):
    """Deployment and Services select by name and instance alone, which the pods have and the test's pod has not."""
    deployment = chart.one("Deployment", file=scenario)["spec"]
    selector = deployment["selector"]["matchLabels"]

    assert list(selector) == ["app.kubernetes.io/name", "app.kubernetes.io/instance"]
    assert all(service["spec"]["selector"] == selector for service in chart.all("Service", file=scenario))
    assert selector.items() <= deployment["template"]["metadata"]["labels"].items()
    for test in chart.all("Pod", file=scenario):
        assert not selector.items() <= test["metadata"]["labels"].items()


def test_replicas(chart, scenario):
    """The Deployment says a number of pods exactly when no autoscaler does."""
    scalers = chart.all("HorizontalPodAutoscaler", file=scenario) + chart.all("ScaledObject", file=scenario)

    assert ("replicas" in chart.one("Deployment", file=scenario)["spec"]) == (not scalers)


def test_volumes(chart, scenario):
    """What is mounted is a volume, each volume is mounted, and what the chart mounts of its own exists."""
    objects = chart.objects(file=scenario)
    own = {each["metadata"]["name"] for each in objects}
    own |= {each["spec"]["target"]["name"] for each in chart.all("ExternalSecret", file=scenario)}
    given = {"ml-census-credentials", "ml-census-test"}  # the existing Secrets of these files

    for pod in pods(objects):
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        mounts = [mount["name"] for container in pod["spec"]["containers"] for mount in container["volumeMounts"]]
        assert sorted(mounts) == sorted(volumes)
        for volume in volumes.values():
            name = volume.get("secret", {}).get("secretName")
            assert name is None or name in own | given
