"""Fixtures of the tests on a cluster: one bucket with two models, and one release for each module."""

import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import requests
import yaml

from e2e.cluster import GCS, ROOT, Bucket, Release, create_namespace, kubectl, ml_census, port_forward, run, wait_for
from e2e.node import skip_reason
from e2e.traffic import Load


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that need access to the node where there is none."""
    if item.get_closest_marker("node") and (reason := skip_reason()):
        pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def no_namespace_left() -> Iterator[None]:
    """Wait for the namespaces at the end of the session. The next module starts while one is deleted."""
    yield
    wait_for("the namespaces to end", lambda: "ml-census-e2e" not in kubectl("get", "namespaces", "--output", "name"))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Publish the synthetic census model in gs://models as census (boosted) and as census-article."""
    create_namespace(GCS)
    manifest = (ROOT / "tests" / "e2e" / "gcs.yaml").read_text()
    image = os.environ.get("GCS_IMAGE", "docker.io/fsouza/fake-gcs-server:1.52.2")
    kubectl("apply", "--filename", "-", stdin=manifest.replace("IMAGE", image).replace("NAMESPACE", GCS))
    kubectl("--namespace", GCS, "rollout", "status", "deployment", "gcs", "--timeout", "2m")
    with port_forward(GCS, "service/gcs", 4443) as url:
        requests.post(f"{url}/storage/v1/b?project=e2e", json={"name": "models"}, timeout=30).raise_for_status()
        bucket = {"STORAGE_EMULATOR_HOST": url}
        for recipe, folder in (("boosted", "census"), ("article", "census-article")):
            ml_census("train", "--recipe", recipe, "--output", f"gs://models/{folder}", env=bucket)
    yield
    kubectl("delete", "namespace", GCS, "--wait=false")


@pytest.fixture(scope="session")
def bucket(models: None) -> Bucket:
    """Return the bucket with the models."""
    return Bucket()


@pytest.fixture(scope="session")
def crds() -> Iterator[None]:
    """Install the CustomResourceDefinitions of the add-ons that the chart has objects for."""
    known = {each["metadata"]["name"] for each in json.loads(kubectl("get", "crd", "--output", "json"))["items"]}
    files = [Path(line) for line in run(str(ROOT / "ci" / "list-crds"), "--find").splitlines()]
    kinds = [kind for file in files for kind in yaml.safe_load_all(file.read_text()) if kind]
    missing = {kind["metadata"]["name"]: kind for kind in kinds if kind["metadata"]["name"] not in known}
    if missing:
        kubectl("apply", "--server-side", "--filename", "-", stdin=yaml.safe_dump_all(missing.values()))
        kubectl("wait", "--for", "condition=Established", "crd", *missing)
    yield
    if missing:
        kubectl("delete", "crd", *missing)


@pytest.fixture(scope="session")
def addons(crds: None) -> Iterator[None]:
    """Create the PriorityClass and, if it is missing, the RuntimeClass that files in ci/ name."""
    runtime = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "gvisor"}}
    is_missing = not kubectl("get", "runtimeclass", "gvisor", "--ignore-not-found", "--output", "name")
    kubectl("create", "priorityclass", "serving", "--value=1000")
    if is_missing:  # GKE has it
        kubectl("create", "--filename", "-", stdin=json.dumps(runtime | {"handler": "runsc"}))
    yield
    kubectl("delete", "priorityclass", "serving")
    if is_missing:
        kubectl("delete", "runtimeclass", "gvisor")


@pytest.fixture(scope="module")
def release(
    request: pytest.FixtureRequest, addons: None, models: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """Yield a release in a namespace with the Secrets that the environments name."""
    name = f"ml-census-e2e-{request.path.stem.removeprefix('test_').replace('_', '-')}"
    create_namespace(name)
    folder: Path = tmp_path_factory.mktemp("credentials")
    ml_census("user", "add", "census", "--users", str(folder / "users.json"), "--allow-weak-password", stdin="census\n")
    (folder / "secret.txt").write_text(ml_census("generate-key"))
    files = [f"--from-file={folder / file}" for file in ("users.json", "secret.txt")]
    kubectl("--namespace", name, "create", "secret", "generic", "ml-census-credentials", *files)
    known = ["--from-literal=user=census", "--from-literal=password=census"]
    kubectl("--namespace", name, "create", "secret", "generic", "ml-census-test", *known)
    yield Release(name)
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def load(release: Release, request: pytest.FixtureRequest) -> Iterator[Load]:
    """Yield clients that send requests to the release during the test."""
    with Load(release.url).running() as running:
        wait_for("the first responses", lambda: len(running.outcomes) > 20)
        yield running
    print(f"{request.node.name}: {running}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the state of the cluster to the report of a failed test."""
    report = yield
    if report.when == "call" and report.failed and "release" in getattr(item, "funcargs", {}):
        report.sections.append(("cluster", cluster_state(item.funcargs["release"].namespace)))  # type: ignore[attr-defined]
    return report


def cluster_state(namespace: str) -> str:
    """Return pods, events and logs of a namespace, or the error of kubectl."""
    options = ["--namespace", namespace]
    try:
        state = kubectl(*options, "get", "pods", "--output", "wide") + kubectl(*options, "get", "events")
        logs = ["logs", "--selector", "app.kubernetes.io/instance=ml-census", "--tail=30", "--prefix"]
        return state + kubectl(*options, *logs)
    except AssertionError as error:  # the test's own failure is the one to report
        return str(error)
