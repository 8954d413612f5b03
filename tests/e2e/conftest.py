"""A bucket with two models for all tests on the cluster; a namespace with users and a key for each module."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml
from cluster import GCS, ROOT, Bucket, Release, kubectl, ml_census, namespace, port_forward, run, wait_for
from node import why_not
from traffic import Load


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("node") and (reason := why_not()):
        pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def no_namespace_left() -> Iterator[None]:
    """Modules do not wait for the end of their namespaces: the next module starts meanwhile."""
    yield
    wait_for("the namespaces to end", lambda: "ml-census-e2e" not in kubectl("get", "namespaces", "--output", "name"))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """gs://models has the synthetic census model twice: as census (boosted) and as census-article."""
    namespace(GCS)
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
    return Bucket()


@pytest.fixture(scope="session")
def kinds() -> Iterator[None]:
    """The cluster knows the kinds of the add-ons that the chart has objects for."""
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
def addons(kinds: None) -> Iterator[None]:
    """Besides the kinds, the cluster has the PriorityClass that ci/full-values.yaml names."""
    kubectl("create", "priorityclass", "serving", "--value=1000")
    yield
    kubectl("delete", "priorityclass", "serving")


@pytest.fixture(scope="module")
def release(
    request: pytest.FixtureRequest, addons: None, models: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """A namespace that is ready for the chart: the Secrets that the environments name are there."""
    name = f"ml-census-e2e-{request.path.stem.removeprefix('test_')}"
    namespace(name)
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
    """Clients that ask the release during the test."""
    with Load(release.url).running() as running:
        wait_for("some answers", lambda: len(running.outcomes) > 20)
        yield running
    print(f"{request.node.name}: {running}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With a failure comes what the cluster has to say of it."""
    report = yield
    if report.when == "call" and report.failed and "release" in getattr(item, "funcargs", {}):
        report.sections.append(("cluster", state_of(item.funcargs["release"].namespace)))  # type: ignore[attr-defined]
    return report


def state_of(namespace: str) -> str:
    where = ["--namespace", namespace]
    try:
        said = kubectl(*where, "get", "pods", "--output", "wide") + kubectl(*where, "get", "events")
        logs = ["logs", "--selector", "app.kubernetes.io/instance=ml-census", "--tail=30", "--prefix"]
        return said + kubectl(*where, *logs)
    except AssertionError as error:  # the test's own failure is the one to report
        return str(error)
