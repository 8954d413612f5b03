"""Compile features and the weights of a linear model to a LinearModel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from ml_census.engine.compiler.pipeline.category_values import exceptional_codes, values_by_code
from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Feature,
    UnsupportedColumnError,
    known_categories,
)
from ml_census.engine.runtime.encoders import CategoryEncoder
from ml_census.engine.runtime.linear.linear_model import (
    CategoryTable,
    FeatureMatrix,
    FoldedTable,
    LinearModel,
    NumericFeature,
)
from ml_census.schema import Schema

MAX_TABLE_FEATURES = 1000
"""Maximum number of features of a category column in a CategoryTable (default 1000).

A column with more features becomes a FoldedTable. For n one-hot encoded categories, a
CategoryTable has n * n numbers: 8 MB for 1,000 categories, and 80 GB for 100,000. A
FoldedTable has n numbers for each score: 0.8 MB for 100,000.
"""


def compile_scores(schema: Schema, features: Sequence[Feature], weights: np.ndarray, base: np.ndarray) -> LinearModel:
    """Return the LinearModel with the scores `features @ weights.T + base`.

    `features` are the input columns of the model, after the steps of the pipeline.
    `weights` is float64 (scores, features) or (features,), and `base` is float64
    (scores,). Raises UnsupportedModelError if a feature is not numeric, differs between
    unknown categories, or comes from a column that is neither a number nor a category.
    """
    return _LinearCompiler(schema, features, weights).compile(base)


def compile_features(schema: Schema, features: Sequence[Feature]) -> FeatureMatrix:
    """Return the FeatureMatrix of the features, for a model that does not multiply them by weights.

    Raises UnsupportedModelError as compile_scores() does, and for a column with more
    than MAX_TABLE_FEATURES features.
    """
    model = compile_scores(schema, features, np.zeros((0, len(features))), np.zeros(0))
    for folded in model.folded:
        raise UnsupportedColumnError(f"column {{}} has more than {MAX_TABLE_FEATURES} features", folded.encoder.column)
    return FeatureMatrix(model.tables, model.numbers)


@dataclass(frozen=True)
class _LinearCompiler:
    schema: Schema
    features: Sequence[Feature]
    weights: np.ndarray
    """float64 (scores, features) or (features,)."""

    def compile(self, base: np.ndarray) -> LinearModel:
        by_column = self._category_features()
        folded = [column for column, indices in by_column.items() if len(indices) > MAX_TABLE_FEATURES]
        removed = {index for column in folded for index in by_column[column]}
        kept = [index for index in range(len(self.features)) if index not in removed]
        position = {index: new for new, index in enumerate(kept)}
        return LinearModel(
            [self._table(column, indices, position) for column, indices in by_column.items() if column not in folded],
            [(position[index], number) for index, number in self._numbers()],
            np.ascontiguousarray(self.weights[..., kept]) if removed else self.weights,
            base,
            [self._folded_table(column, by_column[column]) for column in folded],
        )

    def _category_features(self) -> dict[int, list[int]]:
        """Return column -> the positions of its features, for each category column."""
        by_column: dict[int, list[int]] = {}
        for index, feature in enumerate(self.features):
            if isinstance(feature, CategoricalFeature):
                by_column.setdefault(feature.column, []).append(index)
            elif not isinstance(feature, NumericFeature):
                raise feature.error()
        return by_column

    def _numbers(self) -> list[tuple[int, NumericFeature]]:
        return [(index, feature) for index, feature in enumerate(self.features) if isinstance(feature, NumericFeature)]

    def _encoder(self, column: int) -> CategoryEncoder:
        return CategoryEncoder(column, known_categories(self.schema.columns[column]))

    def _table(self, column: int, indices: list[int], position: dict[int, int]) -> CategoryTable:
        values = [values_by_code(self._category_feature(index), np.float64) for index in indices]
        table = np.ascontiguousarray(np.column_stack(values))
        return CategoryTable(self._encoder(column), [position[index] for index in indices], table)

    def _folded_table(self, column: int, indices: list[int]) -> FoldedTable:
        encoder = self._encoder(column)
        usual = np.zeros(len(np.atleast_2d(self.weights)))
        contributions = np.zeros((encoder.count, len(usual)))
        for index in indices:
            weight = self.weights[..., index].reshape(-1)
            exceptional = exceptional_codes(self._category_feature(index), np.float64)
            usual += exceptional.usual * weight
            contributions[exceptional.codes] += np.outer(exceptional.values - exceptional.usual, weight)
        return FoldedTable(encoder, contributions + usual)

    def _category_feature(self, index: int) -> CategoricalFeature:
        return cast(CategoricalFeature, self.features[index])
