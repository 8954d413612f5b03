"""Examples of a schema, and what is reported where a model rejects rows."""

from typing import Any

import numpy as np
import pytest

from ml_census.engine.predictor import (
    NoReasonsError,
    PredictionError,
    describe_failure,
    effects_of,
    predict_example,
    redacted_reason,
)
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.schema import Column, Schema
from support.compiled_files import TREES, columns_of, compiled

SCHEMA = Schema((Column("a", "text"),), "frame")


class Rejecting:
    """Rejects each row with an exception."""

    def predict(self, rows: Any) -> list[Any]:
        raise ValueError("no such rows")

    def get_params(self) -> dict[str, Any]:
        return {}


def test_example_that_the_model_rejects_is_an_error() -> None:
    with pytest.raises(PredictionError) as raised:
        predict_example(SklearnPredictor(Rejecting(), SCHEMA))

    assert describe_failure(raised.value) == "cannot predict: ValueError: no such rows (in Rejecting)"


def test_failure_without_a_cause_is_described_shortly() -> None:
    assert describe_failure(PredictionError(0)) == "cannot predict"


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("could not convert string to float: 'abc'", [], "could not convert string to float: …"),
        ("parsing garbage at 12", ["garbage", 3, None], "parsing … at …"),
        ('cannot use "a b" in\nthis place', [], "cannot use … in this place"),
        ("x" * 2000, [], "x" * 1000),
    ],
    ids=["quotation", "word of the row and number", "several lines", "long"],
)
def test_redacted_reason_has_no_value_of_a_row(text: str, row: list[Any], expected: str) -> None:
    assert redacted_reason(ValueError(text), row) == f"ValueError: {expected}"


def test_effects_are_those_of_the_compiled_model() -> None:
    columns = columns_of(TREES, 2)
    reference = [values[:1] for values in columns]

    effects = effects_of(compiled(TREES), columns, reference)

    assert np.array_equal(effects, compiled(TREES).effects(columns, reference))


def test_sklearn_model_has_no_reasons() -> None:
    with pytest.raises(NoReasonsError, match="this model has no reasons: it is not compiled"):
        effects_of(SklearnPredictor(Rejecting(), SCHEMA), [["a"]], [["a"]])
