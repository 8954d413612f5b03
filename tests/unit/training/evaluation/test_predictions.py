"""Rows and classes of a data set as the server has them."""

import numpy as np
import pandas as pd
import pytest

from ml_census.training.evaluation.predictions import (
    class_codes,
    class_labels,
    json_values,
    predict_classes,
    take,
    validated_columns,
)
from support.evaluations import Case


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1.5, np.nan]), [1.5, None]),
        (pd.Series([True, False]), [True, False]),
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series(pd.to_datetime(["2026-11-28 15:00", "NaT"])), ["2026-11-28T15:00:00", None]),
        (pd.Series([np.int64(3), "x"], dtype=object), [3, "x"]),
    ],
)
def test_values_of_a_column_are_those_of_json(values: pd.Series, expected: list[object]) -> None:
    got = json_values(values)

    assert got == expected
    assert [type(value) for value in got] == [type(value) for value in expected]


def test_columns_are_validated_in_the_order_of_the_model(binary: Case) -> None:
    rows = binary.test[["size", "age", "noise", "town"]]

    columns = validated_columns(binary.predictor, rows)

    assert [list(values) for values in columns] == [rows[name].tolist() for name in ("size", "age", "noise")]


def test_code_of_an_unknown_class_is_minus_one() -> None:
    assert class_codes(["no", "yes"], ["yes", "no", "maybe", None]).tolist() == [1, 0, -1, -1]


@pytest.mark.parametrize("texts", [{0: "no", 1: "yes"}, {"0": "no", "1": "yes"}])
def test_label_is_found_by_class_or_text(texts: dict[object, str]) -> None:
    assert class_labels([0, 1], texts) == ["no", "yes"]


def test_label_without_texts_is_the_class() -> None:
    assert class_labels([0.5, "a"], None) == ["0.5", "a"]


def test_predicted_classes_are_those_of_the_model(binary: Case) -> None:
    columns = validated_columns(binary.predictor, binary.test[["size", "age", "noise"]])
    predictions = predict_classes(binary.predictor, columns, (binary.truth == "yes").astype(int), None)

    assert (predictions.predicted == (binary.predicted == "yes")).all()
    assert (predictions.wrong == (binary.predicted != binary.truth)).all()
    assert predictions.probabilities == pytest.approx(binary.shares)


def test_rows_are_taken_column_by_column() -> None:
    assert take([[1, 2, 3], ["a", "b", "c"]], [2, 0]) == [[3, 1], ["c", "a"]]
