"""Client: models, batches and rejected rows. Runs with a real server are in system/test_client.py."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from ml_census.client.session import Client, ClientError, ModelInfo, RejectedRowError
from support.scripted_server import SCHEMA, Response, ScriptedServer

TOO_LARGE = Response(413, {"error message": "too large"})


@pytest.fixture
def client(script: ScriptedServer) -> Iterator[Client]:
    with Client(script.url, "ada", "password", retry_timeout=0) as client:
        yield client


def rejection(row: int) -> Response:
    detail = {"row": row, "column": "age", "expected": "a number", "got": "z"}
    return Response(400, {"error message": "bad rows", "details": [detail]})


def test_model_has_columns_and_required_columns(client: Client) -> None:
    assert client.model() == ModelInfo("a1", ["age", "id", "sex"], ["age", "sex"], ["x", "y"])


@pytest.mark.parametrize(
    ("schema", "classes"),
    [({"classes": None}, None), ({"classes": [0, 1]}, ["0", "1"]), ({"outputs": [["a"], ["b"]]}, ["0 a", "1 b"])],
    ids=["none", "one output", "two outputs"],
)
def test_classes_are_those_of_each_output(
    client: Client, script: ScriptedServer, schema: dict[str, Any], classes: list[str] | None
) -> None:
    script.plan["/schema"] = [Response(200, SCHEMA | schema)]

    assert client.model().classes == classes


def test_schema_of_another_form_is_another_server(client: Client, script: ScriptedServer) -> None:
    script.plan["/schema"] = [Response(200, [1])]

    with pytest.raises(ClientError, match="the server at this URL is not ml-census"):
        client.model()


def test_rows_are_sent_in_batches(client: Client, script: ScriptedServer) -> None:
    assert list(client.predict([[1], [2], [3]], batch=2)) == ["x"] * 3
    assert script.rows() == [[[1], [2]], [[3]]]


def test_predictions_come_with_their_reasons(client: Client, script: ScriptedServer) -> None:
    reasons = [[{"column": "age", "value": row, "reference": 9, "effect": 0.5}] for row in range(2)]
    script.plan["/prediction"] = [Response(200, {"predictions": ["x", "y"], "reasons": reasons})]

    explained = list(client.predict([[1], [2]], reasons=1, reference=[math.nan]))

    assert explained == [("x", reasons[0]), ("y", reasons[1])]
    assert explained[0].reasons == reasons[0]
    assert script.received[-1] == ("/prediction", {"inputs": [[1], [2]], "reference": [None]})


def test_rejected_reference_is_an_error_with_the_column(client: Client, script: ScriptedServer) -> None:
    details = [{"column": "age", "expected": "a number", "got": "z"}]
    script.plan["/prediction"] = [Response(400, {"error message": "the reference is bad", "details": details})]

    with pytest.raises(ClientError, match='the reference is bad: column age: expected a number, got "z"'):
        list(client.predict([[1]], reasons=1, reference=["z"]))


def test_reference_that_json_cannot_represent_is_an_error(client: Client) -> None:
    with pytest.raises(ClientError, match="the reference: column 0: expected a number, text"):
        list(client.predict([[1]], reasons=1, reference=[object()]))


def test_batch_that_is_too_large_is_halved(client: Client, script: ScriptedServer) -> None:
    script.plan["/prediction"] = [TOO_LARGE]

    assert list(client.predict([[1], [2], [3]])) == ["x"] * 3
    assert script.rows() == [[[1], [2], [3]], [[1], [2]], [[3]]]


def test_row_that_is_too_large_is_raised_with_its_size(client: Client, script: ScriptedServer) -> None:
    script.plan["/prediction"] = [TOO_LARGE]

    with pytest.raises(RejectedRowError, match="row 0: 413 too large: the row has 3 bytes, more than max_body_bytes"):
        list(client.predict([[1]]))


def test_rejected_row_is_raised_with_its_index(client: Client, script: ScriptedServer) -> None:
    script.plan["/prediction"] = [Response(200, {"predictions": ["x", "x"]}), rejection(1)]

    with pytest.raises(RejectedRowError, match='^row 3, column age: expected a number, got "z"$'):
        list(client.predict([[1], [2], [3], ["z"]], batch=2))


def test_skipped_row_is_left_out_of_the_next_request(client: Client, script: ScriptedServer) -> None:
    script.plan["/prediction"] = [rejection(1)]

    (batch,) = client.predict_batches([[1], ["z"], [3]], skip_rejected=True)

    assert script.rows() == [[[1], ["z"], [3]], [[1], [3]]]
    assert batch.predictions == ["x", None, "x"]
    assert batch.rejected == {1: 'column age: expected a number, got "z"'}


def test_batch_of_skipped_rows_has_no_predictions(client: Client, script: ScriptedServer) -> None:
    script.plan["/prediction"] = [rejection(0)]

    (batch,) = client.predict_batches([["z"]], skip_rejected=True)

    assert (batch.predictions, len(batch.rejected), len(script.rows())) == ([None], 1, 1)


def test_response_of_another_model_is_raised(client: Client) -> None:
    with pytest.raises(ClientError, match="the server has model a1 now, not b2"):
        list(client.predict_batches([[1]], expected_version="b2"))


def test_response_with_other_rows_is_another_server(client: Client, script: ScriptedServer) -> None:
    script.plan["/prediction"] = [Response(200, {"predictions": ["x", "x"]})]

    with pytest.raises(ClientError, match="the server at this URL is not ml-census"):
        list(client.predict([[1]]))
