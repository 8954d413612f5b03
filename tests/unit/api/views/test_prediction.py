"""/prediction."""

from collections.abc import Callable

import pytest

from support.api_requests import PREDICTION, ROW, VERSION, Post, error_message
from support.sample_models import SampleModel


def test_predictions_are_those_of_the_model(post: Post, sample_model: Callable[[str], SampleModel]) -> None:
    sample = sample_model("dataframe")

    response = post(PREDICTION, {"inputs": sample.rows[:10]})

    assert response.json == {"predictions": sample.decoded()[:10]}
    assert response.headers["X-Model-Version"] == VERSION


def test_response_is_that_of_the_reference_byte_for_byte(post: Post, expected: list[str]) -> None:
    assert post(PREDICTION, {"inputs": [ROW]}).data == f'{{"predictions": ["{expected[0]}"]}}'.encode()


def test_probabilities_are_returned_on_request(post: Post) -> None:
    document = post(f"{PREDICTION}?proba=true", {"inputs": [ROW, ROW]}).json or {}

    assert list(document) == ["predictions", "probabilities"]
    assert [sum(row) for row in document["probabilities"]] == pytest.approx([1, 1])


def test_unknown_categories_are_counted_and_listed(post: Post) -> None:
    rows = [[39, "Astronaut", 10, "Other"], [39, "astronaut", 10, "Male"]]

    plain, listed = post(PREDICTION, {"inputs": rows}), post(f"{PREDICTION}?warnings=true", {"inputs": rows})

    assert plain.headers["X-Unknown-Values"] == listed.headers["X-Unknown-Values"] == "3"
    assert list(plain.json or {}) == ["predictions"]
    assert [(entry["row"], entry["column"]) for entry in (listed.json or {})["warnings"]] == [
        (0, "workclass"),
        (0, "sex"),
        (1, "workclass"),
    ]


def test_known_values_have_no_header(post: Post) -> None:
    assert "X-Unknown-Values" not in post(PREDICTION, {"inputs": [ROW]}).headers


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON: Expecting property name enclosed in double quotes at line 1 column 2"),
        (b"\xff", "not UTF-8"),
        ('{"inputs": []}'.encode("utf-16"), "not UTF-8"),
        ('{"inputs": []}'.encode("utf-8-sig"), "not JSON"),
        (b'{"inputs": [], "inputs": [[39, "Private", 14, "Male"]]}', 'duplicate name "inputs"'),
        (b'{"inputs": [{"age": 39, "workclass": "Private", "age": 40}]}', 'duplicate name "age"'),
        (b"[" * 10_000, "nested too deeply"),
        (b'{"inputs": ' + b"9" * 5000 + b"}", "too many digits"),
        (b"[]", '"inputs"'),
        (b"null", '"inputs"'),
        (b"{}", '"inputs"'),
        (b'{"inputs": null}', "must be a list of rows"),
        (b'{"inputs": []}', "holds no rows"),
    ],
)
def test_malformed_body_is_a_400(post: Post, body: bytes, part: str) -> None:
    response = post(PREDICTION, body)

    assert response.status_code == 400
    assert part in error_message(response)


def test_invalid_rows_are_a_400_with_row_and_column(post: Post) -> None:
    response = post(PREDICTION, b'{"inputs": [[39, "Private", 14, "Male"], ["abc", "Private", NaN, "Male"]]}')

    assert response.status_code == 400
    assert [(entry["row"], entry["column"], entry["got"]) for entry in (response.json or {})["details"]] == [
        (1, "age", "abc"),
        (1, "education-num", "nan"),
    ]
