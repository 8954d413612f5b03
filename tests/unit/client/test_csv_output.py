"""CSV output: the added columns, the lines and the report."""

from pathlib import Path

import pytest

from ml_census.client.csv_input import Row
from ml_census.client.csv_output import OnError, Output, Report
from support.csv_tables import open_table


@pytest.mark.parametrize(
    ("header", "on_error", "classes", "added"),
    [
        ("a,b", "stop", None, ["prediction"]),
        ("a,b", "mark", ["x", "y"], ["prediction", "probability x", "probability y", "error"]),
        ("a,prediction", "mark", None, ["prediction 2", "error"]),
        ("a,prediction,prediction 2,error", "mark", None, ["prediction 3", "error 2"]),
    ],
)
def test_added_columns_have_free_names(
    tmp_path: Path, header: str, on_error: OnError, classes: list[str] | None, added: list[str]
) -> None:
    table = open_table(tmp_path, f"{header}\n", ["a"])

    assert Output(table, on_error, classes).added == added


def test_reasons_follow_the_probabilities(tmp_path: Path) -> None:
    output = Output(open_table(tmp_path, "age\n5\n", ["age"]), "mark", ["x"], reasons=2)
    reasons = [{"column": "age", "value": 5, "reference": 7, "effect": -0.5}]

    assert output.added == ["prediction", "probability x", "reason_1", "effect_1", "reason_2", "effect_2", "error"]
    assert output.record(Row(2, ["5"]), "x", [0.25], "", reasons) == "5,x,0.25,age,-0.5,,,\n"
    assert output.record(Row(2, ["5"]), None, [], "no sex") == "5,,,,,,,no sex\n"


@pytest.mark.parametrize(
    ("on_error", "line"), [("stop", "5,,,\n"), ("mark", "5,,,,no sex\n"), ("skip", "")], ids=["stop", "mark", "skip"]
)
def test_row_without_prediction_is_marked_or_left_out(tmp_path: Path, on_error: OnError, line: str) -> None:
    table = open_table(tmp_path, "age,sex\n5\n", ["age", "sex"])

    assert Output(table, on_error, ["x"]).record(Row(2, ["5"]), None, [], "no sex") == line


def test_several_labels_are_written_as_json(tmp_path: Path) -> None:
    table = open_table(tmp_path, "age\n5\n", ["age"])

    assert Output(table, "stop").record(Row(2, ["5"]), ["ä", 1.5], [], "") == '5,"[""ä"", 1.5]"\n'


def test_probabilities_of_several_outputs_follow_each_other(tmp_path: Path) -> None:
    output = Output(open_table(tmp_path, "age\n5\n", ["age"]), "stop", ["0 a", "0 b", "1 a"])

    assert output.record(Row(2, ["5"]), "x", [[0.25, 0.75], [1.0]], "") == "5,x,0.25,0.75,1.0\n"


def test_report_names_the_first_rejected_row() -> None:
    report = Report()
    for line, problem in ((2, "column age: expected a number"), (3, ""), (4, "expected 2 values, got 1 value")):
        report.count_rejected(line, problem)

    assert report.sentences("skip") == [
        "2 rows are rejected and left out; the first: line 2, column age: expected a number"
    ]


def test_report_of_a_run_without_problems_is_empty() -> None:
    assert Report(rows=3).sentences("mark") == []
