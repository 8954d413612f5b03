"""The rules for imputers, scalers and encoders, applied to features of numbers and of categories."""

from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    LabelBinarizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from ml_census.engine.compiler.pipeline import step_rules
from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Feature,
    OpaqueFeature,
    UnsupportedModelError,
    input_features,
)
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.schema.column import Column
from ml_census.schema.schema import Schema

NUMBERS = np.array([[1.0], [3.0], [8.0]])
COLORS = np.array([["blue"], ["red"]], dtype=object)
RED_AND_BLUE = input_features(Schema((Column("color", "category", ("blue", "red")),), "frame"))


def dense(features: list[Feature]) -> list[list[float]]:
    """Return each feature's values for the first category (twice: nothing is missing), the second, and unknown ones."""
    return [feature.dense().tolist() for feature in features if isinstance(feature, CategoricalFeature)]


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        RobustScaler(),
        RobustScaler(with_centering=False, with_scaling=False),
        MaxAbsScaler(),
        MinMaxScaler((-1, 3)),
        MinMaxScaler(clip=True),
    ],
    ids=str,
)
def test_operations_of_a_scaler_are_its_arithmetic(scaler: Any) -> None:
    scaler.fit(NUMBERS)
    numbers = np.array([-7.0, 0.1, 2.5, 1e30])

    (feature,) = step_rules.scale(scaler, [NumericFeature(0)])

    assert isinstance(feature, NumericFeature)
    assert feature.values(numbers).tolist() == scaler.transform(numbers[:, np.newaxis])[:, 0].tolist()


def test_imputer_fills_numbers_and_adds_indicators() -> None:
    imputer = SimpleImputer(add_indicator=True).fit([[1.0], [np.nan], [3.0]])

    features = step_rules.impute(imputer, [NumericFeature(0)])

    assert features == [NumericFeature(0, (("fill", 2.0),)), NumericFeature(0, (("missing", 1.0),))]


def test_imputer_drops_columns_without_values() -> None:
    imputer = SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=False)
    imputer.fit([[1.0, np.nan], [2.0, np.nan]])

    features = step_rules.impute(imputer, [NumericFeature(0), NumericFeature(1)])

    assert [feature.column for feature in features] == [0]


@pytest.mark.parametrize("missing", [-1, -1.0])
def test_imputer_of_another_missing_number_is_not_compiled(missing: float) -> None:
    imputer = SimpleImputer(missing_values=missing).fit(NUMBERS)

    with pytest.raises(UnsupportedModelError, match="not NaN"):
        step_rules.impute(imputer, [NumericFeature(0)])


def test_ordinal_codes_are_those_of_the_encoder() -> None:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(COLORS)

    assert dense(step_rules.encode_ordinal(encoder, RED_AND_BLUE)) == [[0, 0, 1, -1, -1]]


def test_one_hot_features_are_one_for_each_category() -> None:
    encoder = OneHotEncoder(handle_unknown="ignore").fit(COLORS)

    assert dense(step_rules.encode_one_hot(encoder, RED_AND_BLUE)) == [[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]]


def test_label_binarizer_of_two_classes_makes_one_feature() -> None:
    binarizer = LabelBinarizer().fit(["blue", "red"])

    assert dense(step_rules.binarize_labels(binarizer, RED_AND_BLUE)) == [[0, 0, 1, 0, 0]]


@pytest.mark.parametrize(
    ("rule", "step", "feature", "reason"),
    [
        (step_rules.encode_one_hot, OneHotEncoder().fit(NUMBERS), NumericFeature(0), "not a category in the schema"),
        (step_rules.scale, StandardScaler().fit(NUMBERS), OpaqueFeature(0), "column 0 is neither a number"),
        (step_rules.scale, OrdinalEncoder().fit([[0.0]]), NumericFeature(0), "the schema calls a number"),
        (
            step_rules.encode_ordinal,
            OrdinalEncoder().fit([["blue"], ["green"], ["red"]]),
            RED_AND_BLUE[0],
            "does not list all categories of column 0",
        ),
        (step_rules.encode_ordinal, OrdinalEncoder().fit(COLORS), RED_AND_BLUE[0], "rejects a category of the schema"),
    ],
    ids=["one-hot of a number", "unknown type", "ordinal of a number", "unlisted category", "unknown refused"],
)
def test_feature_that_a_step_cannot_take_is_not_compiled(rule: Any, step: Any, feature: Feature, reason: str) -> None:
    with pytest.raises(UnsupportedModelError, match=reason):
        rule(step, [feature])
