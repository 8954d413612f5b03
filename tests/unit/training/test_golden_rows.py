"""Golden rows are spread over the classes, or over the order of the target."""

from typing import Any

import pandas as pd

from ml_census.training.data.labelled_rows import LabelledRows
from ml_census.training.golden_rows import MAX_ROW_BYTES, ROWS, choose_golden_rows


def choose(values: list[Any], target: list[Any], classes: list[Any] | None) -> list[Any]:
    rows = LabelledRows(pd.DataFrame({"x": values, "region": ["n"] * len(values)}), pd.Series(target))
    return [row[0] for row in choose_golden_rows(rows, 1, classes)]


def test_each_class_has_its_first_rows() -> None:
    assert choose(list(range(100)), ["b", "a"] * 50, ["a", "b"]) == [*range(1, 20, 2), *range(0, 20, 2)]


def test_many_classes_have_one_row_each() -> None:
    assert choose(list(range(100)), list(range(50)) * 2, list(range(50))) == list(range(ROWS))


def test_targets_of_a_regressor_have_equal_distances() -> None:
    values = list(range(39))

    assert choose(values, [-value for value in values], None) == list(range(38, -1, -2))


def test_few_rows_are_all_golden() -> None:
    assert choose([3, 1, 2], [3.5, 1.5, 2.5], None) == [1, 2, 3]


def test_long_rows_are_left_out() -> None:
    texts = ["x" * MAX_ROW_BYTES, "short", "x" * MAX_ROW_BYTES, "brief"]

    assert choose(texts, [0, 0, 1, 1], [0, 1]) == ["short", "brief"]


def test_missing_value_is_none() -> None:
    assert choose([float("nan"), 2.5], [0, 1], [0, 1]) == [None, 2.5]
