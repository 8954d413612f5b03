"""/schema and /version."""

from dataclasses import replace

from flask.testing import FlaskClient

from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from support.sample_models import NAMES


def test_schema_has_columns_and_decoded_classes(client: FlaskClient, token: str, artifacts: Artifacts) -> None:
    document = client.get("/schema", headers={"Authorization": token}).json or {}

    assert [column["name"] for column in document["columns"]] == NAMES
    assert document["classes"] == list((artifacts.model.labels or {}).values())


def test_version_names_server_model_and_libraries(client: FlaskClient) -> None:
    assert set(client.get("/version").json or {}) == {
        "version",
        "model",
        "engine",
        "scikit-learn",
        "python",
        "reloads",
    }


def test_report_is_a_404_if_there_is_none(client: FlaskClient) -> None:
    assert client.get("/report").status_code == 404
    assert "report" not in (client.get("/version").json or {})


def test_version_links_the_report(artifacts: Artifacts, config: Config) -> None:
    client = create_app(
        replace(artifacts, model=replace(artifacts.model, report=b"<h1>Report</h1>")), config
    ).test_client()

    assert client.get((client.get("/version").json or {})["report"]).data == b"<h1>Report</h1>"
