"""Each environment installs, passes its helm test, answers a client, upgrades, and leaves nothing behind."""

import pytest
import requests
from cluster import CHART, Release, image, login, objects, wait_for
from traffic import ANSWER, ROW


def predict(release: Release, rows: int) -> requests.Response:
    with release.forwarded() as url:
        headers = {"Authorization": login(url)}
        return requests.post(f"{url}/prediction", headers=headers, json={"inputs": [ROW] * rows}, timeout=30)


@pytest.mark.parametrize(("environment", "pods"), [("dev", 1), ("staging", 2), ("prod", 3)])
def test_environment_installs_serves_upgrades_and_uninstalls(release: Release, environment: str, pods: int) -> None:
    before = objects(release.namespace)
    values = CHART / "environments" / f"{environment}.yaml"

    release.upgrade(values)
    assert release.ready_pods() == pods
    release.test()
    assert predict(release, 2).json() == {"predictions": [ANSWER, ANSWER]}

    release.upgrade(values, **{"config.max_rows": 1})
    release.settle()
    assert release.ready_pods() == pods
    assert predict(release, 1).json() == {"predictions": [ANSWER]}
    assert predict(release, 2).status_code == 413

    release.uninstall()
    wait_for("nothing to be left", lambda: objects(release.namespace) == before)


def test_compiled_image_serves_a_published_model(release: Release) -> None:
    """The image without scikit-learn cannot unpickle: it serves the compiled form that was verified at publishing."""
    release.upgrade(CHART / "environments" / "dev.yaml", **image("COMPILED_IMAGE"))

    release.test()
    with release.forwarded() as url:
        engine = requests.get(f"{url}/version", timeout=30).json()["engine"]
    assert engine["kind"] == "compiled"
    assert engine["verified_rows"] > 2000
