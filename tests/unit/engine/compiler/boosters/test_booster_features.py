"""Features as XGBoost and LightGBM read them."""

from typing import Any

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

from ml_census.engine.compiler.boosters.booster_features import (
    encode_categories,
    mask_features,
    steps_of_sparse_input,
)
from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Mask,
    MaskedFeature,
    UnsupportedModelError,
    object_array,
)
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.schema import Column, Schema
from support.compile_data import LABELS, NUMBERS, tree

TWO = Schema((Column(0, "number"), Column(1, "number")), "numbers")


def steps_of_sparse_input_after(*steps: Any) -> list[str]:
    model = make_pipeline(*steps, tree()).fit(NUMBERS, LABELS)
    return [type(step).__name__ for step in steps_of_sparse_input([step for _, step in model.steps], TWO)]


def test_steps_that_get_a_sparse_matrix_are_found() -> None:
    one_hot = OneHotEncoder(handle_unknown="ignore")

    assert steps_of_sparse_input_after(StandardScaler()) == []
    assert steps_of_sparse_input_after(one_hot) == ["DecisionTreeClassifier"]
    assert steps_of_sparse_input_after(one_hot, MaxAbsScaler()) == ["MaxAbsScaler", "DecisionTreeClassifier"]
    assert steps_of_sparse_input_after(one_hot, SelectKBest(k=3)) == ["DecisionTreeClassifier"]


@pytest.mark.parametrize("step", [None, "passthrough"])
def test_step_that_changes_nothing_is_left_out(step: Any) -> None:
    assert steps_of_sparse_input_after(step) == []


def test_pipeline_that_rejects_all_examples_is_refused() -> None:
    model = make_pipeline(OneHotEncoder(), tree()).fit(NUMBERS + 1000, LABELS)

    with pytest.raises(UnsupportedModelError, match="reject the example rows"):
        steps_of_sparse_input([step for _, step in model.steps], TWO)


def test_categories_become_the_codes_of_the_model() -> None:
    feature = CategoricalFeature(0, object_array([None, "b", "a", "unknown", "other"]))

    (encoded,) = encode_categories([feature], {0: ["a", "b"]})

    np.testing.assert_array_equal(encoded.dense(), [np.nan, 1, 0, np.nan, np.nan])  # type: ignore[union-attr]


def test_codes_of_a_column_of_type_number_are_rejected() -> None:
    with pytest.raises(UnsupportedModelError, match="does not list the categories of column 0"):
        encode_categories([NumericFeature(0)], {0: [1, 2]})


def test_values_in_the_range_of_a_mask_are_missing() -> None:
    dense = CategoricalFeature(0, np.array([0.0, 1.0, 2.0]))
    one_hot = CategoricalFeature(1, np.array([0.0, 1.0]), (np.array([1]), np.array([1])), 3)

    first, second = mask_features([dense, one_hot], dict.fromkeys(range(2), Mask(0.0, 0.0)))

    np.testing.assert_array_equal(first.dense(), [np.nan, 1, 2])  # type: ignore[union-attr]
    np.testing.assert_array_equal(second.dense(), [np.nan, 1, np.nan])  # type: ignore[union-attr]


def test_mask_of_a_number_keeps_its_operations() -> None:
    (feature,) = mask_features([NumericFeature(0, (("multiply", 2.0),))], {0: Mask(zero=1.0)})

    assert isinstance(feature, MaskedFeature)
    assert feature.values(np.array([0.25, 0.75])).tolist() == [0.0, 1.5]
