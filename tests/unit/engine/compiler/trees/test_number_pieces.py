"""Crossings of features that fall, are missing or have steps are exact to the last bit."""

import numpy as np
import pytest

from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.trees.number_pieces import (
    crossings,
    exact_values,
    is_accepted,
    only_rises,
    piece_ends,
    rounded_values,
)
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.linear.number_operations import Operation


def feature(*operations: Operation) -> NumericFeature:
    return NumericFeature(0, operations)


def crossed(number: NumericFeature, *thresholds: float) -> list[float]:
    return crossings(rounded_values(number, np.float64), np.array(thresholds), piece_ends(number)).tolist()


@pytest.mark.parametrize(
    ("operations", "rises"),
    [
        ([("subtract", 1.0), ("divide", 2.0)], True),
        ([("multiply", -1.0)], False),
        ([("absolute",)], False),
        ([("power", 3.0)], True),
        ([("power", 2.0)], False),
        ([("log1p",)], False),
    ],
    ids=str,
)
def test_feature_of_several_pieces_does_not_only_rise(operations: list[Operation], rises: bool) -> None:
    assert only_rises(feature(*operations)) == rises


def test_spline_before_trees_is_not_compiled() -> None:
    with pytest.raises(UnsupportedModelError, match="no rule for trees after a SplineTransformer"):
        only_rises(feature(("spline", 1.0, 0.0, 1.0, 0.0, 2.0, 0.0)))


def test_pieces_are_those_of_the_raw_number() -> None:
    shifted = feature(("subtract", 3.0), ("absolute",))

    assert piece_ends(shifted).tolist() == [3.0]


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([("absolute",)], [np.nextafter(-2, -3), 2.0]),
        ([("multiply", -1.0)], [np.nextafter(-2, -3)]),
        ([("between", 1.0, 5.0), ("multiply", 9.0)], [np.nextafter(1, 0), np.nextafter(5, 0)]),
        ([("absolute",), ("subtract", 5.0), ("absolute",)], [-7.0, np.nextafter(-3, -4), 3.0, np.nextafter(7, 0)]),
    ],
    ids=["absolute", "falls", "step", "twice"],
)
def test_crossings_are_exact(operations: list[Operation], expected: list[float]) -> None:
    """A feature is at most 2 up to one crossing, and above 2 up to the next, or the other way round."""
    found = crossed(feature(*operations), 2.0)
    values = exact_values(feature(*operations))
    sides = values(np.array(found)) > 2, values(np.nextafter(found, np.inf)) > 2

    assert found == pytest.approx(expected, abs=1e-12)
    assert (sides[0] != sides[1]).all()


def test_number_without_a_value_is_a_crossing() -> None:
    assert crossed(feature(("log1p",)), 100.0) == [np.nextafter(-1, -2)]


@pytest.mark.parametrize(("accepts_missing", "accepted"), [(True, [True, False, True]), (False, [False, False, True])])
def test_infinite_and_missing_features_are_rejected(accepts_missing: bool, accepted: list[bool]) -> None:
    accepts = is_accepted(feature(("log",)), accepts_missing)

    assert accepts(np.array([-1.0, 0.0, 1.0])).tolist() == accepted
