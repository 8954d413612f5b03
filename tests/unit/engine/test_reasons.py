"""Reasons of a prediction: their number, and the row to compare with."""

from dataclasses import replace
from typing import Any

import pytest

from ml_census.engine.predictor import NoReasonsError
from ml_census.engine.reasons import reasons_of
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.schema import Columns, InvalidRowsError, TrainingDistribution
from support.compiled_files import LINEAR, TREES, columns_of, compiled

REFERENCE = [40, " Private", 9, " Male"]


def with_typical_row(name: str, row: list[Any]) -> CompiledPredictor:
    """Return a sample model with the typical values of a row; a typical value None is unknown."""
    model = compiled(name)
    changes = {index: {"training": TrainingDistribution((1.0,), typical=value)} for index, value in enumerate(row)}
    return replace(model, schema=model.schema.with_changes(changes))


def first_row(name: str) -> Columns:
    return columns_of(name, 1)


@pytest.mark.parametrize("name", [TREES, LINEAR])
def test_reference_of_the_caller_counts_more_than_the_typical_row(name: str) -> None:
    model = with_typical_row(name, [17, " ?", 1, " Female"])

    by_default = reasons_of(model, first_row(name), 4)
    by_caller = reasons_of(model, first_row(name), 4, REFERENCE)

    assert by_caller == reasons_of(with_typical_row(name, REFERENCE), first_row(name), 4)
    assert by_caller != by_default


def test_reason_has_both_values_and_the_effect() -> None:
    (reasons,) = reasons_of(compiled(LINEAR), [[30], [" ?"], [9], [" Male"]], 4, REFERENCE)

    assert all(list(reason) == ["column", "value", "reference", "effect"] for reason in reasons)
    assert {reason["column"]: (reason["value"], reason["reference"]) for reason in reasons} == {
        "age": (30, 40),
        "workclass": (" ?", " Private"),
    }


def test_count_limits_the_reasons_of_each_row() -> None:
    counts = [len(reasons) for reasons in reasons_of(compiled(LINEAR), columns_of(LINEAR, 20), 2, REFERENCE)]

    assert len(counts) == 20
    assert max(counts) == 2


@pytest.mark.parametrize("count", [-1, 0, 5])
def test_count_beyond_the_columns_is_an_error(count: int) -> None:
    with pytest.raises(NoReasonsError, match="reasons must be a whole number from 1 to 4, the number of columns"):
        reasons_of(compiled(TREES), first_row(TREES), count, REFERENCE)


@pytest.mark.parametrize("typical", [[None] * 4, [40, " Private", None, " Male"]])
def test_error_without_a_reference_says_how_to_give_one(typical: list[Any]) -> None:
    with pytest.raises(NoReasonsError, match='no typical row to compare with: add "reference", a row, to the request'):
        reasons_of(with_typical_row(TREES, typical), first_row(TREES), 1)


@pytest.mark.parametrize(
    ("reference", "details"),
    [
        ([40, " Private", "x", " Male"], [{"column": 2, "got": "x", "expected": "a number"}]),
        ([40], [{"got": "a list of 1 values", "expected": "a list of 4 values"}]),
    ],
)
def test_invalid_reference_has_no_row_in_the_details(reference: Any, details: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidRowsError, match="the reference does not fit the model's columns") as raised:
        reasons_of(compiled(TREES), first_row(TREES), 1, reference)

    assert raised.value.details == details


def test_reference_that_the_model_rejects_is_an_error() -> None:
    with pytest.raises(InvalidRowsError, match="the model cannot predict the reference") as raised:
        reasons_of(with_limit(1e6), first_row(TREES), 1, [1e9, " Private", 9, " Male"])

    assert raised.value.details == [{"expected": "values that the model can predict"}]


def with_limit(high: float) -> CompiledPredictor:
    """Return the sample of trees, which then rejects numbers above `high`, as models with a scaler do."""
    trees = compiled(TREES).scoring
    assert isinstance(trees, TreeEnsemble)
    encoders = [
        ThresholdEncoder(each.column, each.thresholds, each.low, high) if isinstance(each, ThresholdEncoder) else each
        for each in trees.encoders
    ]
    return replace(compiled(TREES), scoring=replace(trees, encoders=encoders))
