"""The columns of a fitted model are inferred from it, or the error says what to do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import linear_kernel
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import SVC

from ml_census.models.schema_inference import infer_schema
from ml_census.schema import SchemaError
from support.sample_models import CATEGORIES, LABELS, NAMES, NUMBERS, SampleModel, only

MIXED = ["number", "category", "number", "category"]


@pytest.mark.parametrize(
    ("name", "form", "types"),
    [
        ("article", "text", MIXED),
        ("dataframe", "frame", MIXED),
        ("positions", "objects", MIXED),
        ("boosting_with_categories", "frame", MIXED),
        ("logistic", "numbers", ["number", "number"]),
        ("missing_values", "numbers", ["number", "number"]),
        ("multi_class", "numbers", ["number", "number"]),
        ("regressor", "numbers", ["number", "number"]),
        ("searched", "numbers", ["number", "number"]),
        ("clusters", "numbers", ["number", "number"]),
        ("documents", "documents", ["text"]),
    ],
)
def test_form_and_types_are_inferred_from_the_model(
    sample_model: Callable[[str], SampleModel], name: str, form: str, types: list[str]
) -> None:
    schema = infer_schema(sample_model(name).model)

    assert schema.form == form
    assert [column.type for column in schema.columns] == types


@pytest.mark.parametrize("name", ["article", "dataframe", "positions"])
def test_categories_are_inferred_from_the_encoders(sample_model: Callable[[str], SampleModel], name: str) -> None:
    columns = infer_schema(sample_model(name).model, NAMES).columns

    assert [column.name for column in columns] == NAMES
    assert set(columns[1].categories) == set(CATEGORIES["workclass"])
    assert not columns[1].reject_unknown


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(make_pipeline(TfidfVectorizer()), LogisticRegression()),
        make_pipeline(FeatureUnion([("a", TfidfVectorizer()), ("b", CountVectorizer())]), LogisticRegression()),
        CalibratedClassifierCV(make_pipeline(TfidfVectorizer(), LogisticRegression()), cv=2),
    ],
    ids=["nested", "union", "calibrated"],
)
def test_text_model_takes_documents(model: Any) -> None:
    assert infer_schema(model.fit(["a good one", "a bad one"] * 4, [1, 0] * 4)).form == "documents"


@pytest.mark.parametrize(
    ("model", "width"),
    [
        (make_pipeline("passthrough", only(1, width=3), LogisticRegression()), 3),
        (FeatureUnion([("a", "passthrough"), ("b", only(0, width=5))]), 5),
        (SVC(kernel=linear_kernel).fit(np.array(NUMBERS), LABELS), 2),
    ],
    ids=["selector that was never fitted", "union", "kernel function"],
)
def test_number_of_columns_is_found_where_a_step_states_it(model: Any, width: int) -> None:
    assert len(infer_schema(model).columns) == width


def test_model_of_dicts_is_rejected() -> None:
    model = make_pipeline(DictVectorizer(), LogisticRegression()).fit([{"a": 1}, {"a": 2}], [0, 1])

    with pytest.raises(SchemaError, match="takes dicts"):
        infer_schema(model)


def test_model_without_a_number_of_columns_needs_a_schema() -> None:
    with pytest.raises(SchemaError, match=r"put a schema\.json beside it"):
        infer_schema(BaseEstimator())


def test_kernel_function_that_was_fitted_on_lists_needs_a_schema() -> None:
    """scikit-learn does not look into the rows then, and keeps their number alone."""
    model = SVC(kernel=linear_kernel).fit(NUMBERS, LABELS)

    with pytest.raises(SchemaError, match=r"put a schema\.json beside it"):
        infer_schema(model)


def test_model_of_no_columns_is_rejected() -> None:
    model = LogisticRegression().fit([[0], [1]], [0, 1])
    model.n_features_in_ = 0

    with pytest.raises(SchemaError, match=r"put a schema\.json beside it"):
        infer_schema(model)


def test_unfitted_model_is_named_so() -> None:
    with pytest.raises(SchemaError, match="never fitted"):
        infer_schema(LogisticRegression())
