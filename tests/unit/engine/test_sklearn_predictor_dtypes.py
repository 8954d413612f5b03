"""Rows come to the model with the dtypes of the frame that it was fitted on, whatever JSON makes of the values."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from ml_census.engine.predictor import PredictionError, redacted_reason
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.estimator import learnt, with_dtypes
from ml_census.schema.column import Column
from ml_census.schema.schema import Schema, SchemaError, from_json

NUMBERS = np.random.default_rng(0).random((60, 2))
TWO = NUMBERS > 0.5


class Dtypes(ClassifierMixin, BaseEstimator):
    """Answers with the dtypes of the frame that it is given."""

    def predict(self, X: pd.DataFrame) -> list[str]:  # noqa: N803
        self.seen_ = X
        return [" ".join(str(dtype) for dtype in X.dtypes)] * len(X)


def dtypes(*columns: Column, row: list[Any]) -> str:
    schema = Schema(columns, "frame")
    (answer,) = SklearnPredictor(Dtypes(), schema).predict(schema.clean([row]).columns)
    return str(answer)


@pytest.mark.parametrize("value", [1, 1.5, "1", True, None, 10**30])
def test_numbers_are_float64_as_they_were(value: Any) -> None:
    """Whole numbers in JSON made int64 columns, which imputers of floats refuse."""
    assert dtypes(Column("a", "number", nullable=True), row=[value]) == "float64"


@pytest.mark.parametrize(
    ("column", "value", "dtype"),
    [
        (Column("a", "category", ("x", "y")), "x", "object"),
        (Column("a", "category", ("x", "y"), dtype="category"), "x", "category"),
        (Column("a", "category", (False, True), dtype="bool"), "true", "bool"),
        (Column("a", "number", dtype="Int64", nullable=True), None, "Int64"),
        (Column("a", "number", dtype="Float64", nullable=True), None, "Float64"),
        (Column("a", "category", (False, True), dtype="boolean"), True, "boolean"),
        (Column("a", "text", dtype="string"), "x", "string"),
        (Column("a", "text", dtype="str"), "x", "str"),
        (Column("a", "date", dtype="datetime64[ns]"), "2024-03-05", "datetime64[ns]"),
        (Column("a", "date", dtype="datetime64[ns]", nullable=True), None, "datetime64[ns]"),
        (Column("a", "date", dtype="datetime64[us, UTC]"), "2024-03-05T10:00:00+02:00", "datetime64[us, UTC]"),
        (Column("a", "any"), "x", "str"),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_a_column_has_the_dtype_of_its_schema(column: Column, value: Any, dtype: str) -> None:
    schema = from_json(json.loads(json.dumps(Schema((column,), "frame").to_json())))

    assert dtypes(*schema.columns, row=[value]) == dtype


def test_categories_come_in_the_order_of_the_training_and_unknown_ones_are_missing() -> None:
    schema = Schema((Column("a", "category", ("y", "x"), nullable=True, dtype="category"),), "frame")
    model = Dtypes()

    SklearnPredictor(model, schema).predict(schema.clean([["x"], ["z"], [None]]).columns)

    assert model.seen_["a"].cat.codes.tolist() == [1, -1, -1]


def test_a_dtype_that_pandas_has_not_is_refused() -> None:
    entry = {"name": "a", "type": "number", "dtype": "int65"}

    with pytest.raises(SchemaError, match="column a: dtype must be the name of a pandas dtype"):
        from_json(json.loads(json.dumps({"form": "frame", "columns": [entry]})))


class Booster:
    """What LightGBM keeps of a frame with columns of dtype category."""

    pandas_categorical = (["y", "x"],)
    params = {"categorical_column": [1]}  # noqa: RUF012


class Boosted(Dtypes):
    """Takes the dtypes of its training alone, as LightGBM does."""

    booster_ = Booster()
    n_features_in_ = 2
    feature_names_in_ = np.array(["age", "sex"])

    def predict(self, X: pd.DataFrame) -> list[str]:  # noqa: N803
        if [str(dtype) for dtype in X.dtypes] != ["float64", "category"]:
            raise ValueError("train and valid dataset categorical_feature do not match.")
        return super().predict(X)


Boosted.__module__ = "lightgbm.sklearn"


def test_categories_of_a_booster_are_learnt_with_their_dtype_and_order() -> None:
    age, sex = learnt(Boosted()).columns

    assert (age.kind, age.nullable) == ("number", True)
    assert (sex.kind, sex.categories, sex.dtype, sex.nullable) == ("category", ("y", "x"), "category", True)


def test_a_schema_that_names_no_dtype_gets_the_one_of_the_model() -> None:
    given = Schema((Column("age", "number"), Column("sex", "category", ("x", "y"))), "frame")

    assert [column.dtype for column in with_dtypes(Boosted(), given).columns] == [None, "category"]


def test_an_imputer_of_constants_over_floats_answers_whole_numbers() -> None:
    frame = pd.DataFrame(NUMBERS, columns=["a", "b"])
    model = make_pipeline(SimpleImputer(strategy="constant", fill_value=-1), KNeighborsClassifier())
    original = SklearnPredictor(model.fit(frame, TWO[:, 0]), learnt(model))

    columns = original.schema.clean([[1, None], [0, 2]]).columns

    wanted = model.predict(pd.DataFrame([[1.0, np.nan], [0.0, 2.0]], columns=["a", "b"]))
    assert original.predict(columns) == wanted.tolist()


@pytest.mark.parametrize(
    "model",
    [KNeighborsClassifier(), MLPClassifier((3,), max_iter=20, tol=1), MultiOutputClassifier(LogisticRegression()),
     ClassifierChain(LogisticRegression())],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_a_model_of_several_labels_gives_a_probability_for_each_class_of_each_output(model: Any) -> None:
    """scikit-learn answers arrays by output, or one array of the probabilities of label 1."""
    original = SklearnPredictor(model.fit(NUMBERS, TWO.astype(int)), learnt(model))

    rows = original.probabilities(original.schema.clean(NUMBERS[:3].tolist()).columns)

    found = model.predict_proba(NUMBERS[:3])
    ones = np.column_stack([each[:, 1] for each in found]) if isinstance(found, list) else found
    assert original.classes is None
    assert original.outputs == [[0, 1], [0, 1]]
    assert np.array(rows).shape == (3, 2, 2)
    assert np.array(rows)[:, :, 1] == pytest.approx(ones)


def test_outputs_of_different_classes_have_lists_of_different_lengths() -> None:
    labels = np.column_stack([np.arange(60) % 2, np.arange(60) % 3])
    model = KNeighborsClassifier().fit(NUMBERS, labels)
    original = SklearnPredictor(model, learnt(model))

    (row,) = original.probabilities(original.schema.clean(NUMBERS[:1].tolist()).columns)

    assert (original.outputs, [len(shares) for shares in row]) == ([[0, 1], [0, 1, 2]], [2, 3])


def test_a_mixture_numbers_its_components() -> None:
    model = GaussianMixture(3, random_state=0).fit(NUMBERS)
    original = SklearnPredictor(model, learnt(model))

    assert (original.classes, original.has_probabilities) == ([0, 1, 2], True)


@pytest.mark.parametrize("model", [LinearRegression(), MultiOutputClassifier(LogisticRegression())])
def test_one_target_in_a_table_is_answered_without_a_list(model: Any) -> None:
    model.fit(NUMBERS, TWO[:, :1].astype(int))
    original = SklearnPredictor(model, learnt(model))
    columns = original.schema.clean(NUMBERS[:2].tolist()).columns

    assert original.predict(columns) == model.predict(NUMBERS[:2])[:, 0].tolist()
    assert original.outputs is None
    if original.has_probabilities:
        assert original.probabilities(columns) == model.predict_proba(NUMBERS[:2])[0].tolist()


class Answers(BaseEstimator):
    """A regressor that always answers this."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer

    def predict(self, X: Any) -> Any:  # noqa: N803
        return np.repeat(self.answer, len(X))


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float16", "float32", "longdouble", "bool", "str", "object"])
def test_an_answer_of_each_dtype_is_a_value_of_json(dtype: str) -> None:
    answer = np.array([np.int64(1) if dtype == "object" else 1], dtype=dtype)
    schema = Schema((Column("a", "number"),), "numbers")

    (made,) = SklearnPredictor(Answers(answer), schema).predict([[1.0]])

    assert json.loads(json.dumps(made)) == answer[0].item() if dtype != "longdouble" else made == 1.0


