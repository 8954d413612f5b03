"""What compiles answers as scikit-learn's own predict and predict_proba; what does not is served as it is, and why."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.tree_ensemble import TreeEnsemble
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema.column import LARGEST, Column
from ml_census.schema.schema import Columns, Schema
from support.compile_cases import (
    CASES,
    CODES,
    GAPS,
    LABELS,
    NUMBERS,
    ROWS,
    Case,
    alike,
    columns_of,
    forest,
    refused,
    tree,
)

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # scikit-learn's, at such a row


@cache
def case(name: str) -> Case:
    return CASES[name]()


def one_by_one(columns: Columns) -> list[Columns]:
    return [[values[row : row + 1] for values in columns] for row in range(len(columns[0]))]


@pytest.mark.parametrize("name", CASES)
def test_it_compiles_and_answers_as_its_own_predict(name: str) -> None:
    """Alone, as one of 5 and as one of 300: the kernel has another road for each."""
    made = case(name)
    original = made.original()
    known = original.schema.clean(made.rows()).columns
    wanted = made.model.predict(made.inputs).tolist()

    compiled = compile_model(original.model, original.schema)

    for count in (1, 5, 300):
        part = [values[:count] for values in known]
        alike(compiled, original, part)
        if compiled.classes:
            assert compiled.predict(part) == wanted[:count]
        else:
            np.testing.assert_allclose(compiled.predict(part), wanted[:count], rtol=1e-9)
    odd = original.schema.clean(made.odd_rows()).columns
    for columns in [odd] if not refused(original, odd) else one_by_one(odd):
        if refused(original, columns):
            assert refused(compiled, columns), columns
        else:
            alike(compiled, original, columns)


@pytest.mark.parametrize(
    "name",
    [
        "LabelBinarizer of both",
        "one-hot of numbers",
        "one-hot of bools",
        "one-hot, drop first, unknown ignored",
        "one-hot, a missing category",
        "one-hot, NaN as a category",
        "one-hot of numbers with NaN",
        "ordinal, missing is -2",
        "ordinal, missing and unknown are NaN",
        "categories for missing, with an indicator",
        "RandomForestClassifier, trained on missing",
        pytest.param("RandomForestClassifier of 200 columns", marks=pytest.mark.slow),
        "HistGradientBoostingClassifier, categories with missing",
        "HistGradientBoostingClassifier, categories by index with missing",
        "HistGradientBoostingClassifier after an encoder",
        "LogisticRegression after everything",
        "RandomForestRegressor of several outputs",
        "LinearRegression of several outputs",
    ],
)
def test_it_is_proved_equal_on_rows_made_from_its_schema(name: str) -> None:
    """On all that the schema allows: missing values, unknown categories and extreme numbers among them."""
    original = case(name).original()

    predictor, engine = compile_and_verify(original)

    assert engine["kind"] == "compiled", engine
    assert engine["proved_rows"] > 2000
    assert isinstance(predictor, CompiledPredictor)


def test_filled_in_value_that_equals_a_threshold_goes_left() -> None:
    model = make_pipeline(SimpleImputer(strategy="constant", fill_value=2.0), DecisionTreeClassifier())
    model.fit([[1.0], [3.0]], [0, 1])
    assert model[-1].tree_.threshold[0] == 2.0

    compiled = compile_model(model, infer_schema(model))

    assert compiled.predict([np.array([np.nan])]) == model.predict([[np.nan]]).tolist() == [0]


class Half(TransformerMixin, BaseEstimator):
    """A transformer of one's own."""

    def fit(self, rows: Any, labels: Any = None) -> "Half":
        self.n_features_in_ = rows.shape[1]
        return self

    def transform(self, rows: Any) -> Any:
        return np.asarray(rows) / 2


class Capped(StandardScaler):
    """A known transformer that does something else."""

    def transform(self, X: Any, copy: Any = None) -> Any:  # noqa: N803
        return np.minimum(super().transform(X, copy), 1.5)


class Late(MinMaxScaler):
    """One that does something else at one number alone, which no proof by samples finds."""

    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.where(np.asarray(X) == 77.25, 0.0, super().transform(X))


class Overruling(Pipeline):
    """A pipeline that answers otherwise at one number."""

    def predict(self, X: Any, **params: Any) -> Any:  # noqa: N803
        return np.where(np.asarray(X)[:, 0] == 77.25, 1, super().predict(X))


class Cautious(DecisionTreeClassifier):
    """A known model that answers otherwise."""

    def predict(self, X: Any, check_input: bool = True) -> Any:  # noqa: N803
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.9).astype(int)]


def numbers_by(*steps: Any) -> Any:
    return make_pipeline(*steps).fit(NUMBERS, LABELS)


