"""What is learnt of a model's columns from its parts and, where these do not tell, from its predictions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import RFE, RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.estimator import learnt
from ml_census.models.schema_inference import infer_schema
from ml_census.schema.schema import SchemaError

RANDOM = np.random.default_rng(0)
ROWS = 200
FRAME = pd.DataFrame(
    {"age": np.where(RANDOM.random(ROWS) < 0.3, np.nan, RANDOM.random(ROWS)), "fare": RANDOM.random(ROWS)}
)
SEX = RANDOM.choice(["f", "m"], ROWS)
LABELS = (FRAME["age"].isna() ^ (FRAME["fare"] > 0.8)).to_numpy()
FILLED = make_pipeline(SimpleImputer(), LogisticRegression())
TWO = np.column_stack([LABELS, ~LABELS])


def columns(model: Any) -> list[tuple[str, bool]]:
    """Kind and nullable of each column."""
    return [(column.kind, column.nullable) for column in learnt(model).columns]


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(10, random_state=0),
        RandomForestRegressor(10, random_state=0),
        ExtraTreesRegressor(10, random_state=0),
        DecisionTreeClassifier(random_state=0),
        RFE(RandomForestClassifier(5, random_state=0), n_features_to_select=2),
        MultiOutputClassifier(RandomForestClassifier(5, random_state=0)),
        CalibratedClassifierCV(RandomForestClassifier(5, random_state=0), cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_trees_take_missing_values_in_the_columns_where_they_learnt_them(model: Any) -> None:
    labels = TWO if isinstance(model, MultiOutputClassifier) else LABELS

    assert columns(model.fit(FRAME, labels)) == [("number", True), ("number", False)]


def test_trees_that_saw_no_missing_value_take_none() -> None:
    model = RandomForestClassifier(30, random_state=0).fit(FRAME.fillna(0), LABELS)

    assert columns(model) == [("number", False)] * 2


@pytest.mark.parametrize(
    "model",
    [
        FixedThresholdClassifier(FILLED, threshold=0.3),
        TunedThresholdClassifierCV(FILLED, cv=2),
        GridSearchCV(FixedThresholdClassifier(FILLED), {"threshold": [0.3, 0.5]}, cv=2),
        OneVsRestClassifier(FILLED),
        OneVsOneClassifier(FILLED),
        MultiOutputClassifier(FILLED),
        BaggingClassifier(FILLED, 3, random_state=0),
        SelfTrainingClassifier(FILLED),
        CalibratedClassifierCV(FILLED, cv=2),
        FixedThresholdClassifier(FrozenEstimator(FILLED)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_around_a_pipeline_takes_what_the_pipeline_fills(model: Any) -> None:
    labels = TWO if isinstance(model, MultiOutputClassifier) else LABELS
    if isinstance(model, SelfTrainingClassifier):
        labels = np.where(np.arange(ROWS) % 5, LABELS, -1)
    if isinstance(model, FixedThresholdClassifier) and isinstance(model.estimator, FrozenEstimator):
        FILLED.fit(FRAME, LABELS)

    assert columns(model.fit(FRAME, labels)) == [("number", True)] * 2


def test_a_model_that_refuses_missing_values_before_its_parts_see_them_takes_none() -> None:
    """A ClassifierChain checks all numbers itself, whatever its estimator fills."""
    assert columns(ClassifierChain(FILLED).fit(FRAME.fillna(0), TWO)) == [("number", False)] * 2


def test_a_selection_asks_for_numbers_also_where_it_drops_them() -> None:
    model = RFECV(LogisticRegression(), cv=2).fit(FRAME.fillna(0), LABELS)

    assert columns(model) == [("number", False)] * 2


def test_a_threshold_around_categories_knows_them() -> None:
    frame = FRAME.assign(sex=SEX)
    encode = make_column_transformer((SimpleImputer(), ["age"]), (OneHotEncoder(), ["sex"]))
    model = FixedThresholdClassifier(make_pipeline(encode, LogisticRegression())).fit(frame, LABELS)

    age, fare, sex = learnt(model).columns
    assert (age.kind, age.nullable, sex.categories, sex.refuse_unknown) == ("number", True, ("f", "m"), True)
    assert fare.dropped


def test_a_column_that_one_part_drops_and_another_takes_is_not_dropped() -> None:
    transform = make_column_transformer(("drop", ["age"]), (StandardScaler(), ["age", "fare"]))
    model = make_pipeline(transform, LogisticRegression()).fit(FRAME.fillna(0), LABELS)

    assert [column.dropped for column in learnt(model).columns] == [False, False]


def test_text_among_other_columns_is_text() -> None:
    frame = pd.DataFrame({"note": ["good work", "bad work"] * 20, "age": range(40)})
    encode = make_column_transformer((TfidfVectorizer(), "note"), ("passthrough", ["age"]))
    model = make_pipeline(encode, LogisticRegression()).fit(frame, [0, 1] * 20)

    assert columns(model) == [("text", False), ("number", False)]


class Strange(ClassifierMixin, BaseEstimator):
    """An estimator of another library: it tells nothing but the number of columns, and takes a frame of numbers."""

    def __init__(self, takes_missing: bool = True) -> None:
        self.takes_missing = takes_missing

    def fit(self, X: pd.DataFrame, y: Any) -> "Strange":  # noqa: N803
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.array(X.columns)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        if any(dtype.kind not in "fi" for dtype in X.dtypes):
            raise ValueError("dtypes must be int or float")
        if X.isna().to_numpy().any() and not self.takes_missing:
            raise ValueError("missing values")
        return self.classes_[np.zeros(len(X), dtype=int)]


Strange.__module__ = "strange.models"


@pytest.mark.parametrize("takes_missing", [True, False])
def test_the_columns_of_an_estimator_that_tells_nothing_are_learnt_from_its_predictions(takes_missing: bool) -> None:
    model = Strange(takes_missing).fit(FRAME, LABELS)

    assert [column.kind for column in infer_schema(model).columns] == ["any", "any"]
    assert columns(model) == [("number", takes_missing)] * 2


def month(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.apply(lambda column: column.dt.month)


def opposite(frame: pd.DataFrame) -> pd.DataFrame:
    return ~frame


def length(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.apply(lambda column: column.str.len())


@pytest.mark.parametrize(
    ("function", "values", "kind", "dtype"),
    [
        (month, pd.date_range("2024-01-01", periods=40, freq="17D"), "date", None),
        (opposite, [True, False] * 20, "category", "bool"),
        (length, ["a", "bc"] * 20, "text", None),
        (pd.DataFrame.abs, np.linspace(-1, 1, 40), "number", None),
    ],
    ids=["dates", "booleans", "text", "numbers"],
)
def test_a_function_over_a_column_tells_by_its_answers_what_the_column_is(
    function: Callable[[pd.DataFrame], pd.DataFrame], values: Any, kind: str, dtype: str | None
) -> None:
    frame = pd.DataFrame({"given": values})
    model = make_pipeline(FunctionTransformer(function), HistGradientBoostingClassifier(max_iter=2))
    model.fit(frame, [0, 1] * 20)

    (column,) = learnt(model).columns

    assert (column.kind, column.dtype) == (kind, dtype)


def test_two_columns_of_unknown_kinds_are_told_apart() -> None:
    frame = pd.DataFrame({"when": pd.date_range("2024-01-01", periods=40, freq="17D"), "note": ["a", "bc"] * 20})
    parts = make_column_transformer((FunctionTransformer(month), ["when"]), (FunctionTransformer(length), ["note"]))
    model = make_pipeline(parts, LogisticRegression()).fit(frame, [0, 1] * 20)

    assert [column.kind for column in learnt(model).columns] == ["date", "text"]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (np.array([[b"a"], [b"b"]] * 20), "bytes"),
        (np.array([["2024-01-01"], ["2024-01-02"]] * 20, dtype="datetime64[D]"), "datetime64"),
        (np.array([[pd.Timestamp("2024-01-01")], [pd.Timestamp("2024-01-02")]] * 20, dtype=object), "Timestamp"),
    ],
    ids=["bytes", "dates", "timestamps"],
)
def test_categories_that_json_has_not_are_refused_with_their_column(values: np.ndarray, what: str) -> None:
    """Each of them would count as unknown."""
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(values, [0, 1] * 20)

    with pytest.raises(SchemaError, match=f"^column 0: JSON cannot hold its categories .*{what}"):
        learnt(model)


def test_a_model_that_says_it_takes_no_columns_is_refused() -> None:
    model = LogisticRegression().fit([[0], [1]], [0, 1])
    model.n_features_in_ = 0

    with pytest.raises(SchemaError, match=r"put a schema\.json beside it"):
        learnt(model)


def test_a_model_that_was_never_fitted_is_called_so() -> None:
    with pytest.raises(SchemaError, match="never fitted"):
        learnt(LogisticRegression())


def test_a_learnt_schema_answers_the_rows_of_the_training_as_the_model_does() -> None:
    model = Strange().fit(FRAME, LABELS)
    schema = learnt(model)
    rows = schema.clean(FRAME.astype(object).where(FRAME.notna(), None).to_numpy().tolist())

    assert SklearnPredictor(model, schema).predict(rows.columns) == model.predict(FRAME).tolist()
