"""Evaluations of small models of each kind."""

import pytest

from support import evaluations
from support.evaluations import Case


@pytest.fixture(scope="session")
def binary() -> Case:
    return evaluations.binary_case()


@pytest.fixture(scope="session")
def without_probabilities() -> Case:
    return evaluations.case_without_probabilities()


@pytest.fixture(scope="session")
def multiclass() -> Case:
    return evaluations.multiclass_case()


@pytest.fixture(scope="session")
def regression() -> Case:
    return evaluations.regression_case()


@pytest.fixture(scope="session")
def texts() -> Case:
    return evaluations.text_case()
