"""Evaluations of small models of each kind: fitted on the first half of a data set, evaluated on the second half."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.training.data.labelled_rows import LabelledRows
from ml_census.training.evaluation import Evaluation, evaluate
from ml_census.training.report import ReportContext

CONTEXT = ReportContext(
    title="Size of a town",
    description="The model predicts the size.",
    model_version="3f9ac21b77de",
    created="2026-11-28",
    source="towns.csv",
    fingerprint="ab" * 32,
    train_rows=450,
    test_rows=450,
    on_training_rows=False,
    estimator="LogisticRegression()",
    synthetic=False,
)


@dataclass(frozen=True)
class Case:
    """A model with its data. `columns` are the columns of the model: a list of names, or the name of a text column."""

    model: Any
    rows: pd.DataFrame
    target: pd.Series
    columns: list[str] | str
    result: Evaluation | None = None

    @property
    def test(self) -> pd.DataFrame:
        """The rows of the second half."""
        return self.rows[len(self.rows) // 2 :]

    @property
    def truth(self) -> np.ndarray:
        """The target of the second half."""
        return self.target[len(self.rows) // 2 :].to_numpy()

    @property
    def predicted(self) -> np.ndarray:
        """The predictions of scikit-learn for the second half."""
        return np.asarray(self.model.predict(self.test[self.columns]))

    @property
    def shares(self) -> np.ndarray:
        """The probabilities of scikit-learn for the second half."""
        return np.asarray(self.model.predict_proba(self.test[self.columns]))

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of the second half."""
        assert self.result is not None
        return self.result

    @property
    def predictor(self) -> SklearnPredictor:
        return SklearnPredictor(self.model, learn_schema(self.model))


def evaluate_case(case: Case, groups: Sequence[str], labels: dict[Any, str] | None = None) -> Case:
    """Fit the model, and return the case with the evaluation."""
    half = len(case.rows) // 2
    case.model.fit(case.rows[case.columns][:half], case.target[:half])
    names = [case.columns] if isinstance(case.columns, str) else case.columns
    others = [name for name in case.rows.columns if name not in names]
    test = LabelledRows(case.test[[*names, *others]].reset_index(drop=True), pd.Series(case.truth))
    return replace(case, result=evaluate(case.predictor, test, groups, case.target[:half], labels))


def _rows(count: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": random.normal(size=count),
            "age": random.integers(20, 60, count),
            "noise": random.normal(size=count),
            "town": random.choice(["Bern", "Oslo", "Rome"], count, p=[0.6, 0.3, 0.1]),
        }
    )


def _case(model: object, target: str) -> Case:
    """Return a case whose target depends on size and age."""
    rows, random = _rows(900, seed=1), np.random.default_rng(2)
    score = 2 * rows["size"] + (rows["age"] - 40) / 10 + random.normal(size=len(rows))
    targets = {
        "number": 100 + 10 * score,
        "answer": (score > 1).map({False: "no", True: "yes"}),
        "grade": pd.cut(score, [-np.inf, -2, 2, np.inf], labels=["low", "middle", "high"]).astype(str),
    }
    return Case(model, rows, targets[target], columns=["size", "age", "noise"])


def binary_case() -> Case:
    """Return a model with the classes no and yes, with probabilities."""
    return evaluate_case(_case(LogisticRegression(), "answer"), ["town", "age"])


def case_without_probabilities() -> Case:
    """Return a model with the classes no and yes, without probabilities."""
    return evaluate_case(_case(LinearSVC(), "answer"), [])


def multiclass_case() -> Case:
    """Return a model with the classes low, middle and high."""
    return evaluate_case(_case(LogisticRegression(max_iter=1000), "grade"), ["town"])


def regression_case() -> Case:
    """Return a regressor."""
    return evaluate_case(_case(LinearRegression(), "number"), ["town", "age"])


def text_case() -> Case:
    """Return a model of texts, with one column and the classes 0 and 1."""
    random = np.random.default_rng(3)
    topics = pd.Series(random.integers(0, 2, 400))
    words = [["invoice", "refund", "help"], ["crash", "update", "help"]]
    texts = [" ".join(random.choice(words[topic], random.integers(1, 9))) for topic in topics]
    model = make_pipeline(CountVectorizer(), MultinomialNB())
    return evaluate_case(Case(model, pd.DataFrame({"text": texts}), topics, columns="text"), ["text"])


def case_of_many_classes() -> Case:
    """Return a model with 30 classes with long names."""
    random = np.random.default_rng(4)
    codes = random.integers(0, 30, 3000)
    columns = [f"column_{index}_with_a_long_name" for index in range(25)]
    rows = pd.DataFrame(random.normal(size=(3000, 25)), columns=columns) + np.outer(codes, np.arange(25) / 50)
    names = pd.Series(codes).map(lambda code: f"class {code} " + "Donaudampfschifffahrt" * (code % 4))
    return evaluate_case(Case(LogisticRegression(max_iter=50, tol=0.1), rows, names, columns), [columns[0]])
