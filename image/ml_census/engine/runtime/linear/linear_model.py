"""Linear models, and the features that a pipeline computes for such a model from the columns of the schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml_census.engine.predictor import PredictionError
from ml_census.engine.runtime.encoders import CategoryEncoder, Encoder
from ml_census.engine.runtime.finite import require_finite, require_logarithms
from ml_census.engine.runtime.linear.number_operations import (
    OPERATIONS,
    Function,
    Operation,
    apply_operations,
    is_operation,
)
from ml_census.schema import Columns

NOT_FINITE = "a feature is no finite number"


@dataclass(frozen=True)
class NumericFeature:
    """A feature that arithmetic operations compute from one number column.

    `column` is the position of the column in the schema. `operations` are those of the
    scalers and imputers before the model, in their order. Raises ValueError for an
    unknown operation.
    """

    column: int
    operations: tuple[Operation, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown operation."""
        if not all(map(is_operation, self.operations)):
            raise ValueError("an operation is unknown, or has invalid operands")

    def values(self, numbers: np.ndarray, functions: Mapping[str, Function] = OPERATIONS) -> np.ndarray:
        """Apply the operations to numbers of the column: float64 (rows,) to float64 (rows,).

        `functions` has the function of each operation. The results have the same
        rounding as those of scikit-learn.
        """
        return apply_operations(self.operations, numbers, functions)


@dataclass(frozen=True)
class CategoryTable:
    """The features of one category column, as a table: a row of feature values for each code of the encoder."""

    encoder: CategoryEncoder
    features: Sequence[int]
    """The positions of these features among all features of the model."""
    values: np.ndarray
    """float64 (codes, features)."""


@dataclass(frozen=True)
class FoldedTable:
    """The contribution of one column to the scores: for each code, the sum of weight times feature value.

    A category column of many categories is stored in this form. After a one-hot encoder, n
    categories make n features: a CategoryTable has n * n numbers, and a FoldedTable has
    n numbers for each score.
    """

    encoder: Encoder
    contributions: np.ndarray
    """float64 (codes, scores)."""


@dataclass(frozen=True)
class FeatureMatrix:
    """The features that a model computes with. Each feature of a row is also a score of the row.

    Raises ValueError if the fields are inconsistent.
    """

    tables: Sequence[CategoryTable]
    """The features of category columns."""
    numbers: Sequence[tuple[int, NumericFeature]]
    """The features of number columns, each with its position among all features of the
    model."""

    exact = False
    """Scores may differ from those of scikit-learn in the last bits.

    scikit-learn adds the products of sparse features in another order.
    """

    def __post_init__(self) -> None:
        """Raise ValueError if the fields are inconsistent."""
        if not self._has_valid_features():
            raise ValueError("tables and positions of features do not match each other")

    def _has_valid_features(self) -> bool:
        positions = [position for table in self.tables for position in table.features]
        positions += [index for index, _ in self.numbers]
        return (
            all(type(position) is int for position in positions)
            and sorted(positions) == list(range(len(positions)))
            and all(table.values.dtype == np.float64 for table in self.tables)
            and all(table.values.shape == (table.encoder.count, len(table.features)) for table in self.tables)
        )

    @property
    def feature_count(self) -> int:
        """The number of features."""
        return sum(len(table.features) for table in self.tables) + len(self.numbers)

    @property
    def score_count(self) -> int:
        """The number of scores of each row."""
        return self.feature_count

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """Position in the schema and required type ("number" or "category") of each column that the model reads."""
        tables = [(table.encoder.column, table.encoder.column_type) for table in self.tables]
        return tables + [(feature.column, "number") for _, feature in self.numbers]

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the features of rows: float64 (rows, features). Raises PredictionError as features() does."""
        return self.features(columns)

    def features(self, columns: Columns) -> np.ndarray:
        """Return the features of rows: float64 (rows, features).

        Raises PredictionError for a row with an infinite or missing feature.
        """
        features = np.empty((len(columns[0]), self.feature_count))
        for table in self.tables:
            features[:, table.features] = table.values[table.encoder.encode(columns[table.encoder.column])]
        for index, feature in self.numbers:
            features[:, index] = feature.values(np.array(columns[feature.column], dtype=np.float64))
        if not (is_finite := np.isfinite(features).all(axis=1)).all():
            raise PredictionError(int(is_finite.argmin())) from ValueError(NOT_FINITE)
        return features


@dataclass(frozen=True)
class LinearModel(FeatureMatrix):
    """Linear model with the scores `features @ weights.T + base`, plus the contributions of the folded tables.

    Raises ValueError if the fields are inconsistent.
    """

    weights: np.ndarray
    """float64 (scores, features), or (features,) as scikit-learn stores the weights of
    one output."""
    base: np.ndarray
    """The intercepts: float64 (scores,)."""
    folded: Sequence[FoldedTable] = ()
    """The columns that have no features in `weights`, because their contributions are
    already summed."""

    def __post_init__(self) -> None:
        """Raise ValueError if the fields are inconsistent."""
        arrays = self.weights, self.base, *(folded.contributions for folded in self.folded)
        if not (
            self._has_valid_features()
            and all(array.dtype == np.float64 for array in arrays)
            and self._has_valid_shapes()
        ):
            raise ValueError("weights and features do not match each other")
        self._require_numbers()

    def _require_numbers(self) -> None:
        """Raise NotFiniteError for NaN or an infinite number. A probability of 0 has the logarithm minus infinity.

        A model that rejects missing values can have NaN for them in a folded table.
        """
        require_finite("weights", self.weights)
        (require_logarithms if self.score_count > 1 else require_finite)("base", self.base)
        for table in self.folded:
            require_logarithms("a folded table", table.contributions[1:])

    def _has_valid_shapes(self) -> bool:
        return (
            self.weights.ndim in (1, 2)
            and self.weights.shape[-1] == self.feature_count
            and self.base.shape == (self.score_count,)
            and all(table.contributions.shape == (table.encoder.count, self.score_count) for table in self.folded)
        )

    @property
    def score_count(self) -> int:
        """The number of scores of each row."""
        return self.weights.shape[0] if self.weights.ndim == 2 else 1

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """Position in the schema and required type ("number" or "category") of each column that the model reads."""
        encoders = [folded.encoder for folded in self.folded]
        return super().inputs + [(encoder.column, encoder.column_type) for encoder in encoders]

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the scores of rows: float64 (rows, scores).

        Raises PredictionError for a number that scikit-learn rejects: a number beyond
        the table of its column, or with an infinite or missing feature.
        """
        features = self.features(columns)
        scores: np.ndarray = features @ self.weights.T + self.base
        scores = scores.reshape(len(features), -1)
        for folded in self.folded:
            scores = scores + folded.contributions[folded.encoder.encode(columns[folded.encoder.column])]
        return scores

    def effects(self, columns: Columns, reference: Columns, scores: np.ndarray) -> np.ndarray:
        """Return the effects of the columns, as HasEffects in reasons.py.

        The effect of a column is the difference of the contributions of its features.
        """
        products = (self.features(columns) - self.features(reference)) * np.atleast_2d(self.weights)[scores]
        effects = np.zeros((len(products), len(columns)))
        for table in self.tables:
            effects[:, table.encoder.column] += products[:, table.features].sum(axis=1)
        for index, feature in self.numbers:
            effects[:, feature.column] += products[:, index]
        for folded in self.folded:
            column = folded.encoder.column
            own, other = (folded.contributions[folded.encoder.encode(rows[column])] for rows in (columns, reference))
            effects[:, column] += (own - other)[np.arange(len(products)), scores]
        return effects
