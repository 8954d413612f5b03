"""Linear models accept only weights, tables and operations that are consistent."""

import numpy as np
import pytest

from ml_census.engine.runtime.encoders import CategoryEncoder
from ml_census.engine.runtime.linear.linear_model import FoldedTable, LinearModel, NumericFeature
from ml_census.schema import NAN
from support.compiled_files import (
    LINEAR,
    Arrays,
    Change,
    Document,
    array,
    assert_rejected,
    item,
    setting,
    without_array,
    without_setting,
)


def booleans_as_features(document: Document, arrays: Arrays) -> None:
    table = document["tables"][0]
    table["features"] = [False, True, *table["features"][2:]]


def operations(value: object) -> Change:
    return setting("numbers", 0, "operations", value=value)


INVALID: dict[str, Change] = {
    "weights of text": array("weights", lambda weights: weights.astype(str)),
    "weights of complex numbers": array("weights", lambda weights: weights.astype(complex)),
    "weights of three axes": array("weights", lambda weights: weights[np.newaxis]),
    "weights without an axis": array("weights", lambda weights: weights[0, 0]),
    "a weight too few": array("weights", lambda weights: weights[:, 1:]),
    "weights of one more score": array("weights", lambda weights: np.vstack([weights, weights])),
    "pickled weights": array("weights", lambda weights: weights.astype(object)),
    "a base of three": array("base", lambda base: np.zeros(3)),
    "an empty base": array("base", lambda base: base[:0]),
    "a base of text": array("base", lambda base: base.astype(str)),
    "a base of two axes": array("base", lambda base: base[np.newaxis, np.newaxis]),
    "a table too short": array("table0", lambda table: table[1:]),
    "a table of text": array("table0", lambda table: table.astype(str)),
    "a table of complex numbers": array("table0", lambda table: table.astype(complex)),
    "no table": without_array("table0"),
    "features as fractions": setting("tables", 0, "features", value=[0.0, 1.0, 2.0, 3.0]),
    "features as truth values": booleans_as_features,
    "features as text": setting("tables", 0, "features", value="0123"),
    "a feature of null": setting("numbers", 0, "feature", value=None),
    "a column as text": setting("tables", 0, "column", value="workclass"),
    "a column as a fraction": setting("tables", 0, "column", value=1.0),
    "a number's column as text": setting("numbers", 0, "column", value="0"),
    "a category as a number": setting("numbers", 0, "column", value=1),
    "a table of a number": setting("tables", 0, "column", value=0),
    "an operation that is not known": operations([["eval", 2.0]]),
    "an empty operation": operations([[]]),
    "an operation with too few numbers": operations([["clip", 1.0]]),
    "an operation with too many numbers": operations([["add", 1.0, 2.0, 3.0]]),
    "an operation with text": operations([["add", "1"]]),
    "an operation with null": operations([["add", None]]),
    "an operation with a list": operations([["add", [1.0, 2.0]]]),
    "a function with an operand": operations([["log1p", 1.0]]),
    "bins without an edge": operations([["bins"]]),
    "an operand of NaN": operations([["fill", float("nan")]]),
    "an infinite divisor": operations([["divide", float("inf")]]),
    "an infinite power": operations([["yeo-johnson", float("-inf")]]),
    "bins with NaN": operations([["bins", 0.0, float("nan")]]),
    "bins with an infinite edge": operations([["bins", 0.0, float("inf")]]),
    "bins in descending order": operations([["bins", 1.0, 0.0]]),
    "quantiles in descending order": operations([["quantile", 1.0, 0.0]]),
    "weights with NaN": item("weights", (0, 0), np.nan),
    "an infinite weight": item("weights", (0, 0), np.inf),
    "a base with NaN": item("base", 0, np.nan),
    "a base of minus infinity": item("base", 0, -np.inf),
    "a power of a fraction": operations([["power", 0.5]]),
    "a spline without pieces": operations([["spline", 1.0, 0.0, 1.0]]),
    "a spline with too few numbers": operations([["spline", 1.0, 0.0, 1.0, 2.0, 3.0]]),
    "a spline of a negative degree": operations([["spline", -2.0, 0.0, 1.0, 2.0, 3.0]]),
    "a power that takes long": operations([["power", 1e9]]),
    "operations as text": operations("add"),
    "an operation as text": operations(["add"]),
    "no tables": without_setting("tables"),
    "numbers as an object": setting("numbers", value={"feature": 1}),
}


@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID.keys())
def test_invalid_linear_model_is_rejected_when_it_is_read(change: Change) -> None:
    assert_rejected(LINEAR, change)


def test_operations_are_applied_in_their_order() -> None:
    feature = NumericFeature(0, (("fill", 4.0), ("subtract", 1.0), ("divide", 2.0), ("clip", 0.0, 1.0)))

    assert feature.values(np.array([2.0, np.nan, -9.0])).tolist() == [0.5, 1.0, 0.0]


def test_features_of_a_linear_model_add_up_for_their_column() -> None:
    model = LinearModel(
        tables=[],
        numbers=[(0, NumericFeature(0, (("fill", 5.0),))), (1, NumericFeature(0, (("missing", 1.0),)))],
        weights=np.array([[2.0, 10.0], [3.0, 20.0]]),
        base=np.zeros(2),
        folded=[FoldedTable(CategoryEncoder(1, ["a", "b"]), np.array([[0.0, 0.0], [1, 4], [2, 8], [0, 0]]))],
    )

    effects = model.effects([[NAN, 3.0], ["a", "c"]], [[1.0], ["b"]], np.array([0, 1], dtype=np.uint32))

    assert effects.tolist() == [[2.0 * (5 - 1) + 10, 1.0 - 2], [3.0 * (3 - 1), 0.0 - 8]]
