"""Follow a fitted pipeline from the raw columns to the features that its model sees.

Every step that is known here makes each feature of one column alone. So a category column needs no formula: the fitted
step itself is asked what it makes of each category, of an unknown one and of a missing value. Numbers take the few
formulas of scalers and imputers.
"""

import warnings
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from scipy.sparse import csc_array
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    LabelBinarizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from ml_census.engine.runtime.linear_model import NumericFeature, Operation
from ml_census.schema.column import Column, Value
from ml_census.schema.schema import Schema

SCALERS = (StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler)
UNKNOWN_TEXTS = ("\x01 an unknown category", "\x02 another one")


class UnsupportedModelError(Exception):
    """The model cannot be compiled; the message is the reason in one line."""


@dataclass(frozen=True)
class CategoricalFeature:
    """A feature made of a category column: what it is for each of the column's symbols.

    An encoder of 100,000 categories makes as many features of as many symbols. Each of them is 0 but for one symbol, so
    `at` holds the symbols that do not have the first of the `values`, and the place of their value. Without it,
    symbol i has value i.
    """

    column: int
    values: np.ndarray
    at: tuple[np.ndarray, np.ndarray] | None = None
    symbols: int = 0
    """The number of symbols, where `at` is given."""

    def dense(self) -> np.ndarray:
        """The value for each symbol."""
        if self.at is None:
            return self.values
        places = np.zeros(self.symbols, dtype=np.intp)
        places[self.at[0]] = self.at[1]
        return self.values[places]


@dataclass(frozen=True)
class OpaqueFeature:
    """A column of which the schema does not tell what it holds. It may be dropped, not used."""

    column: int


Feature = CategoricalFeature | NumericFeature | OpaqueFeature


def raw(schema: Schema) -> list[Feature]:
    """The columns before any step."""
    if schema.form == "documents":
        raise UnsupportedModelError("it takes documents")
    return [_raw(schema, place, column) for place, column in enumerate(schema.columns)]


def known(column: Column) -> list[Value]:
    """The categories that are values: a missing one has a code of its own."""
    return [value for value in column.categories if value is not None and value == value]


def symbols(column: Column) -> list[Value]:
    """A missing value, the known categories, two unknown ones. What cannot come stands for the first category."""
    values = known(column)
    if not values:
        raise UnsupportedModelError(f"column {column.name} has no category but the missing value")
    missing = column.clean(None)[0] if column.nullable else values[0]
    unknown: tuple[Value, ...] = (values[0], values[0])
    if not column.refuse_unknown:
        numbers = [value for value in values if not isinstance(value, str)]
        unknown = (max(numbers) + 1.5, min(numbers) - 1.5) if numbers else UNKNOWN_TEXTS  # type: ignore[type-var, operator]
    return [missing, *values, *unknown]


def _raw(schema: Schema, place: int, column: Column) -> Feature:
    if column.kind == "number":
        return NumericFeature(place)
    if column.kind != "category":
        return OpaqueFeature(place)
    values = symbols(column)
    match schema.form:
        case "numbers":
            return CategoricalFeature(place, np.array(values, dtype=np.float64))
        case "text":
            return CategoricalFeature(place, np.array([str(value) for value in values]))
        case _:
            return CategoricalFeature(place, np.array([*values, None], dtype=object)[:-1])


def through(step: Any, features: list[Feature]) -> list[Feature]:
    """The features after a fitted step. Raises UnsupportedModelError for a step that is not known."""
    if step is None or isinstance(step, str):
        if step in (None, "passthrough"):
            return features
        return []  # "drop"
    kind = type(step)  # not isinstance: what a subclass does is its own affair
    if kind is Pipeline:
        for _, inner in step.steps:
            features = through(inner, features)
        return features
    if kind is FeatureUnion:
        _no_weights(step)
        return [feature for _, inner in step.transformer_list for feature in through(inner, features)]
    if kind is ColumnTransformer:
        return _column_transformer(step, features)
    if isinstance(step, SelectorMixin) and kind.__module__.startswith("sklearn."):
        return [feature for feature, kept in zip(features, step.get_support(), strict=True) if kept]
    if kind is FunctionTransformer and step.func is None:
        return features
    if kind is SimpleImputer:
        return _imputer(step, features)
    if kind is OrdinalEncoder:
        _all_listed(features, step.categories_)
        return _one_to_one(step, features)
    if kind in SCALERS:
        return _one_to_one(step, features)
    if kind is OneHotEncoder:
        return _one_hot(step, features, step.categories_, step._n_features_outs)
    if kind is LabelBinarizer:
        return _one_hot(step, features, [step.classes_], [1 if len(step.classes_) == 2 else len(step.classes_)])
    raise UnsupportedModelError(f"no rule for {kind.__name__}")


def _no_weights(step: FeatureUnion | ColumnTransformer) -> None:
    if step.transformer_weights:
        raise UnsupportedModelError(f"no rule for {type(step).__name__} with weights")


def _column_transformer(step: ColumnTransformer, features: list[Feature]) -> list[Feature]:
    _no_weights(step)
    made: list[Feature] = []
    for name, inner, _ in step.transformers_:
        # the one place where the fitted transformer holds names, slices and masks as plain indices
        taken = [features[place] for place in step._transformer_to_input_indices[name]]
        made += through(inner, taken) if taken else []
    return made


