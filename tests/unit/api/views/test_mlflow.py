"""/invocations, as MLflow and SageMaker use it."""

import io
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from support.api_requests import BODIES, COLUMNS, CSV, MLFLOW, RECORDS, ROWS, Post, error_message
from support.sample_models import NAMES

SPLIT = {"columns": NAMES[::-1], "data": [row[::-1] for row in ROWS]}
HEADER = ",".join(NAMES)
SAME = {
    "split": {"dataframe_split": {"columns": NAMES, "index": [0, 1], "data": ROWS}},
    "split in another order": {"dataframe_split": SPLIT},
    "split without names": {"dataframe_split": {"data": ROWS}},
    "records": {"dataframe_records": RECORDS},
    "instances": {"instances": ROWS, "params": {}},
    "inputs": {"inputs": RECORDS},
    "inputs by column": {"inputs": dict(zip(NAMES, COLUMNS, strict=True))},
    "CSV": f"{HEADER}\n{CSV}\n",
    "CSV with blanks": f"{', '.join(NAMES)}\n{CSV}\n",
    "CSV in another order": "sex,age,workclass,education-num\nMale,39,Private,14\nFemale,25,Self-emp,3",
    "CSV without a header": CSV,
}


@pytest.mark.parametrize("case", SAME)
def test_invocations_predict_as_prediction_does(post: Post, expected: list[str], case: str) -> None:
    body = SAME[case]

    response = post(MLFLOW, body, "text/csv" if isinstance(body, str) else "application/json")

    assert response.json == {"predictions": expected}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"rows": ROWS}, "one of dataframe_split"),
        ({"inputs": ROWS, "instances": ROWS}, "one of dataframe_split"),
        ({"inputs": ROWS, "params": {"predict_method": "predict_proba"}}, '"params" must be empty'),
        ({"inputs": "rows"}, '"inputs" must be a list of rows'),
        ({"inputs": {"age": [1], "sex": []}}, "lists of equal length"),
        ({"inputs": {"age": 1}}, "lists of equal length"),
        ({"dataframe_split": ROWS}, '"dataframe_split" must be'),
        ({"dataframe_split": {"columns": NAMES, "data": [[1]]}}, "must have 4 values"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}, "a duplicate name"),
        ({"dataframe_split": {"columns": [1, "1"], "data": [[1, 2]]}}, "a duplicate name"),
        ({"dataframe_split": {"columns": [{}], "data": [[1]]}}, "a list of names"),
        ({"dataframe_split": {"columns": [True], "data": [[1]]}}, "a list of names"),
        ({"dataframe_records": [[1], {}]}, "row 0"),
    ],
)
def test_malformed_invocation_is_a_400(post: Post, body: Any, part: str) -> None:
    response = post(MLFLOW, body)

    assert response.status_code == 400
    assert (response.json or {})["error_code"] == "BAD_REQUEST"
    assert part in (response.json or {})["message"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (f"{HEADER}\n1,2\n".encode(), "each line must have 4 values"),
        (f"{HEADER},sex\n{CSV}\n".encode(), "the first line has the column sex twice"),
        (b"age,workclass,education,sex\n39,Private,14,Male\n", "the first line does not name education-num"),
        (b'"', "not CSV"),
        (b"\xff", "not UTF-8"),
        (b"", "no rows"),
        (b"1,2\n", "the first line has 2 values, expected 4 or the names"),
    ],
)
def test_malformed_csv_is_a_400(post: Post, body: bytes, part: str) -> None:
    response = post(MLFLOW, body, "text/csv")

    assert response.status_code == 400
    assert part in error_message(response)


@pytest.mark.parametrize(("charset", "status"), [("UTF-8", 200), ("latin-1", 200), ("shift_jis", 415), ("base64", 415)])
def test_csv_may_have_one_of_several_charsets(post: Post, charset: str, status: int) -> None:
    assert post(MLFLOW, CSV, f"text/csv; charset={charset}").status_code == status


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [f"{HEADER}\n", ""])
def test_csv_may_have_one_of_several_delimiters(post: Post, delimiter: str, header: str) -> None:
    response = post(MLFLOW, (header + CSV).replace(",", delimiter), "text/csv")

    assert (response.status_code, len((response.json or {})["predictions"])) == (200, len(ROWS))


def test_numpy_array_is_accepted_and_returned(post: Post, expected: list[str]) -> None:
    """SageMaker's client for scikit-learn sends and accepts this format by default."""
    buffer = io.BytesIO()
    np.save(buffer, np.array([[str(value) for value in row] for row in ROWS]))

    response = post(MLFLOW, buffer.getvalue(), "application/x-npy", Accept="application/x-npy")

    assert (response.status_code, response.mimetype) == (200, "application/x-npy")
    assert np.load(io.BytesIO(response.data)).tolist() == expected
    assert response.headers["X-Model-Version"] == "0123456789ab"


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("text/csv", "text/csv"),
        ("text/csv;q=0.9, application/json;q=0.1", "text/csv"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("", "application/json"),
    ],
)
def test_accept_selects_the_response_format(post: Post, expected: list[str], accept: str, mimetype: str) -> None:
    response = post(MLFLOW, BODIES[MLFLOW], Accept=accept)

    predictions = response.text.splitlines() if mimetype == "text/csv" else (response.json or {})["predictions"]
    assert (response.status_code, response.mimetype, predictions) == (200, mimetype, expected)


@pytest.mark.parametrize("accept", ["text/csv", "application/x-npy"])
def test_probabilities_need_a_json_response(post: Post, accept: str) -> None:
    response = post(f"{MLFLOW}?proba=true", BODIES[MLFLOW], Accept=accept)

    assert response.status_code == 400
    assert "proba need Accept: application/json" in error_message(response)


def test_ping_has_no_body(client: FlaskClient) -> None:
    assert client.get("/ping").data == b"\n"
