"""The target of each row is a class of the model or a number."""

from typing import Any

import pandas as pd
import pytest

from ml_census.errors import ArtifactError
from ml_census.training.data.tables import Table
from ml_census.training.data.targets import read_target


def target(values: Any, classes: list[Any] | None, labels: dict[Any, str] | None = None) -> list[Any]:
    return read_target(Table(pd.DataFrame({"y": values}), "y", "DataFrame", ""), "y", classes, labels).tolist()


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([0, 1], [0, 1]),
        (["0", "1"], [0, 1]),
        ([0.0, 1.0], [0, 1]),
        ([False, True], [0, 1]),
        ([0, 1], [False, True]),
        (["false", "true"], [False, True]),
        ([0, 1], ["0", "1"]),
        (["no", "yes "], ["no", "yes"]),
    ],
)
def test_spellings_of_a_class_are_found(values: list[Any], classes: list[Any]) -> None:
    assert target(values, classes) == classes


def test_text_of_a_class_is_found() -> None:
    assert target(["poor", "rich"], [0, 1], {0: "poor", 1: "rich"}) == [0, 1]


def test_missing_class_is_none() -> None:
    assert target(["a", None], ["a", "b"]) == ["a", None]


def test_numbers_of_a_regressor_are_floats() -> None:
    assert target(["1", "2.5"], None) == [1.0, 2.5]


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        (["no", "yes"], "row 2: y is 'maybe', expected a class of the model: no, yes"),
        (None, "row 1: y is 'no', expected a number"),
    ],
)
def test_other_target_is_rejected(classes: list[Any] | None, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        target(["no", "maybe"], classes)
