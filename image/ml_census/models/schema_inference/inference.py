"""Infer the input columns of a fitted scikit-learn model."""

from collections.abc import Sequence
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectorMixin
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ml_census.engine.sklearn_internals import SklearnInternalsError
from ml_census.models.schema_inference.column_facts import ColumnFacts
from ml_census.models.schema_inference.fact_collector import FactCollector
from ml_census.models.schema_inference.meta_estimators import inner_estimators
from ml_census.schema import Column, Schema, SchemaError

REMEDY = "put a schema.json beside it"


def infer_schema(model: Any, names: Sequence[str] | None = None) -> Schema:
    """Return the schema of a fitted model: the names, types and categories of its input columns.

    `names` are the column names for a model that was fitted without names. A text
    vectorizer has one column, "text". Raises SchemaError if the model does not state
    its number of columns, or takes dicts in place of rows. Raises SchemaError also if
    JSON cannot represent a category, or if the installed scikit-learn lacks a private
    attribute that the inference reads.
    """
    model = getattr(model, "best_estimator_", model)
    if (input_type := _non_tabular_input(model)) == "documents":
        return Schema((Column("text", "text"),), "documents")
    if input_type is not None:
        raise SchemaError(f"the model takes {input_type}, not rows of values")
    return _tabular_schema(model, names)


def _tabular_schema(model: Any, names: Sequence[str] | None) -> Schema:
    """Return the schema of a fitted model that takes rows of values."""
    fitted_names = getattr(model, "feature_names_in_", None)
    width = len(names) if names else _input_width(model)
    if not width:
        raise SchemaError(_without_columns(model))
    facts = _collect_facts(model, width)
    labels: Sequence[str | int] = names or (range(width) if fitted_names is None else [*map(str, fitted_names)])
    columns = tuple(facts.column(index, label) for index, label in enumerate(labels))
    return Schema(columns, facts.form(columns) if fitted_names is None else "frame")


def _collect_facts(model: Any, width: int) -> ColumnFacts:
    collector = FactCollector()
    try:
        collector.visit(model, list(range(width)))
    except SklearnInternalsError as error:
        raise SchemaError(f"the model's columns cannot be read ({error}): {REMEDY}") from error
    return collector.facts


def _without_columns(model: Any) -> str:
    try:
        check_is_fitted(model)
    except NotFittedError:
        return "the model was never fitted"
    except TypeError:  # not an estimator of scikit-learn
        pass
    return f"the model does not state how many columns it takes, or states none: {REMEDY}"


def _non_tabular_input(step: Any) -> str | None:
    """Return "documents" for text vectorizers, "dicts" for DictVectorizer, and None for steps that take rows."""
    if isinstance(step, Pipeline | FeatureUnion):
        return _non_tabular_input((step.steps if isinstance(step, Pipeline) else step.transformer_list)[0][1])
    if inner := inner_estimators(step):
        return _non_tabular_input(inner[0])
    if isinstance(step, str) or step is None:
        return None
    tags = get_tags(step).input_tags
    if tags.two_d_array or tags.one_d_array:
        return None
    return "dicts" if tags.dict else "documents" if tags.string else None


def _input_width(step: Any) -> int | None:
    """Return the number of columns that a step takes, or None if the step does not state this number."""
    if (width := getattr(step, "n_features_in_", None)) is not None:
        return int(width)
    if isinstance(step, Pipeline):
        return _input_width(next((inner for _, inner in step.steps if inner not in (None, "passthrough")), None))
    if isinstance(step, FeatureUnion):
        widths = (_input_width(inner) for _, inner in step.transformer_list)
        return next((width for width in widths if width is not None), None)
    if hasattr(step, "shape_fit_"):  # an SVC with a callable kernel; fitted on lists, it has only the number of rows
        return int(step.shape_fit_[1]) if len(step.shape_fit_) == 2 else None
    # a SelectKBest whose scores were set by hand works without fit
    return len(step.get_support()) if isinstance(step, SelectorMixin) else None
