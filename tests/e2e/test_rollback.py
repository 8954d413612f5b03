"""Ways back from an upgrade: helm rollback, a failed upgrade that rolls back at once, kubectl rollout undo.

HELMS names further versions of Helm, as paths separated by colons, beside the pinned Helm 3 and Helm 4.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from e2e.cluster import CHART, Release, helm_path, kubectl, run, wait_for
from e2e.traffic import Load

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"
TWO = {"replicaCount": 2}
CHANGED = TWO | {"config.max_rows": 10_001}
BAD_MODEL = TWO | {"config.model_path": "gs://models/nowhere/model.pkl"}
PROGRAMS = [helm_path(3), helm_path(4), *filter(None, os.environ.get("HELMS", "").split(":"))]
HELM_4 = PROGRAMS[1]


def texts(release: Release) -> set[str]:
    """Return what the servers of the release read as their configuration."""
    return {release.read_config(pod) for pod in release.pods()}


@pytest.fixture(params=PROGRAMS, ids=lambda program: run(program, "version", "--template", "{{.Version}}"))
def installed(release: Release, request: pytest.FixtureRequest) -> Iterator[Release]:
    """Yield the release with two pods, installed and uninstalled by one version of Helm."""
    release = replace(release, program=request.param)
    release.upgrade(ARTICLE, TWO)
    wait_for("the load balancer", lambda: release.get("service", "ml-census")["status"]["loadBalancer"], 30)
    yield release
    release.uninstall()
    assert release.config_maps() == {}


def test_rollback_restores_the_only_config_map(installed: Release) -> None:
    before = installed.config_maps()
    with Load(installed.url).running() as load:
        installed.upgrade(ARTICLE, CHANGED)
        installed.settle()
        (changed,) = installed.config_maps().values()
        assert texts(installed) == {changed}

        installed.rollback()
        installed.settle()

    print(f"upgrade and rollback: {load}")
    assert installed.config_maps() == before
    assert texts(installed) == set(before.values())
    assert not load.failed


def test_failed_upgrade_rolls_back_at_once(installed: Release) -> None:
    """Helm 4 calls the option --rollback-on-failure; Helm 3 knows it as --atomic."""
    before, spec = installed.config_maps(), installed.get("deployment", "ml-census")["spec"]
    is_helm_3 = installed.helm("version", "--short").startswith("v3.")
    with Load(installed.url).running() as load:
        with pytest.raises(AssertionError, match="exit 1"):
            option = "--atomic" if is_helm_3 else "--rollback-on-failure"
            installed.upgrade(ARTICLE, BAD_MODEL, "20s", (option, "--wait"))
        installed.settle()

    print(f"failed upgrade: {load}")
    assert installed.config_maps() == before
    assert installed.get("deployment", "ml-census")["spec"] == spec
    assert not load.failed


@pytest.mark.parametrize("installed", [HELM_4], ids=["helm-4"], indirect=True)
def test_rollout_undo_brings_the_old_text_back(installed: Release) -> None:
    """Helm has deleted the ConfigMap of the old text. The old ReplicaSet has the text as an annotation."""
    (old,) = installed.config_maps().values()
    installed.upgrade(ARTICLE, CHANGED)
    installed.settle()
    with Load(installed.url).running() as load:
        rollout = ["--namespace", installed.namespace, "rollout"]
        kubectl(*rollout, "undo", "deployment/ml-census")
        kubectl(*rollout, "status", "deployment/ml-census", "--timeout", "2m")
        installed.settle()

    assert texts(installed) == {old} != set(installed.config_maps().values())
    assert not load.failed


@pytest.mark.parametrize("installed", [HELM_4], ids=["helm-4"], indirect=True)
def test_restarted_container_reads_own_text_in_a_stuck_upgrade(installed: Release) -> None:
    (old,) = installed.config_maps().values()
    oldest = installed.pods()[0]
    with pytest.raises(AssertionError, match="exit 1"):
        installed.upgrade(ARTICLE, BAD_MODEL, "15s")

    installed.exec(oldest, "import os, signal; os.kill(1, signal.SIGTERM)")
    pod = ["--namespace", installed.namespace, "wait", f"pod/{oldest['metadata']['name']}", "--timeout", "2m"]
    kubectl(*pod, "--for", "jsonpath={.status.containerStatuses[0].restartCount}=1")
    kubectl(*pod, "--for", "condition=Ready")

    assert installed.read_config(oldest) == old
