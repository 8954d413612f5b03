"""Thresholds on raw numbers are exact: forests predict the same at each threshold and directly beside it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.trees.numeric_tests import raw_threshold_for
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.schema import MAX_FLOAT32, Column, Schema
from support.comparison import assert_same_predictions

STEPS = [(), (StandardScaler(),), (SimpleImputer(), MinMaxScaler((-3, 5))), (RobustScaler(),)]


def test_raw_threshold_is_the_largest_number_that_goes_left() -> None:
    doubled = NumericFeature(0, (("multiply", 2.0),))

    assert raw_threshold_for(doubled, np.array([3.0, -1.0]), np.float64).tolist() == [1.5, -0.5]


def test_raw_threshold_includes_numbers_that_float32_rounds_down() -> None:
    (limit,) = raw_threshold_for(NumericFeature(0), np.array([1.0]), np.float32)

    assert limit > 1.0
    assert np.float32(limit) == 1.0
    assert np.float32(np.nextafter(limit, 2)) > 1.0


@st.composite
def forests(draw: st.DrawFn) -> tuple[SklearnPredictor, list[list[float]]]:
    """A small forest on columns of numbers, with and without steps before it, and its training rows."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    width, scale = draw(st.integers(1, 4)), 10.0 ** draw(st.integers(-3, 6))
    inputs = random.normal(size=(60, width)) * scale
    if scale > 1 and draw(st.booleans()):
        inputs = np.round(inputs)
    has_missing = draw(st.booleans())
    if has_missing:
        inputs[random.random(inputs.shape) < 0.1] = np.nan
    labels = random.integers(0, draw(st.integers(2, 4)), 60)
    labels[:2] = 0, 1
    estimator = draw(st.sampled_from([RandomForestClassifier, ExtraTreesClassifier]))
    steps = draw(st.sampled_from(STEPS))
    forest = estimator(draw(st.integers(1, 11)), random_state=0, max_depth=draw(st.integers(1, 8)))
    model = make_pipeline(*steps, forest).fit(inputs, labels)
    assume(any(fitted.tree_.node_count > 1 for fitted in forest.estimators_))
    schema = Schema(tuple(Column(index, "number", nullable=has_missing) for index in range(width)), "numbers")
    return SklearnPredictor(model, schema), inputs.tolist()


def beside(threshold: float) -> list[float]:
    """Return the threshold and its neighbours as float32 and float64."""
    single = np.float32(threshold)
    numbers: list[Any] = [threshold, single]
    numbers += [np.nextafter(single, np.float32(end)) for end in (-np.inf, np.inf)]
    numbers += [np.nextafter(threshold, end) for end in (-np.inf, np.inf)]
    return [float(number) for number in numbers]


@pytest.mark.slow
@given(forests(), st.randoms(use_true_random=False))
@settings(max_examples=15, derandomize=True, deadline=None, database=None)
def test_forest_predicts_the_same_beside_its_thresholds(made: Any, random: Any) -> None:
    """In requests of several sizes: the kernel works on 8 rows at a time, and keeps the GIL for less than 64."""
    original, rows = made
    compiled = compile_model(original.model, original.schema)
    assert isinstance(compiled.scoring, TreeEnsemble)
    for encoder in compiled.scoring.encoders:
        assert isinstance(encoder, ThresholdEncoder)
        for threshold in encoder.thresholds[np.abs(encoder.thresholds) < MAX_FLOAT32 / 2][:20]:
            for number in beside(threshold):
                row = list(random.choice(rows))
                row[encoder.column] = number
                rows.append(row)
    columns = list(zip(*rows, strict=True))

    assert_same_predictions(compiled, original, columns)
    for count in (1, 2, 7, 8, 9, 63, 64):
        start = random.randrange(len(rows) - count)
        assert_same_predictions(compiled, original, [values[start : start + count] for values in columns])
