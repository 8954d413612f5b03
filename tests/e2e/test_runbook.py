"""The commands of docs/runbook on a running release: each command succeeds, and each remedy has its effect."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from e2e.cluster import CHART, VALUES, Release, helm_path, image, kubectl, login, wait_for
from e2e.docs_shell import DocsShell, page_blocks
from e2e.traffic import ROW
from support.doc_commands import DOCUMENTS, blocks

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"
SETTINGS = {"replicaCount": 2, "service.port": 80}
ALERTS = sorted(name.removeprefix("docs/runbook/").removesuffix(".md") for name in DOCUMENTS if "/alerts/" in name)
READ_ONLY = [
    "README",
    "capacity",
    "load-balancer",
    "more-detail-in-the-log",
    "region-gone",
    "rejected-requests",
    "storage-outage",
]


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    """Install a release with two pods, and wait for their CPU figures."""
    release.upgrade(ARTICLE, SETTINGS)
    top = ["--namespace", release.namespace, "top", "pods", "--no-headers"]

    def is_measured() -> bool:
        done = subprocess.run(["kubectl", *top], capture_output=True, text=True)
        return done.stdout.count("ml-census-") == 2

    wait_for("the figures of the pods", is_measured)


@pytest.fixture
def shell(release: Release, tmp_path: Path) -> Iterator[DocsShell]:
    """Yield a shell after the two lines that begin each page."""
    shell = DocsShell(tmp_path, release.namespace)
    printed = shell.type(page_blocks("README")[0])
    assert "VERSION: " in printed and f"NAMESPACE: {release.namespace}" in printed
    yield shell


@pytest.mark.parametrize("name", [*READ_ONLY, *ALERTS])
def test_commands_of_the_page_succeed(shell: DocsShell, release: Release, name: str) -> None:
    (shell.folder / ".git").mkdir()
    texts = [text for text in page_blocks(name) if "git log" not in text]  # the folder is no repository

    printed = shell.type(*texts)

    assert "VERSION: " in printed


def test_metrics_command_prints_the_responses(shell: DocsShell, release: Release) -> None:
    requests.get(f"{release.url}/version", timeout=30)

    printed = shell.type(page_blocks("README")[4])

    assert "ml_census_requests_total{" in printed


def test_pods_that_are_not_ready_are_described(shell: DocsShell, release: Release) -> None:
    _, look, evicted, change_image = page_blocks("pod-not-ready")
    assert "ml-census/config.yaml" in shell.type(look)
    shell.type(evicted)

    before = release.get("deployment", "ml-census")["spec"]["template"]["spec"]["containers"][0]["image"]
    shell.type(change_image, IMAGE=before)

    assert release.ready_pods() == 2


def test_image_of_kubectl_needs_force_conflicts(release: Release) -> None:
    kubectl("--namespace", release.namespace, "set", "image", "deployment/ml-census", "ml-census=localhost/none:1")

    with pytest.raises(AssertionError, match='conflict with "kubectl'):
        release.upgrade(ARTICLE, SETTINGS)

    release.upgrade(ARTICLE, SETTINGS, options=("--wait", "--force-conflicts"))
    release.settle()


def test_bad_pod_gets_no_requests_and_is_kept(shell: DocsShell, release: Release) -> None:
    bad = release.pods()[0]["metadata"]["name"]
    _, look, take_out, delete, leave_node = page_blocks("one-bad-pod")
    shell.type(look)

    shell.type(take_out, POD=bad)

    wait_for("the replacement", lambda: release.ready_pods() == 2)
    served = json.dumps(release.get("endpointslices", "--selector", "kubernetes.io/service-name=ml-census"))
    assert bad not in served
    assert release.get("pod", bad)["status"]["phase"] == "Running"
    assert "serves model" in (shell.folder / f"{bad}.txt").read_text()
    shell.type(delete)
    assert bad not in kubectl("--namespace", release.namespace, "get", "pods", "--output", "name")
    node = kubectl("get", "nodes", "--output", "name").splitlines()[0].removeprefix("node/")
    try:
        assert "ml-census-" in shell.type(leave_node, NODE=node)
    finally:
        kubectl("uncordon", node)


def test_locked_out_user_logs_in_after_the_restart(shell: DocsShell, release: Release) -> None:
    def status(password: str) -> int:
        return requests.get(f"{release.url}/login", auth=("census", password), timeout=30).status_code

    wait_for("a lockout of every pod", lambda: {status("wrong") for _ in range(20)} == {429})
    assert {status("census") for _ in range(10)} == {429}

    shell.type(page_blocks("unlock-a-user")[1])
    release.settle()

    assert {status("census") for _ in range(10)} == {200}


def test_leaked_key_becomes_useless(shell: DocsShell, release: Release) -> None:
    token, before = login(release.url), time.monotonic()
    _, replace, look, *_ = page_blocks("leaked-key")
    shell.type(replace)

    def statuses() -> set[int]:
        headers, url = {"Authorization": token}, f"{release.url}/prediction"
        return {requests.post(url, json={"inputs": [ROW]}, headers=headers, timeout=30).status_code for _ in range(10)}

    wait_for("the old key to end", lambda: statuses() == {403}, 150)
    print(f"the old key ended {time.monotonic() - before:.0f} s after the command")
    assert shell.type(look).count("reloaded: secret") == 2
    assert login(release.url) != token


def test_second_person_cannot_overwrite_the_secret(shell: DocsShell, release: Release) -> None:
    """Both copy the Secret. The `put` of the second fails, and works after another `take`."""
    (functions,) = [text for text in blocks(DOCUMENTS["docs/how-to/README.md"], "sh") if "take()" in text]
    (shell.folder / "other").mkdir()
    other = DocsShell(shell.folder / "other", release.namespace)
    change = "echo >> private/users.json && put"
    for each in (shell, other):
        (each.folder / ".venv/bin").mkdir(parents=True)
        (each.folder / ".venv/bin/activate").touch()
        each.type(functions, "take")

    shell.type(change)
    shell.type(change)  # a second change of the same person needs no `take`
    with pytest.raises(AssertionError, match="Conflict|has been modified"):
        other.type(change)
    other.type(f"take && {change}")
    assert json.loads(shell.type("version"))["model"]


def test_stuck_release_is_released_by_a_rollback(shell: DocsShell, release: Release) -> None:
    def state() -> str:
        command = ("history", "ml-census", "--namespace", release.namespace, "--max", "1", "--output", "json")
        return str(json.loads(release.helm(*command))[0]["status"])

    values = [option for path in (ARTICLE, VALUES) for option in ("--values", str(path))]
    sets = [f"--set={key}={value}" for key, value in image("IMAGE").items()]
    chart = ["ml-census", str(CHART), "--namespace", release.namespace, "--wait", "--timeout", "5m"]
    bad = "--set=config.model_path=gs://models/nowhere/model.pkl"
    with subprocess.Popen([helm_path(), "upgrade", *chart, *values, *sets, bad]) as upgrade:
        wait_for("the upgrade to wait for its pods", lambda: state() == "pending-upgrade")
        time.sleep(3)
        upgrade.kill()
    with pytest.raises(AssertionError, match="another operation"):
        release.upgrade(ARTICLE, SETTINGS)
    _, look, back = page_blocks("stuck-release")

    assert "pending-upgrade" in shell.type(look)
    shell.type(back)

    assert state() == "deployed"
    release.upgrade(ARTICLE, SETTINGS)
    shell.type(*page_blocks("roll-back"))
    assert state() == "deployed"
