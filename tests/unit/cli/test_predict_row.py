"""`ml-census predict` for one row prints its prediction, or one line with the reason."""

import json
from pathlib import Path

import pytest

from support.predict_options import predict
from support.scripted_server import Response, ScriptedServer

ROW = ("--row", '[1, 2, "a"]')


def test_row_that_is_not_json_fails_with_its_position(folder: Path, script: ScriptedServer) -> None:
    result = predict(folder, "--row", "[1", url=script.url)

    assert result.exit_code == 1
    assert result.output.startswith("ml-census: --row: not JSON: ")
    assert script.rows() == []


def test_prediction_is_printed_as_json(folder: Path, script: ScriptedServer) -> None:
    result = predict(folder, *ROW, url=script.url)

    assert (result.exit_code, result.stdout) == (0, '"x"\n')
    assert script.rows() == [[[1, 2, "a"]]]


def test_probabilities_are_printed_with_the_prediction(folder: Path, script: ScriptedServer) -> None:
    script.plan["/prediction"] = [Response(200, {"predictions": ["x"], "probabilities": [[0.9, 0.1]]})]

    result = predict(folder, *ROW, "--proba", url=script.url)

    assert result.stdout == '{"prediction": "x", "probabilities": [0.9, 0.1]}\n'


def test_reasons_are_printed_with_the_prediction(folder: Path, script: ScriptedServer) -> None:
    reasons = [{"column": "age", "value": 1, "reference": 2, "effect": 0.5}]
    script.plan["/prediction"] = [Response(200, {"predictions": ["x"], "reasons": [reasons]})]

    result = predict(folder, *ROW, "--reasons", "1", url=script.url)

    assert json.loads(result.stdout) == {"prediction": "x", "reasons": reasons}


def test_unknown_value_is_named_on_stderr(folder: Path, script: ScriptedServer) -> None:
    warnings = [{"row": 0, "column": "sex", "got": "Divers"}]
    script.plan["/prediction"] = [
        Response(200, {"predictions": ["x"], "warnings": warnings}, {"X-Unknown-Values": "1"})
    ]

    result = predict(folder, *ROW, url=script.url)

    assert (result.stdout, result.stderr) == ('"x"\n', 'column sex: "Divers" is unknown to the model\n')


@pytest.mark.parametrize(("expected", "exit_code"), [("x", 0), ("y", 1)])
def test_other_prediction_than_expected_fails(
    folder: Path, script: ScriptedServer, expected: str, exit_code: int
) -> None:
    result = predict(folder, *ROW, "--expect", expected, url=script.url)

    assert result.exit_code == exit_code
    assert ("expected y" in result.stderr) == bool(exit_code)


def test_example_is_a_row_of_the_schema(folder: Path, script: ScriptedServer) -> None:
    columns = [{"name": "age", "type": "number"}, {"name": "sex", "type": "category", "categories": ["f", "m"]}]
    script.plan["/schema"] = [Response(200, {"form": "frame", "columns": columns, "classes": None})]

    result = predict(folder, "--example", url=script.url)

    assert (result.exit_code, result.stdout) == (0, '"x"\n')
    ((age, sex),) = script.rows()[0]
    assert (type(age), sex in ("f", "m")) == (int, True)


def test_schema_of_another_server_fails_in_one_line(folder: Path, script: ScriptedServer) -> None:
    result = predict(folder, "--example", url=script.url)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"ml-census: {script.url}: /schema: ")
    assert result.stderr.count("\n") == 1
