"""scikit-learn's predictions are returned as they are, by one thread and in blocks of rows."""

from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ml_census.engine.predictor import PredictionError
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Column, Schema, SchemaError
from support.sample_models import SAMPLE_MODELS, SampleModel

NUMBERS = np.random.default_rng(0).random((60, 2))
TWO_LABELS = NUMBERS > 0.5

GetModel = Callable[[str], SampleModel]


def predictor_of(sample: SampleModel) -> SklearnPredictor:
    return SklearnPredictor(sample.model, infer_schema(sample.model))


@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_predictions_are_those_of_the_model(sample_model: GetModel, name: str) -> None:
    sample = sample_model(name)
    predictor = predictor_of(sample)

    assert predictor.predict(predictor.schema.validate_rows(sample.rows).columns) == sample.answers


@pytest.mark.parametrize("name", sorted(SAMPLE_MODELS.keys() - {"regressor"}))  # BLAS rounds one row differently
def test_single_row_is_predicted_as_among_others(sample_model: GetModel, name: str) -> None:
    sample = sample_model(name)
    predictor = predictor_of(sample)

    predictions = [predictor.predict(predictor.schema.validate_rows([row]).columns)[0] for row in sample.rows[:5]]

    assert predictions == sample.answers[:5]


def test_probabilities_are_in_the_order_of_the_classes(sample_model: GetModel) -> None:
    predictor = predictor_of(sample_model("string_classes"))
    rows = predictor.schema.validate_rows(sample_model("string_classes").rows).columns

    likeliest = [predictor.classes[row.index(max(row))] for row in predictor.probabilities(rows)]  # type: ignore[index]

    assert likeliest == predictor.predict(rows)


@pytest.mark.parametrize(("name", "expected"), [("article", True), ("regressor", False), ("clusters", False)])
def test_only_classifiers_have_probabilities(sample_model: GetModel, name: str, expected: bool) -> None:
    assert predictor_of(sample_model(name)).has_probabilities is expected


