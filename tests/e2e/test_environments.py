"""Each environment installs, passes its helm test, answers a client, and leaves nothing behind."""

import pytest
import requests
from cluster import ANSWER, CHART, ROW, Release, image, login, objects, wait_for


@pytest.mark.parametrize(("environment", "pods"), [("dev", 1), ("staging", 2), ("prod", 3)])
def test_an_environment_is_installed_used_and_uninstalled(release: Release, environment: str, pods: int) -> None:
    before = objects(release.namespace)

    release.upgrade(CHART / "environments" / f"{environment}.yaml")

    assert release.ready_pods() == pods
    release.test()
    with release.forwarded() as url:
        headers = {"Authorization": login(url)}
        answer = requests.post(f"{url}/prediction", headers=headers, json={"inputs": [ROW, ROW]}, timeout=30)
    assert answer.json() == {"predictions": [ANSWER, ANSWER]}

    release.uninstall()
    wait_for("nothing to be left", lambda: objects(release.namespace) == before)
    print(f"{environment}: {pods} pods ready, helm test passed, uninstalled")


def test_the_image_without_scikit_learn_serves_a_published_model(release: Release) -> None:
    """It has nothing to unpickle with: the compiled form, proved when it was published, is all that it needs."""
    release.upgrade(CHART / "environments" / "dev.yaml", **image("COMPILED_IMAGE"))

    release.test()
    with release.forwarded() as url:
        engine = requests.get(f"{url}/version", timeout=30).json()["engine"]
    assert engine["kind"] == "compiled"
    assert engine["proved_rows"] > 2000
    release.uninstall()
