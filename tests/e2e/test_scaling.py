"""The commands of docs/how-to/scale.md and docs/runbook/scale-now.md on a running release.

No pod is removed when the autoscaler is enabled.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.cluster import CHART, Release, create_namespace, helm, helm_path, kubectl, run, wait_for
from e2e.docs_shell import DocsShell, page_blocks

VALUES = CHART / "ci" / "default-values.yaml"
SPACE = "ml-census-e2e-scaling"
DEPLOYMENT = "deployment/ml-census"
PODS = 2


@pytest.fixture(scope="module")
def space() -> Iterator[None]:
    """A namespace of its own. The pods never become ready, since the image does not exist: only their number counts."""
    create_namespace(SPACE)
    yield
    kubectl("delete", "namespace", SPACE, "--wait=false")


def deploy(major: int, values: Path, *options: str) -> None:
    """Install or upgrade with the Helm of a major version."""
    chart = ["ml-census", str(CHART), "--namespace", SPACE, "--values", str(VALUES), "--values", str(values)]
    run(helm_path(major), "upgrade", "--install", *chart, *options)


def pods() -> set[str]:
    """Return the names of the pods of the newest state of the Deployment."""
    state = "jsonpath={.metadata.generation} {.status.observedGeneration}"

    def is_observed() -> bool:
        generation, observed = kubectl("--namespace", SPACE, "get", DEPLOYMENT, "--output", state).split()
        return generation == observed

    wait_for("the Deployment controller", is_observed)
    return Release(SPACE).pod_names()


@pytest.fixture
def values(space: None, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Yield values without and with an autoscaler; then uninstall the release."""
    without, with_ = tmp_path / "without.yaml", tmp_path / "with.yaml"
    without.write_text(yaml.safe_dump({"replicaCount": PODS}))
    with_.write_text(yaml.safe_dump({"replicaCount": PODS, "autoscaling": {"enabled": True, "minReplicas": PODS}}))
    yield without, with_
    helm("uninstall", "ml-census", "--namespace", SPACE)
    wait_for("the pods to end", lambda: not kubectl("--namespace", SPACE, "get", "pods", "--output", "name"))


@pytest.mark.parametrize("major", [3, 4])
def test_enabling_the_autoscaler_keeps_the_pods(values: tuple[Path, Path], major: int) -> None:
    """Helm 4 leaves the number of pods to kubectl, also of a release of Helm 3. Later upgrades leave it alone."""
    without, with_ = values
    deploy(major, without)
    kubectl("--namespace", SPACE, "scale", DEPLOYMENT, f"--replicas={PODS + 1}")
    wait_for("the pods", lambda: len(pods()) == PODS + 1)
    before = pods()

    deploy(4, with_, "--server-side=true", "--force-conflicts")
    assert pods() == before
    deploy(major, with_, "--set", "deploymentAnnotations.example=a")
    assert pods() == before


def test_rollback_to_no_autoscaler_needs_force_conflicts(values: tuple[Path, Path]) -> None:
    without, with_ = values
    rollback = [helm_path(4), "rollback", "ml-census", "1", "--namespace", SPACE]
    deploy(4, without)
    kubectl("--namespace", SPACE, "scale", DEPLOYMENT, f"--replicas={PODS + 1}")
    deploy(4, with_)

    with pytest.raises(AssertionError, match=CONFLICT):
        run(*rollback)
    run(*rollback, "--force-conflicts")

    assert number(SCALE) == PODS


CONFLICT = 'conflict with "kubectl'
SCALE = ("scale", DEPLOYMENT, "--replicas=3"), (DEPLOYMENT, "replicas")
PATCH = ("patch", "hpa/ml-census", '--patch={"spec": {"minReplicas": 3}}'), ("hpa/ml-census", "minReplicas")
Change = tuple[tuple[str, ...], tuple[str, str]]


def number(change: Change) -> int:
    """Return the number that a change with kubectl has set."""
    where, field = change[1]
    return int(kubectl("--namespace", SPACE, "get", where, "--output", f"jsonpath={{.spec.{field}}}"))


@pytest.mark.parametrize(("which", "change"), [(0, SCALE), (1, PATCH)], ids=["scale", "patch"])
def test_helm_4_upgrade_conflicts_with_a_number_of_kubectl(
    values: tuple[Path, Path], which: int, change: Change
) -> None:
    """A rejected upgrade changes nothing, and --force-conflicts returns to the number of the values."""
    deploy(4, values[which])
    kubectl("--namespace", SPACE, *change[0])

    with pytest.raises(AssertionError, match=CONFLICT):
        deploy(4, values[which])
    assert number(change) == 3
    deploy(4, values[which], "--force-conflicts")
    assert number(change) == PODS


@pytest.mark.parametrize(("which", "change"), [(0, SCALE), (1, PATCH)], ids=["scale", "patch"])
def test_helm_3_upgrade_ends_a_number_of_kubectl(values: tuple[Path, Path], which: int, change: Change) -> None:
    deploy(3, values[which])
    kubectl("--namespace", SPACE, *change[0])

    deploy(3, values[which])

    assert number(change) == PODS


@pytest.mark.parametrize(
    ("block", "settings", "field"),
    [
        (2, {"autoscaling.enabled": "true"}, ("hpa/ml-census", "minReplicas")),
        (3, {"autoscaling.enabled": "true", "autoscaling.keda": "true"}, ("scaledobject/ml-census", "minReplicaCount")),
        (4, {}, (DEPLOYMENT, "replicas")),
    ],
    ids=["hpa", "keda", "deployment"],
)
def test_runbook_sets_the_number_of_pods(
    crds: None, values: tuple[Path, Path], tmp_path: Path, block: int, settings: dict[str, str], field: tuple[str, str]
) -> None:
    deploy(4, values[0], *(f"--set={key}={value}" for key, value in settings.items()))
    blocks = page_blocks("scale-now")
    shell = DocsShell(tmp_path, SPACE)

    shell.type(blocks[0], blocks[block], blocks[-1])

    assert number(((), field)) == 6