def _imputer(step: SimpleImputer, features: list[Feature]) -> list[Feature]:
    if step.missing_values == step.missing_values and any(isinstance(feature, NumericFeature) for feature in features):
        raise UnsupportedModelError("no rule for a SimpleImputer of numbers that are not NaN")
    statistics = np.asarray(step.statistics_, dtype=object)
    kept = [value == value or step.keep_empty_features for value in statistics]
    asked = iter(_asked(step, features).T)
    made: list[Feature] = []
    for feature, value, keep in zip(features, statistics, kept, strict=True):
        if keep:
            fill = (("fill", float(cast(float, value))),) if isinstance(feature, NumericFeature) else ()
            made.append(_then(feature, next(asked), fill))
    for place in step.indicator_.features_ if step.add_indicator else ():
        made.append(_then(features[place], next(asked), (("missing", 1.0),)))
    return made


def _one_to_one(step: Any, features: list[Feature]) -> list[Feature]:
    asked = _asked(step, features).T
    return [
        _then(feature, column, _scaling(step, place) if isinstance(feature, NumericFeature) else ())
        for place, (feature, column) in enumerate(zip(features, asked, strict=True))
    ]


def _scaling(step: Any, place: int) -> tuple[Operation, ...]:
    """What the scaler does to a number, in its order."""
    match step:
        case StandardScaler():
            named = [("subtract", step.mean_ if step.with_mean else None), ("divide", step.scale_)]
        case RobustScaler():
            named = [
                ("subtract", step.center_ if step.with_centering else None),
                ("divide", step.scale_ if step.with_scaling else None),
            ]
        case MaxAbsScaler():
            named = [("divide", step.scale_)]
        case MinMaxScaler():
            named = [("multiply", step.scale_), ("add", step.min_)]
        case _:
            raise UnsupportedModelError(f"{type(step).__name__} takes a column that the schema calls a number")
    given = [(name, np.asarray(values)) for name, values in named if values is not None]
    operations: list[Operation] = [(name, float(values[place])) for name, values in given]
    if getattr(step, "clip", False):
        if not isinstance(step, MinMaxScaler):
            raise UnsupportedModelError(f"no rule for a {type(step).__name__} that clips")
        low, high = step.feature_range
        operations.append(("clip", float(low), float(high)))
    return tuple(operations)


def _one_hot(
    step: Any, features: list[Feature], categories: Sequence[np.ndarray], widths: Sequence[int]
) -> list[Feature]:
    if not all(isinstance(feature, CategoricalFeature) for feature in features):
        raise UnsupportedModelError(f"{type(step).__name__} takes a column that is not a category in the schema")
    _all_listed(features, categories)
    flat = [
        CategoricalFeature(feature.column, feature.dense())
        for feature in features
        if isinstance(feature, CategoricalFeature)
    ]
    asked = csc_array(_asked(_sparse(step), flat))
    owners = [feature for feature, width in zip(flat, widths, strict=True) for _ in range(width)]
    if asked.shape[1] != len(owners):
        raise UnsupportedModelError(f"{type(step).__name__} makes another number of features than it says")
    return [_of_column(owner, asked, place) for place, owner in enumerate(owners)]


def _sparse(step: Any) -> Any:
    """The encoder with its answer as a sparse array: a dense one of many categories has the square of their number."""
    if hasattr(step, "sparse_output") and not getattr(step, "neg_label", 0):
        step = copy(step)
        step.sparse_output = True
        if hasattr(step, "set_output"):
            step.set_output(transform="default")
    return step


def _of_column(owner: CategoricalFeature, asked: Any, place: int) -> CategoricalFeature:
    start, end = asked.indptr[place : place + 2]
    symbols, data = asked.indices[start:end], asked.data[start:end]
    own = symbols < len(owner.values)  # beyond them are lines for the longer columns beside it
    values, which = np.unique(data[own], return_inverse=True)
    values = np.concatenate([np.zeros(1, dtype=values.dtype), values])
    return CategoricalFeature(owner.column, values, (symbols[own], which + 1), len(owner.values))


def _all_listed(features: Sequence[Feature], categories: Sequence[np.ndarray]) -> None:
    """A category that the schema leaves out would be taken for an unknown one, which to the encoder it is not."""
    for feature, known_to_step in zip(features, categories, strict=True):
        listed = set(feature.values.tolist()) if isinstance(feature, CategoricalFeature) else set()
        if any(value == value and value is not None and value not in listed for value in known_to_step.tolist()):
            raise UnsupportedModelError(f"the schema does not list all categories of column {feature.column}")


def _then(feature: Feature, asked: np.ndarray, operations: tuple[Operation, ...]) -> Feature:
    if isinstance(feature, NumericFeature):
        return replace(feature, operations=feature.operations + operations)
    if isinstance(feature, CategoricalFeature):
        return replace(feature, values=asked[: len(feature.values)])
    raise UnsupportedModelError(f"the schema does not tell what column {feature.column} holds")


def _asked(step: Any, features: Sequence[Feature]) -> Any:
    """What the step makes of all values: a line for each. Numbers, and what is short of values, are padded."""
    lines = max((len(feature.values) for feature in features if isinstance(feature, CategoricalFeature)), default=1)
    columns = [
        feature.values[np.minimum(np.arange(lines), len(feature.values) - 1)]
        if isinstance(feature, CategoricalFeature)
        else np.zeros(lines)
        for feature in features
    ]
    asked = np.column_stack(columns) if columns else np.empty((lines, 0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that an array has no names, that a category is unknown
            if type(step) is LabelBinarizer and len(step.classes_) <= 2:
                # one by one: of two classes it makes another number of features if a third is among them
                return np.concatenate([_as_array(step.transform(line[np.newaxis])) for line in asked])
            made = step.transform(asked[:, 0] if type(step) is LabelBinarizer else asked)
    except Exception as error:
        raise UnsupportedModelError(
            f"{type(step).__name__} does not take all categories: {type(error).__name__}"
        ) from error
    return made if hasattr(made, "toarray") else np.asarray(made)


def _as_array(made: Any) -> np.ndarray:
    return np.asarray(made.toarray() if hasattr(made, "toarray") else made)
