"""A linear model of the synthetic census, and its evaluation."""

from dataclasses import replace

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from ml_census.training.census import datasets
from ml_census.training.census.adult import NUMBERS
from ml_census.training.census.datasets import Dataset
from ml_census.training.evaluation import Evaluation, ToModelInput, evaluate


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[list(NUMBERS)]


@pytest.fixture(scope="session")
def to_model_input() -> ToModelInput:
    """Return the function from rows to the input of the model: the numbers."""
    return _numbers


@pytest.fixture(scope="session")
def census() -> Dataset:
    """Return the demo with 800 test rows."""
    demo = datasets.load("demo")
    return replace(demo, test=demo.test[:800], test_labels=demo.test_labels[:800])


@pytest.fixture(scope="session")
def model(census: Dataset) -> LogisticRegression:
    return LogisticRegression(max_iter=5000).fit(_numbers(census.train), census.train_labels)


@pytest.fixture(scope="session")
def evaluation(census: Dataset, model: LogisticRegression) -> Evaluation:
    return evaluate(model, _numbers, census.test, census.test_labels)
