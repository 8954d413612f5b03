"""Models without a rule are served by scikit-learn, and the reason names the step or the model."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Column, Schema
from support.compile_data import CODES, GAPS, LABELS, NUMBERS, ROWS, columns_of, forest, tree

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")


class HalvingTransformer(TransformerMixin, BaseEstimator):
    """A transformer of another package."""

    def fit(self, rows: Any, labels: Any = None) -> "HalvingTransformer":
        self.n_features_in_ = rows.shape[1]
        return self

    def transform(self, rows: Any) -> Any:
        return np.asarray(rows) / 2


class CappedScaler(StandardScaler):
    """A subclass of a known transformer that does something else."""

    def transform(self, X: Any, copy: Any = None) -> Any:  # noqa: N803
        return np.minimum(super().transform(X, copy), 1.5)


class ScalerWithOneOtherValue(MinMaxScaler):
    """A subclass that does something else at a single number, which no sample finds."""

    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.where(np.asarray(X) == 77.25, 0.0, super().transform(X))


class PipelineWithOneOtherValue(Pipeline):
    """A pipeline that predicts something else at a single number."""

    def predict(self, X: Any, **params: Any) -> Any:  # noqa: N803
        return np.where(np.asarray(X)[:, 0] == 77.25, 1, super().predict(X))


class CautiousTree(DecisionTreeClassifier):
    """A subclass of a known model that predicts something else."""

    def predict(self, X: Any, check_input: bool = True) -> Any:  # noqa: N803
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.9).astype(int)]


def on_numbers(*steps: Any) -> Any:
    return make_pipeline(*steps).fit(NUMBERS, LABELS)


def on_texts(*steps: Any) -> Any:
    return make_pipeline(*steps).fit(["good work", "bad work", "good pay", "bad pay"] * 5, [1, 0] * 10)


def replaced(step: int, name: str) -> Any:
    """Return a pipeline of which a method of a step, or its own for the step -1, was replaced."""
    model = on_numbers(MinMaxScaler(), DecisionTreeClassifier())
    setattr(model if step < 0 else model[step], name, lambda rows: np.zeros(len(rows), dtype=int))
    return model


def infinite_ridge() -> Any:
    model = Ridge().fit(NUMBERS, LABELS)
    model.coef_ = model.coef_ * np.inf
    return model


BINS = KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf", dtype=np.float32)
ONE_MODEL = [("a", tree())]
UNSUPPORTED: dict[str, tuple[Callable[[], Any], str]] = {
    "replaced predict of a pipeline": (
        lambda: replaced(-1, "predict"),
        "the method predict of a Pipeline was replaced",
    ),
    "replaced predict of a model": (
        lambda: replaced(1, "predict"),
        "the method predict of a DecisionTreeClassifier was replaced",
    ),
    "replaced transform of a step": (
        lambda: replaced(0, "transform"),
        "the method transform of a MinMaxScaler was replaced",
    ),
    "KMeans": (lambda: KMeans(3, random_state=0, n_init=1).fit(NUMBERS), "no rule for KMeans"),
    "SVC": (lambda: on_numbers(SVC()), "no rule for SVC"),
    "KNN": (lambda: on_numbers(KNeighborsClassifier()), "no rule for KNeighborsClassifier"),
    "voting of an SVC": (lambda: on_numbers(VotingClassifier([("a", tree()), ("b", SVC())])), "no rule for SVC"),
    "stacking before an SVC": (lambda: on_numbers(StackingClassifier(ONE_MODEL, SVC(), cv=2)), "no rule for SVC"),
    "calibrated SVC": (lambda: on_numbers(CalibratedClassifierCV(SVC(), cv=2)), "no rule for SVC"),
    "tf-idf": (lambda: on_texts(TfidfVectorizer(), LogisticRegression()), "documents"),
    "hashed text": (lambda: on_texts(HashingVectorizer(), tree()), "documents"),
    "products": (
        lambda: on_numbers(PolynomialFeatures(), Ridge()),
        "PolynomialFeatures multiplies column 0 by another column",
    ),
    "splines before a tree": (lambda: on_numbers(SplineTransformer(), tree()), "no rule for trees after a SplineTr"),
    "PCA": (lambda: on_numbers(PCA(), tree()), "no rule for PCA: each output depends on several columns"),
    "bins of float32": (lambda: on_numbers(BINS, tree()), "no rule for a KBinsDiscretizer of float32"),
    "a function": (
        lambda: on_numbers(FunctionTransformer(np.nan_to_num), tree()),
        "no rule for FunctionTransformer with the function nan_to_num",
    ),
    "a function with arguments": (
        lambda: on_numbers(FunctionTransformer(np.log1p, kw_args={"casting": "safe"}), tree()),
        "no rule for FunctionTransformer with kw_args",
    ),
    "another package's transformer": (
        lambda: on_numbers(StandardScaler(), HalvingTransformer(), tree()),
        "no rule for HalvingTransformer",
    ),
    "another package's first step": (
        lambda: on_numbers(HalvingTransformer(), tree()),
        "no rule for HalvingTransformer",
    ),
    "a subclass of a tree": (lambda: on_numbers(CautiousTree(max_depth=3)), "no rule for CautiousTree"),
    "several classes a row": (
        lambda: forest(NUMBERS, np.column_stack([LABELS, 1 - LABELS])),
        "of several outputs|other classes",
    ),
    "boosting from a model": (
        lambda: on_numbers(GradientBoostingClassifier(n_estimators=3, init=LogisticRegression())),
        "starts from another model",
    ),
    "infinite weights": (infinite_ridge, "the fitted model is not finite: weights has NaN or an infinite number"),
    "one class": (lambda: tree().fit(NUMBERS, LABELS * 0), "one class only"),
}


@pytest.mark.parametrize("steps", [(StandardScaler(), tree()), (LogisticRegression(),), (tree(),)], ids=str)
def test_reason_names_the_column_of_the_schema(steps: Any) -> None:
    model = on_numbers(*steps)
    schema = Schema((Column("age", "date"), Column("since", "date")), "frame")

    with pytest.raises(UnsupportedModelError, match="^column (age|since) is neither a number nor a category$"):
        compile_model(model, schema)


@pytest.mark.parametrize(("make", "reason"), UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_model_without_a_rule_is_served_by_sklearn(make: Callable[[], Any], reason: str) -> None:
    model = make()
    original = SklearnPredictor(model, infer_schema(model))

    predictor, engine = compile_and_verify(original)

    assert predictor is original
    assert re.search(reason, str(engine)), engine


@pytest.mark.parametrize(
    "model",
    [
        on_numbers(CappedScaler(), LogisticRegression()),
        on_numbers(ScalerWithOneOtherValue(), LogisticRegression()),
        PipelineWithOneOtherValue([("scale", StandardScaler()), ("tree", tree())]).fit(NUMBERS, LABELS),
        on_numbers(SimpleImputer(missing_values=-1.0), tree()),
        on_numbers(SimpleImputer(missing_values=-1), tree()),
    ],
    ids=["a scaler", "a scaler, at one number", "a pipeline, at one number", "-1.0 is missing", "-1 is missing"],
)
def test_step_with_other_behavior_is_not_compiled(model: Any) -> None:
    """The schema is given, so that only the rules can notice the step: no sample finds the one number."""
    schema = Schema((Column(0, "number"), Column(1, "number")), "numbers")
    original = SklearnPredictor(model, schema)

    predictor, _ = compile_and_verify(original)

    assert predictor is original
    for row in ([77.25, 8], [-1, 12], [40, -1.0], [-1.0, -1.0]):
        columns = schema.validate_rows([row]).columns
        assert predictor.predict(columns) == original.predict(columns)


@pytest.mark.parametrize(
    ("index", "inputs", "categories", "others"),
    [
        (0, [[sex.strip(), age] for age, _, _, sex in ROWS], ("Female",), ["Female", "Male", "no such"]),
        (1, CODES.tolist(), (0, 10, 20), [0, 30, 40, 35]),
    ],
    ids=["text", "numbers"],
)
def test_schema_with_fewer_categories_changes_no_prediction(
    index: int, inputs: list[list[Any]], categories: tuple[Any, ...], others: list[Any]
) -> None:
    """A given schema need not list all categories that the encoder knows."""
    encode = columns_of((OneHotEncoder(handle_unknown="ignore"), [index]), remainder="passthrough")
    model = make_pipeline(encode, tree()).fit(np.array(inputs, dtype=object), LABELS)
    given = [Column(0, "number"), Column(1, "number")]
    given[index] = Column(index, "category", categories)
    original = SklearnPredictor(model, Schema(tuple(given), "objects"))
    rows = [[*row[:index], other, *row[index + 1 :]] for row in inputs[:40] for other in others]
    columns = original.schema.validate_rows(rows).columns

    predictor, _ = compile_and_verify(original)

    assert predictor.predict(columns) == original.predict(columns)
    assert predictor.probabilities(columns) == original.probabilities(columns)


def test_nullable_number_is_predicted_alone_as_among_others() -> None:
    """A given schema may list null among the categories of a number."""
    schema = Schema((Column(0, "number", (None,), nullable=True), Column(1, "number")), "numbers")
    original = SklearnPredictor(forest(GAPS), schema)
    predictor, _ = compile_and_verify(original)
    two, one = (schema.validate_rows([[None, 3]] * count).columns for count in (2, 1))

    assert predictor.predict(two) == original.predict(two)
    assert predictor.predict(one) == original.predict(one)
