"""/prediction with reasons."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ml_census.api import prediction_service
from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from support.api_requests import PREDICTION, ROW, ROWS, Post, error_message
from support.compiled_files import LINEAR, compiled

REFERENCE = [40, "Private", 9, "Male"]


@pytest.fixture(scope="module")
def compiled_artifacts(artifacts: Artifacts) -> Artifacts:
    """Return the sample model "dataframe" in its compiled form."""
    return replace(artifacts, model=replace(artifacts.model, predictor=compiled(LINEAR), engine=EngineInfo("compiled")))


@pytest.fixture
def client(compiled_artifacts: Artifacts, config: Config) -> FlaskClient:
    return create_app(compiled_artifacts, replace(config, max_rows=2000, max_body_bytes=200_000)).test_client()


def body(rows: list[Any], **members: Any) -> str:
    return json.dumps({"inputs": rows} | members)


def reasons_in(response: TestResponse) -> list[Any]:
    assert response.status_code == 200, response.text
    return list((response.json or {})["reasons"])


def test_each_row_has_its_reasons_beside_the_predictions(post: Post, expected: list[str]) -> None:
    document = post(f"{PREDICTION}?reasons=2", body(ROWS, reference=REFERENCE)).json or {}

    assert list(document) == ["predictions", "reasons"]
    assert document["predictions"] == expected
    assert [len(reasons) for reasons in document["reasons"]] == [2, 2]
    assert list(document["reasons"][0][0]) == ["column", "value", "reference", "effect"]


def test_all_reasons_add_up_to_the_difference_of_the_scores(post: Post) -> None:
    reasons = reasons_in(post(f"{PREDICTION}?reasons=4", body(ROWS, reference=REFERENCE)))

    scores = compiled(LINEAR).scoring.scores(compiled(LINEAR).schema.validate_rows([*ROWS, REFERENCE]).columns)[:, 0]
    sums = [sum(reason["effect"] for reason in each) for each in reasons]
    assert sums == pytest.approx(scores[:2] - scores[2], abs=1e-9)


def test_reference_may_be_an_object(post: Post) -> None:
    named = dict(zip(compiled(LINEAR).schema.names, REFERENCE, strict=True))

    responses = [post(f"{PREDICTION}?reasons=4", body(ROWS, reference=row)) for row in (REFERENCE, named)]

    assert reasons_in(responses[0]) == reasons_in(responses[1])


def test_reasons_and_probabilities_come_in_one_response(post: Post) -> None:
    document = post(f"{PREDICTION}?reasons=1&proba=true", body(ROWS, reference=REFERENCE)).json or {}

    assert list(document) == ["predictions", "probabilities", "reasons"]


@pytest.mark.parametrize("count", ["0", "5", "-1", "1.5", "true", "", "9" * 30, "\u0663"])
def test_number_of_reasons_is_a_number_of_columns(post: Post, count: str) -> None:
    response = post(f"{PREDICTION}?reasons={count}", body(ROWS, reference=REFERENCE))

    assert response.status_code == 400
    assert error_message(response) == "reasons must be a whole number from 1 to 4, the number of columns"


def test_missing_reference_is_a_400_that_says_how_to_give_one(post: Post) -> None:
    response = post(f"{PREDICTION}?reasons=3", body(ROWS))

    assert response.status_code == 400
    assert 'add "reference", a row, to the request' in error_message(response)


def test_invalid_reference_is_a_400_about_the_reference(post: Post) -> None:
    response = post(f"{PREDICTION}?reasons=3", body(ROWS, reference=["x", *REFERENCE[1:]]))

    assert response.status_code == 400
    assert error_message(response) == "the reference does not fit the model's columns"
    assert (response.json or {})["details"] == [{"column": "age", "got": "x", "expected": "a number"}]


def test_model_without_reasons_is_a_400_with_the_cause(artifacts: Artifacts, config: Config, token: str) -> None:
    response = (
        create_app(artifacts, config)
        .test_client()
        .post(
            f"{PREDICTION}?reasons=1", json={"inputs": [ROW], "reference": REFERENCE}, headers={"Authorization": token}
        )
    )

    assert response.status_code == 400
    assert error_message(response) == "this model has no reasons: it is not compiled"


def test_rows_with_reasons_have_a_maximum_of_their_own(post: Post) -> None:
    maximum = prediction_service.MAX_REASONS_ROWS
    rows = [ROW] * (maximum + 1)

    response = post(f"{PREDICTION}?reasons=1", body(rows, reference=REFERENCE))

    assert response.status_code == 413
    assert error_message(response) == f"{maximum + 1} rows with reasons exceed {maximum}: split the request"
    assert post(PREDICTION, body(rows)).status_code == 200


def test_unknown_parameter_names_the_known_ones(post: Post) -> None:
    response = post(f"{PREDICTION}?reason=3", body(ROWS))

    assert error_message(response) == 'unknown query parameter "reason": known are proba, warnings, reasons'