@pytest.mark.parametrize(
    "model",
    [KNeighborsClassifier(), MLPClassifier((3,), max_iter=20, tol=1), MultiOutputClassifier(LogisticRegression()),
     ClassifierChain(LogisticRegression())],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_several_outputs_have_probabilities_by_output(model: Any) -> None:
    """scikit-learn returns arrays by output, or one array of the probabilities of label 1."""
    predictor = SklearnPredictor(model.fit(NUMBERS, TWO_LABELS.astype(int)), learn_schema(model))

    rows = predictor.probabilities(predictor.schema.validate_rows(NUMBERS[:3].tolist()).columns)

    expected = model.predict_proba(NUMBERS[:3])
    positive = np.column_stack([output[:, 1] for output in expected]) if isinstance(expected, list) else expected
    assert (predictor.classes, predictor.outputs) == (None, [[0, 1], [0, 1]])
    assert np.array(rows).shape == (3, 2, 2)
    assert np.array(rows)[:, :, 1] == pytest.approx(positive)


def test_outputs_may_have_different_numbers_of_classes() -> None:
    labels = np.column_stack([np.arange(60) % 2, np.arange(60) % 3])
    model = KNeighborsClassifier().fit(NUMBERS, labels)
    predictor = SklearnPredictor(model, learn_schema(model))

    (row,) = predictor.probabilities(predictor.schema.validate_rows(NUMBERS[:1].tolist()).columns)

    assert (predictor.outputs, list(map(len, row))) == ([[0, 1], [0, 1, 2]], [2, 3])


def test_classes_of_a_mixture_are_its_components() -> None:
    model = GaussianMixture(3, random_state=0).fit(NUMBERS)
    predictor = SklearnPredictor(model, learn_schema(model))

    assert (predictor.classes, predictor.has_probabilities) == ([0, 1, 2], True)


@pytest.mark.parametrize("model", [LinearRegression(), MultiOutputClassifier(LogisticRegression())])
def test_single_target_in_a_table_is_predicted_without_a_list(model: Any) -> None:
    model.fit(NUMBERS, TWO_LABELS[:, :1].astype(int))
    predictor = SklearnPredictor(model, learn_schema(model))
    columns = predictor.schema.validate_rows(NUMBERS[:2].tolist()).columns

    assert predictor.predict(columns) == model.predict(NUMBERS[:2])[:, 0].tolist()
    assert predictor.outputs is None
    if predictor.has_probabilities:
        assert predictor.probabilities(columns) == model.predict_proba(NUMBERS[:2])[0].tolist()


def test_imputer_of_constants_gets_numbers_as_floats() -> None:
    frame = pd.DataFrame(NUMBERS, columns=["a", "b"])
    model = make_pipeline(SimpleImputer(strategy="constant", fill_value=-1), KNeighborsClassifier())
    predictor = SklearnPredictor(model.fit(frame, TWO_LABELS[:, 0]), learn_schema(model))

    columns = predictor.schema.validate_rows([[1, None], [0, 2]]).columns

    expected = model.predict(pd.DataFrame([[1.0, np.nan], [0.0, 2.0]], columns=["a", "b"]))
    assert predictor.predict(columns) == expected.tolist()


def test_classes_that_json_does_not_have_are_rejected() -> None:
    model = KNeighborsClassifier().fit(NUMBERS, TWO_LABELS[:, 0].astype(int).astype("datetime64[D]"))

    with pytest.raises(SchemaError, match="which JSON does not have"):
        SklearnPredictor(model, Schema((Column("a", "number"), Column("b", "number")), "numbers"))


def test_rows_that_the_model_rejects_raise_a_prediction_error(sample_model: GetModel) -> None:
    predictor = predictor_of(sample_model("boosting_with_categories"))

    with pytest.raises(PredictionError):
        predictor.predict([["not a number"], [" Private"], [1], [" Male"]])


def test_blocks_of_rows_give_the_same_predictions(sample_model: GetModel, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = predictor_of(sample_model("article"))
    columns = predictor.schema.validate_rows(sample_model("article").rows).columns
    expected = predictor.predict(columns), predictor.probabilities(columns)
    monkeypatch.setattr("ml_census.engine.sklearn_predictor.MAX_BLOCK_ROWS", 7)

    assert (predictor.predict(columns), predictor.probabilities(columns)) == expected
    rejected = [list(values) for values in columns]
    rejected[0][20] = "no age"
    with pytest.raises(PredictionError) as raised:
        predictor.predict(rejected)
    assert raised.value.row == 20


class RejectsOneValue(BaseEstimator):
    """Rejects one value of one column, with the value in its exception."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        if "Secret Name" in set(X["c"]):
            raise ValueError("cannot use 'quoted', 4711 or Secret Name in this place")
        return np.zeros(len(X))


def test_error_has_row_and_column_and_no_value() -> None:
    schema = Schema(tuple(Column(name, "text") for name in "abcde"), "frame")
    predictor = SklearnPredictor(RejectsOneValue(), schema)
    assert predictor.classes is None  # predicts an example, which the search for the column needs
    rows = [list("vwxyz") for _ in range(9)]
    rows[6][2] = "Secret Name"

    with pytest.raises(PredictionError) as raised:
        predictor.predict(schema.validate_rows(rows).columns)

    assert (raised.value.row, raised.value.column) == (6, "c")
    assert raised.value.reason == "ValueError: cannot use …, … or … … in this place"


JOBS: list[int] = []


def note_jobs(rows: Any) -> Any:
    JOBS.append(joblib.effective_n_jobs(2))
    return rows


@pytest.mark.parametrize(
    "wrap",
    [
        lambda part: part,
        lambda part: VotingClassifier([("a", part)]),
        lambda part: StackingClassifier([("a", part)], cv=2),
        lambda part: GridSearchCV(part, {"l__C": [1]}, cv=2),
        lambda part: MultiOutputClassifier(part),
    ],
    ids=["model", "voting", "stacking", "search", "outputs"],
)
def test_model_predicts_on_one_thread_and_stays_unchanged(wrap: Callable[[Any], Any]) -> None:
    part = Pipeline([("jobs", FunctionTransformer(note_jobs)), ("l", LogisticRegression())])
    targets = [[0], [1]] * 20 if isinstance(wrap(part), MultiOutputClassifier) else [0, 1] * 20
    model = wrap(part).fit([[0.0], [1.0]] * 20, targets)
    if "n_jobs" in model.get_params():
        model.set_params(n_jobs=2)  # only now: joblib would start processes to fit it
    before = model.get_params()
    JOBS.clear()

    SklearnPredictor(model, infer_schema(model, ["a"])).predict([[1.0]])

    assert set(JOBS) == {1}
    assert repr(model.get_params()) == repr(before)
