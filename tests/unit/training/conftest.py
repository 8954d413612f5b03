"""Evaluations of small models of each kind."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from support.evaluations import Case, evaluate_case


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


@pytest.fixture(scope="session")
def binary() -> Case:
    """Return a model with the classes no and yes, with probabilities."""
    return evaluate_case(_case(LogisticRegression(), "answer"), ["town", "age"])


@pytest.fixture(scope="session")
def without_probabilities() -> Case:
    """Return a model with the classes no and yes, without probabilities."""
    return evaluate_case(_case(LinearSVC(), "answer"), [])


@pytest.fixture(scope="session")
def multiclass() -> Case:
    """Return a model with the classes low, middle and high."""
    return evaluate_case(_case(LogisticRegression(max_iter=1000), "grade"), ["town"])


@pytest.fixture(scope="session")
def regression() -> Case:
    """Return a regressor."""
    return evaluate_case(_case(LinearRegression(), "number"), ["town", "age"])


@pytest.fixture(scope="session")
def texts() -> Case:
    """Return a model of texts, with one column and the classes 0 and 1."""
    random = np.random.default_rng(3)
    topics = pd.Series(random.integers(0, 2, 400))
    words = [["invoice", "refund", "help"], ["crash", "update", "help"]]
    texts = [" ".join(random.choice(words[topic], random.integers(1, 9))) for topic in topics]
    model = make_pipeline(CountVectorizer(), MultinomialNB())
    return evaluate_case(Case(model, pd.DataFrame({"text": texts}), topics, columns="text"), ["text"])