TEXTS = ["good work", "bad work", "good pay", "bad pay"] * 5
NOT: dict[str, tuple[Callable[[], Any], str]] = {
    "KMeans": (lambda: KMeans(3, random_state=0, n_init=1).fit(NUMBERS), "no rule for KMeans"),
    "SVC": (lambda: SVC().fit(NUMBERS, LABELS), "no rule for SVC"),
    "KNN": (lambda: KNeighborsClassifier().fit(NUMBERS, LABELS), "no rule for KNeighborsClassifier"),
    "voting": (
        lambda: VotingClassifier([("a", tree()), ("b", LogisticRegression())]).fit(NUMBERS, LABELS),
        "no rule for VotingClassifier",
    ),
    "stacking": (
        lambda: StackingClassifier([("a", tree())], cv=2).fit(NUMBERS, LABELS),
        "no rule for StackingClassifier",
    ),
    "calibrated": (
        lambda: CalibratedClassifierCV(tree(), cv=2).fit(NUMBERS, LABELS),
        "no rule for CalibratedClassifierCV",
    ),
    "tf-idf": (lambda: make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, [1, 0] * 10), "documents"),
    "hashed text": (lambda: make_pipeline(HashingVectorizer(), tree()).fit(TEXTS, [1, 0] * 10), "documents"),
    "polynomials": (lambda: numbers_by(PolynomialFeatures(), tree()), "no rule for PolynomialFeatures"),
    "PCA": (lambda: numbers_by(PCA(), tree()), "no rule for PCA"),
    "bins": (
        lambda: numbers_by(KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), tree()),
        "no rule for KBinsDiscretizer",
    ),
    "logarithms": (lambda: numbers_by(FunctionTransformer(np.log1p), tree()), "no rule for FunctionTransformer"),
    "a transformer of one's own": (lambda: numbers_by(StandardScaler(), Half(), tree()), "no rule for Half"),
    "a transformer of one's own first": (lambda: numbers_by(Half(), tree()), "no rule for Half"),
    "a tree of one's own": (lambda: Cautious(max_depth=3).fit(NUMBERS, LABELS), "no rule for Cautious"),
    "weights of a union": (
        lambda: numbers_by(
            FeatureUnion([("a", StandardScaler()), ("b", MinMaxScaler())], transformer_weights={"a": 2}), tree()
        ),
        "FeatureUnion with weights",
    ),
    "weights of columns": (
        lambda: numbers_by(
            columns_of((StandardScaler(), [0])).set_params(transformer_weights={"standardscaler": 2}), tree()
        ),
        "ColumnTransformer with weights",
    ),
    "several classes a row": (
        lambda: forest(NUMBERS, np.column_stack([LABELS, 1 - LABELS])),
        "of several outputs|other classes",
    ),
    "boosting from a model": (
        lambda: GradientBoostingClassifier(n_estimators=3, init=LogisticRegression()).fit(NUMBERS, LABELS),
        "starts from a model of its own",
    ),
    "one class": (lambda: tree().fit(NUMBERS, LABELS * 0), "one class only"),
}


@pytest.mark.parametrize("name", NOT)
def test_what_is_not_known_is_served_as_it_is_and_the_reason_says_why(name: str) -> None:
    make, reason = NOT[name]
    model = make()
    original = SklearnPredictor(model, infer_schema(model))

    predictor, engine = compile_and_verify(original)

    assert predictor is original
    assert engine["kind"] == "original"
    assert re.search(reason, engine["reason"]), engine


TOLD = Schema((Column(0, "number"), Column(1, "number")), "numbers")


@pytest.mark.parametrize(
    "model",
    [
        numbers_by(Capped(), LogisticRegression()),
        numbers_by(Late(), LogisticRegression()),
        Overruling([("scale", StandardScaler()), ("tree", tree())]).fit(NUMBERS, LABELS),
        numbers_by(SimpleImputer(missing_values=-1.0), tree()),
        numbers_by(SimpleImputer(missing_values=-1), tree()),
    ],
    ids=["a scaler", "a scaler, at one number", "a pipeline, at one number", "-1.0 is missing", "-1 is missing"],
)
def test_a_step_that_does_something_else_than_the_known_one_is_not_compiled(model: Any) -> None:
    """Also where a schema by hand tells what the step does not: what no sample finds, no rule may take for known."""
    original = SklearnPredictor(model, TOLD)

    predictor, _ = compile_and_verify(original)

    for row in ([77.25, 8], [-1, 12], [40, -1.0], [-1.0, -1.0]):
        columns = original.schema.clean([row]).columns
        assert predictor.predict(columns) == original.predict(columns)
        assert predictor.probabilities(columns) == original.probabilities(columns)
    assert predictor is original


