"""Collect facts about the input columns of a pipeline from its fitted steps.

The collector follows a column through the steps that do not change the column. An
encoder contains the categories of a column. A scaler or an estimator requires numbers.
If the collector does not know a step, the columns of the step accept any value. If the
model then rejects a value, the client gets the HTTP status 400.
"""

from typing import Any

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.feature_selection import RFE
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer, OneHotEncoder, OrdinalEncoder, SplineTransformer
from sklearn.tree import BaseDecisionTree
from sklearn.utils import get_tags

from ml_census.engine import booster_categories
from ml_census.engine.pipeline_visitor import PipelineVisitor
from ml_census.engine.sklearn_internals import category_encoder, one_hot_widths
from ml_census.models.schema_inference.column_facts import ColumnFacts
from ml_census.models.schema_inference.meta_estimators import WITHOUT_MISSING, inner_estimators
from ml_census.schema import Value

FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomTreesEmbedding,
)
HISTOGRAM_BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
BOOSTERS = ("lightgbm.", "xgboost.")
"""The packages of LightGBM and XGBoost, as the names of their modules begin."""

Columns = list[int | None]
"""The positions of input columns, with None for a column that a step has computed.

An empty list means that the number and the order of the columns are unknown. Later
steps then add no facts.
"""


class FactCollector(PipelineVisitor[int | None]):
    """Visitor that stores the facts of each fitted step about input columns in `facts`."""

    def __init__(self) -> None:
        self.facts = ColumnFacts()

    def on_part(self, transformer: Any, columns: Columns) -> None:
        """Store that a part of a ColumnTransformer uses `columns`, or drops them if `transformer` is "drop"."""
        is_dropped = isinstance(transformer, str) and transformer == "drop"
        (self.facts.dropped if is_dropped else self.facts.used).update(_inputs(columns))

    def is_selector(self, step: Any, columns: Columns) -> bool:
        """Return whether a step only selects columns, and `columns` has one item for each input feature of the step.

        Returns False for RFE (recursive feature elimination), because the estimator of
        an RFE also contains facts.
        """
        return (
            super().is_selector(step, columns) and not isinstance(step, RFE) and len(step.get_support()) == len(columns)
        )

    def transform(self, step: Any, columns: Columns) -> Columns:
        """Store the facts of a fitted step, and return the output columns. An empty list means unknown columns."""
        if hasattr(step, "best_estimator_"):
            return self.visit(step.best_estimator_, columns)
        if isinstance(step, RFE):
            return self._eliminate(step, columns)
        if isinstance(step, BaggingClassifier | BaggingRegressor):
            return self._bag(step, columns)
        if isinstance(step, FunctionTransformer):
            return self._apply_function(step, columns)
        if type(step).__module__.startswith("sklearn.impute."):
            return self._impute(step, columns)
        if inner := inner_estimators(step):
            return self._combine(step, inner, columns)
        return self._encode(step, columns)

    def _combine(self, step: Any, inner: list[Any], columns: Columns) -> Columns:
        if isinstance(step, WITHOUT_MISSING):
            self.facts.complete.update(set(_inputs(columns)) - self.facts.nullable)
        return self._visit_all([(estimator, columns) for estimator in inner] + _final_estimator(step, columns))

    def _apply_function(self, step: FunctionTransformer, columns: Columns) -> Columns:
        """Store that a function of NumPy requires numbers. Other functions can return other columns."""
        if not isinstance(step.func, np.ufunc):
            return []
        self._require_numbers(step, columns)
        return [None] * len(columns) if step.validate else columns

    def _eliminate(self, step: RFE, columns: Columns) -> Columns:
        self.facts.numbers.update(_inputs(columns))
        selected = [column for column, is_selected in zip(columns, step.get_support(), strict=False) if is_selected]
        self.visit(step.estimator_, selected)
        return selected

    def _bag(self, step: Any, columns: Columns) -> Columns:
        is_known = len(columns) == step.n_features_in_  # otherwise the columns of each estimator are unknown
        chosen = [[columns[index] for index in indices] if is_known else [] for indices in step.estimators_features_]
        self._visit_all(list(zip(step.estimators_, chosen, strict=True)))
        return []

    def _visit_all(self, estimators: list[tuple[Any, Columns]]) -> Columns:
        """Store the facts of estimators that all get the same rows, each with its columns. Return their outputs."""
        own, found, outputs = self.facts, [], []
        for estimator, columns in estimators:
            self.facts = ColumnFacts()
            outputs += self.visit(estimator, columns)
            found.append(self.facts)
        self.facts = own
        own.add_all(found)
        return outputs

    def _impute(self, step: Any, columns: Columns) -> Columns:
        self.facts.nullable.update(_inputs(columns))
        if not isinstance(step, SimpleImputer):
            return self._require_numbers(step, columns)
        if step.strategy in ("mean", "median"):
            self.facts.numbers.update(_inputs(columns))
        if isinstance(step.missing_values, str | int):
            self.facts.missing_categories |= dict.fromkeys(_inputs(columns), step.missing_values)
        is_unchanged = not step.add_indicator and len(step.statistics_) == len(columns)
        return columns if is_unchanged else []

    def _encode(self, step: Any, columns: Columns) -> Columns:
        if hasattr(step, "categories_"):
            rejects_unknown = getattr(step, "handle_unknown", None) == "error"
            self.facts.add_categories(columns, step.categories_, rejects_unknown)
            if isinstance(step, OneHotEncoder):
                return [None] * int(sum(one_hot_widths(step)))
            return [None] * len(columns) if isinstance(step, OrdinalEncoder) else []
        if isinstance(step, LabelBinarizer):
            self.facts.add_categories(columns, [step.classes_], False)
            return []
        return self._require_numbers(step, columns)

    def _require_numbers(self, step: Any, columns: Columns) -> Columns:
        """Store that a step requires numbers, unless it takes text, contains estimators or is not from scikit-learn."""
        tags = get_tags(step).input_tags
        if tags.string and not tags.two_d_array:
            self.facts.texts.update(_inputs(columns))
        is_sklearn = type(step).__module__.startswith("sklearn.")
        if type(step).__module__.startswith(BOOSTERS):
            self._boost(columns, booster_categories.categories(step))
        holds_estimators = any(hasattr(value, "fit") for value in step.get_params().values())
        if not is_sklearn or holds_estimators or not tags.two_d_array or tags.string:
            return []
        if isinstance(step, HISTOGRAM_BOOSTING):
            return self._boost_histograms(step, columns)
        return self._take_numbers(step, columns, tags.allow_nan)

    def _take_numbers(self, step: Any, columns: Columns, accepts_missing: bool) -> Columns:
        """Store that the columns are numbers, and which of them may have missing values."""
        self.facts.nullable.update(_inputs(columns, _has_seen_missing(step, len(columns))))
        if isinstance(step, SplineTransformer) and step.handle_missing == "zeros":
            self.facts.nullable.update(_inputs(columns))
        if not accepts_missing:
            self.facts.complete.update(set(_inputs(columns)) - self.facts.nullable)
        self.facts.numbers.update(_inputs(columns))
        if not isinstance(step, OneToOneFeatureMixin):
            return []
        return columns if accepts_missing else [None] * len(columns)  # later steps get no missing value

    def _boost_histograms(self, step: Any, columns: Columns) -> Columns:
        """Store that columns of histogram gradient boosting may have missing values, and store their categories."""
        self.facts.nullable.update(_inputs(columns))
        categorical = np.zeros(len(columns), dtype=bool)
        if step.is_categorical_ is not None and len(step.is_categorical_) == len(columns):
            categorical = np.asarray(step.is_categorical_)
            encoded = [column for column, flag in zip(columns, categorical, strict=True) if flag]
            encoder = category_encoder(step)
            self.facts.add_categories(encoded, [] if encoder is None else encoder.categories_, False)
        self.facts.numbers.update(_inputs(columns, ~categorical))
        return []

    def _boost(self, columns: Columns, categories: dict[int, list[Value]]) -> None:
        """Store that LightGBM and XGBoost accept missing values, and store the categories of their pandas columns."""
        for index, column in enumerate(columns):
            if column is None:
                continue
            self.facts.nullable.add(column)
            if index in categories:
                self.facts.categories[column] = np.array([*categories[index], None], dtype=object)[:-1]
                self.facts.dtypes[column] = "category"
            else:
                self.facts.numbers.add(column)


