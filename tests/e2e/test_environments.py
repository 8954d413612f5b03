"""Installation, helm test, prediction, upgrade and removal of each environment."""

import pytest
import requests

from e2e.cluster import CHART, Release, image, list_objects, login, wait_for
from e2e.traffic import PREDICTION, ROW


def predict(release: Release, rows: int) -> requests.Response:
    """Return the response to a prediction of some rows."""
    with release.forwarded() as url:
        headers = {"Authorization": login(url)}
        return requests.post(f"{url}/prediction", headers=headers, json={"inputs": [ROW] * rows}, timeout=30)


@pytest.mark.parametrize(("environment", "pods"), [("dev", 1), ("staging", 2), ("prod", 3)])
def test_environment_installs_serves_upgrades_and_uninstalls(release: Release, environment: str, pods: int) -> None:
    before = list_objects(release.namespace)
    values = CHART / "environments" / f"{environment}.yaml"

    release.upgrade(values)
    assert release.ready_pods() == pods
    release.test()
    assert predict(release, 2).json() == {"predictions": [PREDICTION, PREDICTION]}

    release.upgrade(values, {"config.max_rows": 1})
    release.settle()
    assert release.ready_pods() == pods
    assert predict(release, 1).json() == {"predictions": [PREDICTION]}
    assert predict(release, 2).status_code == 413

    release.uninstall()
    wait_for("all objects to be deleted", lambda: list_objects(release.namespace) == before)


def test_compiled_image_serves_a_published_model(release: Release) -> None:
    """The image without scikit-learn cannot unpickle. It serves the compiled form that `publish` verified."""
    release.upgrade(CHART / "environments" / "dev.yaml", image("COMPILED_IMAGE"))

    release.test()
    with release.forwarded() as url:
        engine = requests.get(f"{url}/version", timeout=30).json()["engine"]
    assert engine["kind"] == "compiled"
    assert engine["verified_rows"] > 2000