@pytest.mark.parametrize(
    "answer",
    [np.array([b"x"]), np.array(["2024-01-01"], "datetime64[ns]"), np.array([1j]), np.array([(1, 2), 0], object)[:1]],
    ids=["bytes", "date", "complex", "tuple"],
)
def test_what_json_cannot_say_is_refused_with_its_dtype(answer: np.ndarray) -> None:
    schema = Schema((Column("a", "number"),), "numbers")

    with pytest.raises(PredictionError) as raised:
        SklearnPredictor(Answers(answer), schema).predict([[1.0]])
    assert "which JSON does not have" in str(raised.value.__cause__)


def test_classes_that_json_cannot_say_are_refused_before_any_row() -> None:
    model = KNeighborsClassifier().fit(NUMBERS, TWO[:, 0].astype(int).astype("datetime64[D]"))

    with pytest.raises(SchemaError, match="which JSON does not have"):
        SklearnPredictor(model, Schema((Column("a", "number"), Column("b", "number")), "numbers"))


class Particular(BaseEstimator):
    """Refuses one value of one column, and says so with the value."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        if "Secret Name" in set(X["c"]):
            raise ValueError("cannot use 'quoted', 4711 or Secret Name in this place")
        return np.zeros(len(X))


def test_the_row_and_the_column_that_a_model_refuses_are_found() -> None:
    schema = Schema(tuple(Column(name, "text") for name in "abcde"), "frame")
    original = SklearnPredictor(Particular(), schema)
    assert original.classes is None  # a row that it answers is known from here on

    rows = [list("vwxyz") for _ in range(9)]
    rows[6][2] = "Secret Name"
    with pytest.raises(PredictionError) as raised:
        original.predict(schema.clean(rows).columns)

    assert (raised.value.row, raised.value.column) == (6, "c")
    assert raised.value.reason == "ValueError: cannot use …, … or … … in this place"


def test_a_reason_has_no_value_of_a_row() -> None:
    error = ValueError("could not convert string to float: 'abc'; parsing garbage at 12")

    assert (
        redacted_reason(error, ["garbage", 3, None])
        == "ValueError: could not convert string to float: …; parsing … at …"
    )
