"""The naive Bayes models of scikit-learn, and QuadraticDiscriminantAnalysis.

The score of a class is the logarithm of the probability of the class and the row.
"""

from typing import Any

import numpy as np
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.preprocessing import Binarizer

from ml_census.engine.compiler.linear.linear_compiler import compile_features, compile_scores
from ml_census.engine.compiler.pipeline.category_values import values_by_code
from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Feature,
    UnsupportedColumnError,
    known_categories,
)
from ml_census.engine.compiler.pipeline.pipeline_tracer import apply_step
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import CategoryEncoder, ThresholdEncoder
from ml_census.engine.runtime.linear.layered_model import LayeredModel
from ml_census.engine.runtime.linear.layers import IndependentNormals, RotatedNormals
from ml_census.engine.runtime.linear.linear_model import FoldedTable, LinearModel, NumericFeature
from ml_census.schema import Schema

LINK = "log_likelihood"


def compile_counts(
    model: MultinomialNB | ComplementNB, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted MultinomialNB or ComplementNB.

    `features` are the input columns of the model, after the steps of the pipeline. All
    functions of this module raise UnsupportedModelError if a feature is not numeric,
    differs between unknown categories, or comes from a column that is neither a number
    nor a category.
    """
    base = model.class_log_prior_ if isinstance(model, MultinomialNB) else np.zeros(len(model.classes_))
    return CompiledPredictor(schema, compile_scores(schema, features, model.feature_log_prob_, base), classes, LINK)


def compile_bernoulli(
    model: BernoulliNB, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted BernoulliNB. Raises UnsupportedModelError as compile_counts() does."""
    if model.binarize is not None:
        features = apply_step(Binarizer(threshold=model.binarize), features)
    absent = np.log(1 - np.exp(model.feature_log_prob_))
    base = model.class_log_prior_ + absent.sum(axis=1)
    scoring = compile_scores(schema, features, model.feature_log_prob_ - absent, base)
    return CompiledPredictor(schema, scoring, classes, LINK)


def compile_categorical(
    model: CategoricalNB, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted CategoricalNB: a table for each feature.

    Raises UnsupportedModelError as compile_counts() does, and if the model rejects a
    category, or if a number is scaled before the model.
    """
    pairs = zip(features, model.feature_log_prob_, strict=True)
    tables = [_table(schema, feature, log_probabilities.T) for feature, log_probabilities in pairs]
    count = len(model.classes_)
    scoring = LinearModel([], [], np.zeros((count, 0)), model.class_log_prior_.astype(np.float64), tables)
    return CompiledPredictor(schema, scoring, classes, LINK)


def _table(schema: Schema, feature: Feature, by_value: np.ndarray) -> FoldedTable:
    """Return the table of one feature. `by_value` has a row for each value of the feature, a whole number from 0."""
    if isinstance(feature, CategoricalFeature):
        encoder = CategoryEncoder(feature.column, known_categories(schema.columns[feature.column]))
        values = values_by_code(feature, np.float64)
        if not ((values > -1) & (values < len(by_value))).all():
            raise UnsupportedColumnError("CategoricalNB rejects a category of column {}", feature.column)
        return FoldedTable(encoder, np.ascontiguousarray(by_value[values.astype(int)], dtype=np.float64))
    if not isinstance(feature, NumericFeature) or feature.operations:
        reason = "no rule for a CategoricalNB of column {}, which is no whole number"
        raise UnsupportedColumnError(reason, feature.column)
    return _table_of_numbers(feature.column, by_value)


def _table_of_numbers(column: int, by_value: np.ndarray) -> FoldedTable:
    limits = np.nextafter(np.arange(1.0, len(by_value)), 0)  # fractions are cut: the value 0 ends below 1
    low, high = float(np.nextafter(-1, 0)), float(np.nextafter(len(by_value), 0))
    missing = np.full((1, by_value.shape[1]), np.nan)  # the model rejects missing numbers
    return FoldedTable(ThresholdEncoder(column, limits, low, high), np.concatenate([missing, by_value]))


def compile_gaussian(
    model: GaussianNB, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted GaussianNB.

    Raises UnsupportedModelError as compile_counts() does, and for a column of many
    categories after a one-hot encoder.
    """
    constants = np.array([-0.5 * np.sum(np.log(2.0 * np.pi * variances)) for variances in model.var_])
    layer = IndependentNormals(*map(_float64, (model.theta_, model.var_, constants, np.log(model.class_prior_))))
    return CompiledPredictor(schema, LayeredModel(compile_features(schema, features), [layer]), classes, LINK)


def compile_quadratic(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted QuadraticDiscriminantAnalysis. Raises as compile_gaussian() does."""
    pairs = list(zip(model.rotations_, model.scalings_, strict=True))
    width = max(len(scaling) for _, scaling in pairs)
    spreads = np.zeros((len(pairs), width, len(features)))
    for spread, (rotation, scaling) in zip(spreads, pairs, strict=True):
        spread[: len(scaling)] = (rotation * scaling**-0.5).T
    constants = np.array([-0.5 * np.sum(np.log(scaling)) for _, scaling in pairs])
    layer = RotatedNormals(*map(_float64, (model.means_, spreads, constants, np.log(model.priors_))))
    return CompiledPredictor(schema, LayeredModel(compile_features(schema, features), [layer]), classes, "softmax")


def _float64(values: Any) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float64)
