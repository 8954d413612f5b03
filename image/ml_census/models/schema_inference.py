"""Learn from a fitted scikit-learn model which columns it takes.

The pipeline is walked from its input on, as long as a step hands columns on unchanged. Encoders tell the categories,
scalers and estimators ask for numbers. A step that is not known tells nothing: its columns take any value, and what the
model then refuses is still the client's error.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.ensemble._forest import BaseForest
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SelectorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.model_selection._classification_threshold import BaseThresholdClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier, _ConstantPredictor
from sklearn.multioutput import _BaseChain, _MultiOutputEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer, OrdinalEncoder
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import BaseDecisionTree
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ml_census.models import booster_categories
from ml_census.schema.column import Column, Value
from ml_census.schema.schema import Form, Schema, SchemaError

REMEDY = "turn the column into text before fitting, as by astype(str)"


def infer_schema(model: Any, names: Sequence[str] | None = None) -> Schema:
    """The schema of a fitted model. `names` names the columns of a model that was trained without names.

    Raises SchemaError if the model does not tell how many columns it takes.
    """
    model = getattr(model, "best_estimator_", model)
    known = getattr(model, "feature_names_in_", None)
    if (kind := _non_tabular_input(model)) == "documents":
        return Schema((Column("text", "text"),), "documents")
    if kind is not None:
        raise SchemaError(f"the model takes {kind}, not rows of values")
    width = len(names) if names else _width(model)
    if not width:
        raise SchemaError(_without_columns(model))
    walk = _Walk()
    walk.through(model, list(range(width)))
    labels: list[str | int] = list(names or ([str(name) for name in known] if known is not None else range(width)))
    columns = tuple(walk.column(place, label) for place, label in enumerate(labels))
    return Schema(columns, "frame" if known is not None else walk.form(columns))


def _without_columns(model: Any) -> str:
    try:
        check_is_fitted(model)
    except NotFittedError:
        return "the model was never fitted"
    except TypeError:  # not an estimator of scikit-learn
        pass
    return "the model does not tell how many columns it takes, or says none: put a schema.json beside it"


def _non_tabular_input(step: Any) -> str | None:
    """What the model takes in place of rows of values: text vectorizers "documents", DictVectorizer "dicts"."""
    if isinstance(step, Pipeline | FeatureUnion):
        return _non_tabular_input((step.steps if isinstance(step, Pipeline) else step.transformer_list)[0][1])
    if parts := _parts(step):
        return _non_tabular_input(parts[0])
    if isinstance(step, str) or step is None:
        return None
    tags = get_tags(step).input_tags
    if tags.two_d_array or tags.one_d_array:
        return None
    return "dicts" if tags.dict else "documents" if tags.string else None


def _width(step: Any) -> int | None:
    """How many columns the step takes. A SelectKBest with scores set by hand was never fitted, but has its scores."""
    if (width := getattr(step, "n_features_in_", None)) is not None:
        return int(width)
    if isinstance(step, Pipeline):
        return _width(next((inner for _, inner in step.steps if inner not in (None, "passthrough")), None))
    if isinstance(step, FeatureUnion):
        return next((width for _, inner in step.transformer_list if (width := _width(inner)) is not None), None)
    if (shape := getattr(step, "shape_fit_", None)) is not None:  # an SVC whose kernel is a function
        return int(shape[1])
    return len(step.get_support()) if isinstance(step, SelectorMixin) else None


class _Walk:
    """What the steps say of each column. Where several steps take a column, the first that knows it decides."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self.categories: dict[int, np.ndarray] = {}
        self.refuse: set[int] = set()
        self.nullable: set[int] = set()
        self.dropped: set[int] = set()
        self.taken: set[int] = set()
        """Columns that a part of a ColumnTransformer takes, also if another one drops them."""
        self.texts: set[int] = set()
        self.dtypes: dict[int, str] = {}
        self.missing: dict[int, Value] = {}

    def column(self, place: int, name: str | int) -> Column:
        if place in self.categories:
            categories = tuple(_plain(value) for value in self.categories[place])
            if place in self.missing and self.missing[place] not in categories:
                categories = (*categories, self.missing[place])
            _check_categories(name, self.categories[place].dtype, categories)
            missing = any(value is None or value != value for value in categories)
            nullable = missing or place in self.nullable
            dtype = self.dtypes.get(place)
            return Column(name, "category", categories, nullable, place in self.refuse, dtype=dtype)
        if place in self.numbers:
            return Column(name, "number", nullable=place in self.nullable)
        if place in self.dropped - self.taken:
            return Column(name, "any", nullable=True, dropped=True)
        return Column(name, "text" if place in self.texts else "any", nullable=place in self.nullable)

    def form(self, columns: Sequence[Column]) -> Form:
        """A model trained on lists of mixed values has learnt its categories as numpy text, others as objects."""
        if all(column.kind == "number" for column in columns):
            return "numbers"
        if any(column.kind == "any" for column in columns):
            return "objects"  # text of any length
        return "text" if any(values.dtype.kind == "U" for values in self.categories.values()) else "objects"

    def through(self, step: Any, columns: list[int | None]) -> list[int | None]:
        """Note what the step says of its input columns; return what it hands on: a column's place, or None if made new.

        An empty list means that what comes out cannot be followed.
        """
        if step is None or step == "passthrough":
            return columns
        if isinstance(step, Pipeline):
            for _, inner in step.steps:
                columns = self.through(inner, columns)
            return columns
        if isinstance(step, FeatureUnion):
            return _concat([self.through(inner, columns) for _, inner in step.transformer_list if inner != "drop"])
        if isinstance(step, ColumnTransformer):
            return self._column_transformer(step, columns)
        if hasattr(step, "best_estimator_"):
            return self.through(step.best_estimator_, columns)
        if isinstance(step, RFE):
            self.numbers.update(column for column in columns if column is not None)
            kept = [column for column, chosen in zip(columns, step.get_support(), strict=False) if chosen]
            self.through(step.estimator_, kept)
            return kept
        if isinstance(step, BaggingClassifier | BaggingRegressor):
            for inner, places in zip(step.estimators_, step.estimators_features_, strict=True):
                # fewer columns can be followed to here than the step takes: which they are is not known
                known = len(columns) == step.n_features_in_
                self.through(inner, [columns[place] for place in places] if known else [])
            return []
        if isinstance(step, SelectorMixin) and len(step.get_support()) == len(columns):
            return [column for column, kept in zip(columns, step.get_support(), strict=True) if kept]
        if isinstance(step, FunctionTransformer):
            if step.func is None:
                return columns
            return self._numeric(step, columns) if isinstance(step.func, np.ufunc) else []
        if type(step).__module__.startswith("sklearn.impute."):
            return self._imputer(step, columns)
        if parts := _parts(step):
            return _concat([self.through(inner, columns) for inner in parts])
        if hasattr(step, "categories_"):
            self._encoder(columns, step.categories_, getattr(step, "handle_unknown", None) == "error")
            return [None] * len(columns) if isinstance(step, OrdinalEncoder) else []
        if isinstance(step, LabelBinarizer):
            self._encoder(columns, [step.classes_], False)
            return []
        return self._numeric(step, columns)

    def _column_transformer(self, step: ColumnTransformer, columns: list[int | None]) -> list[int | None]:
        parts = []
        for name, inner, _ in step.transformers_:
            # the one place where the fitted transformer holds names, slices and masks as plain indices
            taken = [columns[index] for index in step._transformer_to_input_indices[name]] if columns else []
            if isinstance(inner, str) and inner == "drop":
                self.dropped.update(column for column in taken if column is not None)
            else:
                self.taken.update(column for column in taken if column is not None)
                parts.append(self.through(inner, taken) if taken else [])
        return _concat(parts)

    def _imputer(self, step: Any, columns: list[int | None]) -> list[int | None]:
        self.nullable.update(column for column in columns if column is not None)
        if not isinstance(step, SimpleImputer):
            return self._numeric(step, columns)
        if step.strategy in ("mean", "median"):
            self.numbers.update(column for column in columns if column is not None)
        if isinstance(step.missing_values, str | int):
            self.missing.update((column, step.missing_values) for column in columns if column is not None)
        unchanged = not step.add_indicator and len(step.statistics_) == len(columns)
        return columns if unchanged else []

    def _encoder(self, columns: list[int | None], categories: Sequence[np.ndarray], refuse: bool) -> None:
        if len(columns) != len(categories):
            return
        for column, values in zip(columns, categories, strict=True):
            if column is not None and column not in self.categories and column not in self.numbers:
                self.categories[column] = values
                if refuse:
                    self.refuse.add(column)

    def _numeric(self, step: Any, columns: list[int | None]) -> list[int | None]:
        """scikit-learn's other transformers and estimators work on numbers, unless they hold parts of their own.

        Histogram boosting also takes categories as text, and is the one that learns from missing values by itself.
        """
        tags = get_tags(step).input_tags
        ours = type(step).__module__.startswith("sklearn.")
        composed = any(hasattr(value, "fit") for value in step.get_params().values())
        if tags.string and not tags.two_d_array:
            self.texts.update(column for column in columns if column is not None)
        if not ours and (kept := booster_categories.categories(step)):
            self._boosted(columns, kept)
        if not ours or composed or not tags.two_d_array or tags.string:
            return []
        seen = _seen_missing(step, len(columns))
        self.nullable.update(column for column, each in zip(columns, seen, strict=True) if each and column is not None)
        categorical = [False] * len(columns)
        if isinstance(step, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
            self.nullable.update(column for column in columns if column is not None)
            if step.is_categorical_ is not None and len(step.is_categorical_) == len(columns):
                categorical = step.is_categorical_
                # it has an encoder of its own for these, and takes those it does not know for missing values
                encoded = [column for column, chosen in zip(columns, categorical, strict=True) if chosen]
                self._encoder(encoded, step._preprocessor.named_transformers_["encoder"].categories_, False)
        self.numbers.update(
            column for column, as_text in zip(columns, categorical, strict=True) if column is not None and not as_text
        )
        return columns if isinstance(step, OneToOneFeatureMixin) else []

    def _boosted(self, columns: list[int | None], kept: dict[int, list[Value]]) -> None:
        """LightGBM and XGBoost take missing values in each column, and their categories as a column of that dtype."""
        for place, column in enumerate(columns):
            if column is None:
                continue
            self.nullable.add(column)
            if place in kept:
                self.categories[column] = np.array([*kept[place], None], dtype=object)[:-1]
                self.dtypes[column] = "category"
            else:
                self.numbers.add(column)


def _check_categories(name: str | int, dtype: np.dtype[Any], categories: Sequence[Value]) -> None:
    """Raise SchemaError for categories that JSON cannot hold: each of them would be unknown to the model."""
    kinds = {type(value).__name__ for value in categories if not isinstance(value, str | int | float | None)}
    if dtype.kind in "Mm":
        kinds = {str(dtype)}
    if kinds:
        what = ", ".join(sorted(kinds))
        raise SchemaError(f"column {name}: JSON cannot hold its categories ({what}): {REMEDY}")


def _seen_missing(step: Any, width: int) -> np.ndarray:
    """For each feature, whether the trees of an estimator have learnt from its missing values.

    Where a node saw none in training, it sends missing values to the child with more rows. A node that does otherwise,
    or that splits at infinity, has seen some.
    """
    seen = np.zeros(width, dtype=bool)
    if not isinstance(step, BaseDecisionTree | BaseForest):
        return seen
    for each in [step] if isinstance(step, BaseDecisionTree) else step.estimators_:
        tree = each.tree_
        inner = tree.children_left >= 0
        larger = tree.n_node_samples[tree.children_left] > tree.n_node_samples[tree.children_right]
        odd = inner & ((tree.missing_go_to_left.astype(bool) != larger) | np.isinf(tree.threshold))
        seen[tree.feature[odd]] = True
    return seen


def _parts(step: Any) -> list[Any]:
    """The fitted estimators that all take the step's own input."""
    if isinstance(step, VotingClassifier | VotingRegressor | StackingClassifier | StackingRegressor):
        return list(step.estimators_)
    if isinstance(step, TransformedTargetRegressor):
        return [step.regressor_]
    if isinstance(step, BaseThresholdClassifier | SelfTrainingClassifier):
        return [step.estimator_]
    if isinstance(step, OneVsRestClassifier | OneVsOneClassifier | OutputCodeClassifier | _MultiOutputEstimator):
        return [part for part in step.estimators_ if not isinstance(part, _ConstantPredictor)]
    if isinstance(step, _BaseChain):
        return [step.estimators_[0]]  # the others also take what the ones before them answer
    if isinstance(step, FrozenEstimator):
        return [step.estimator]
    if isinstance(step, CalibratedClassifierCV):
        return [part.estimator for part in step.calibrated_classifiers_]
    return []


def _concat(parts: list[list[int | None]]) -> list[int | None]:
    """Outputs side by side. One that cannot be followed is at an unknown place: the others keep their columns only."""
    return [column for part in parts for column in part]


def _plain(value: Any) -> Value:
    """A numpy scalar as Python's own type."""
    plain: Value = value.item() if isinstance(value, np.generic) else value
    return plain
