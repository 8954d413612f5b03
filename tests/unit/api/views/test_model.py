"""/schema and /version."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from support.sample_models import NAMES


def test_schema_has_columns_and_decoded_classes(client: FlaskClient, token: str, artifacts: Artifacts) -> None:
    document = client.get("/schema", headers={"Authorization": token}).json or {}

    assert [column["name"] for column in document["columns"]] == NAMES
    assert document["classes"] == list((artifacts.model.labels or {}).values())


TITLES = [
    ("model", "", None, None),
    ("model", "", "Income", "Census of 1994"),
    ("census", "Adults", "Income", "Census of 1994"),
]
"""model_name and description in config.yaml, then name and description in manifest.json."""


@pytest.mark.parametrize(("model_name", "described", "name", "description"), TITLES)
def test_title_and_description_come_from_config_first(
    artifacts: Artifacts, config: Config, token: str, model_name: str, described: str, name: str, description: str
) -> None:
    model = replace(artifacts.model, name=name, description=description)
    changed = replace(config, model_name=model_name, description=described)
    client = create_app(replace(artifacts, model=model), changed).test_client()

    schema, version = (client.get(path, headers={"Authorization": token}).json for path in ("/schema", "/version"))

    assert schema and version and "description" not in version
    assert schema.get("title") == version.get("title") == (name if model_name == "model" else model_name)
    assert schema.get("description") == (described or description)


def test_version_names_server_model_and_libraries(client: FlaskClient) -> None:
    assert set(client.get("/version").json or {}) == {
        "version",
        "model",
        "engine",
        "scikit-learn",
        "python",
        "reloads",
        "title",
    }


def test_report_is_a_404_if_there_is_none(client: FlaskClient) -> None:
    assert client.get("/report").status_code == 404
    assert "report" not in (client.get("/version").json or {})


def test_version_links_the_report(artifacts: Artifacts, config: Config) -> None:
    client = create_app(
        replace(artifacts, model=replace(artifacts.model, report=b"<h1>Report</h1>")), config
    ).test_client()

    assert client.get((client.get("/version").json or {})["report"]).data == b"<h1>Report</h1>"