def _final_estimator(step: Any, columns: Columns) -> list[tuple[Any, Columns]]:
    """Return the final estimator of a stacking estimator and its columns, if it also takes the columns of the step."""
    if not isinstance(step, StackingClassifier | StackingRegressor) or not step.passthrough:
        return []
    count = getattr(step.final_estimator_, "n_features_in_", 0) - len(columns)
    return [(step.final_estimator_, [*[None] * count, *columns])] if count > 0 else []


def _inputs(columns: Columns, chosen: np.ndarray | None = None) -> list[int]:
    """Return the positions that are not None. With `chosen`: bool (columns,), return only those where it is true."""
    flags = [True] * len(columns) if chosen is None else chosen.tolist()
    return [column for column, flag in zip(columns, flags, strict=True) if flag and column is not None]


def _has_seen_missing(step: Any, width: int) -> np.ndarray:
    """Return for each feature whether the training rows of the trees had missing values: bool (width,)."""
    seen = np.zeros(width, dtype=bool)
    if not isinstance(step, (BaseDecisionTree, *FORESTS)):
        return seen
    for estimator in [step] if isinstance(step, BaseDecisionTree) else step.estimators_:
        seen[estimator.tree_.feature[_nodes_with_missing(estimator.tree_)]] = True
    return seen


def _nodes_with_missing(tree: Any) -> np.ndarray:
    """Return for each node whether it had missing values in training: bool (nodes,).

    Such a node sends missing values to the child with fewer rows, or splits at
    infinity.
    """
    inner = tree.children_left >= 0
    left_is_larger = tree.n_node_samples[tree.children_left] > tree.n_node_samples[tree.children_right]
    differs = tree.missing_go_to_left.astype(bool) != left_is_larger
    nodes: np.ndarray = inner & (differs | np.isinf(tree.threshold))
    return nodes