@pytest.mark.parametrize(
    ("place", "inputs", "categories", "others"),
    [
        (0, [[sex.strip(), age] for age, _, _, sex in ROWS], ("Female",), ["Female", "Male", "no such"]),
        (1, CODES.tolist(), (0, 10, 20), [0, 30, 40, 35]),
    ],
    ids=["text", "numbers"],
)
def test_a_schema_of_fewer_categories_than_the_model_knows_changes_no_answer(
    place: int, inputs: list[list[Any]], categories: tuple[Any, ...], others: list[Any]
) -> None:
    """A schema by hand need not list all: scikit-learn itself knows the others."""
    encode = columns_of((OneHotEncoder(handle_unknown="ignore"), [place]), remainder="passthrough")
    model = make_pipeline(encode, tree()).fit(np.array(inputs, dtype=object), LABELS)
    told = [Column(0, "number"), Column(1, "number")]
    told[place] = Column(place, "category", categories)
    original = SklearnPredictor(model, Schema(tuple(told), "objects"))
    rows = [[*row[:place], other, *row[place + 1 :]] for row in inputs[:40] for other in others]
    columns = original.schema.clean(rows).columns

    predictor, _ = compile_and_verify(original)

    assert predictor.predict(columns) == original.predict(columns)
    assert predictor.probabilities(columns) == original.probabilities(columns)


def test_a_number_that_is_missing_as_none_is_answered_alone_as_among_others() -> None:
    """A schema by hand that says "nullable" of a number, and null among its categories."""
    schema = Schema((Column(0, "number", (None,), nullable=True), Column(1, "number")), "numbers")
    original = SklearnPredictor(forest(GAPS), schema)
    predictor, _ = compile_and_verify(original)
    two, one = (schema.clean([[None, 3]] * count).columns for count in (2, 1))

    assert predictor.predict(two) == original.predict(two)
    assert predictor.predict(one) == original.predict(one)


# random forests


@st.composite
def forests(draw: st.DrawFn) -> tuple[SklearnPredictor, list[list[float]]]:
    """A small forest on columns of numbers with and without steps before it, and the numbers around its thresholds."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    width, scale = draw(st.integers(1, 4)), 10.0 ** draw(st.integers(-3, 6))
    inputs = random.normal(size=(60, width)) * scale
    if scale > 1 and draw(st.booleans()):
        inputs = np.round(inputs)
    missing = draw(st.booleans())
    if missing:
        inputs[random.random(inputs.shape) < 0.1] = np.nan
    labels = random.integers(0, draw(st.integers(2, 4)), 60)
    labels[:2] = 0, 1
    kind = draw(st.sampled_from([RandomForestClassifier, ExtraTreesClassifier]))
    steps = draw(
        st.sampled_from([(), (StandardScaler(),), (SimpleImputer(), MinMaxScaler((-3, 5))), (RobustScaler(),)])
    )
    fitted = kind(draw(st.integers(1, 11)), random_state=0, max_depth=draw(st.integers(1, 8)))
    model = make_pipeline(*steps, fitted).fit(inputs, labels)
    assume(any(one.tree_.node_count > 1 for one in fitted.estimators_))
    schema = Schema(tuple(Column(place, "number", nullable=missing) for place in range(width)), "numbers")
    return SklearnPredictor(model, schema), inputs.tolist()


@pytest.mark.slow
@given(forests(), st.randoms(use_true_random=False))
@settings(max_examples=15, derandomize=True, deadline=None, database=None)
def test_a_random_forest_answers_the_same_next_to_its_thresholds(made: Any, random: Any) -> None:
    """At each threshold, and one float32 and one float64 beside it, alone and among others."""
    original, rows = made
    compiled = compile_model(original.model, original.schema)
    assert isinstance(compiled.scoring, TreeEnsemble)
    for encoder in compiled.scoring.encoders:
        assert isinstance(encoder, ThresholdEncoder)
        for threshold in encoder.thresholds[np.abs(encoder.thresholds) < LARGEST / 2][:20]:
            single = np.float32(threshold)
            beside = [np.nextafter(single, np.float32(end)) for end in (-np.inf, np.inf)]
            beside += [np.nextafter(threshold, end) for end in (-np.inf, np.inf)]
            for number in (threshold, single, *beside):
                row = list(random.choice(rows))
                row[encoder.column] = float(number)
                rows.append(row)
    columns = list(zip(*rows, strict=True))

    alike(compiled, original, columns)
    for count in (1, 2, 7, 8, 9, 63, 64):
        start = random.randrange(len(rows) - count)
        part = [values[start : start + count] for values in columns]
        alike(compiled, original, part)
