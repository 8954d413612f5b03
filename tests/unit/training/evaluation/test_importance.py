"""Permutation importance of columns."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

from ml_census.schema import Columns
from ml_census.training.evaluation.importance import MAX_COLUMNS, ROWS, measure_importances, sample_rows
from support.evaluations import Case, evaluate_case


def test_importance_is_near_that_of_scikit_learn(binary: Case) -> None:
    expected = permutation_importance(
        binary.model, binary.test[binary.columns], binary.truth, scoring="roc_auc", n_repeats=20, random_state=0
    )
    assert binary.evaluation.importances is not None

    means = {item.column: item.mean for item in binary.evaluation.importances.items}

    assert [means[name] for name in binary.columns] == pytest.approx(expected.importances_mean, abs=0.02)


def test_most_important_column_is_the_first(binary: Case, regression: Case) -> None:
    for case in (binary, regression):
        assert case.evaluation.importances is not None
        items = case.evaluation.importances.items
        assert [items[0].column, items[-1].column] == ["size", "noise"]


def test_importance_of_a_regressor_is_the_increase_of_its_error(regression: Case) -> None:
    importances = regression.evaluation.importances
    assert importances is not None

    expected = permutation_importance(
        regression.model, regression.test[regression.columns], regression.truth,
        scoring="neg_mean_absolute_error", n_repeats=20, random_state=0,
    )  # fmt: skip

    assert importances.measure == "mae"
    assert importances.items[0].mean == pytest.approx(expected.importances_mean.max(), rel=0.1)


def test_ignored_column_has_no_importance() -> None:
    def score(columns: Columns, positions: np.ndarray) -> float:
        return float(np.sum(np.array(columns[0]) * np.arange(len(positions))))

    importances = measure_importances(["used", "ignored"], [list(range(50))] * 2, "mae", score)

    assert (importances.items[-1].column, importances.items[-1].mean) == ("ignored", 0)


@pytest.mark.slow
def test_two_hundred_columns_have_the_twenty_most_important() -> None:
    random = np.random.default_rng(0)
    names = [f"c{index}" for index in range(200)]
    rows = pd.DataFrame(random.normal(size=(400, 200)), columns=names)
    target = rows[names[:20]].sum(axis=1)
    case = evaluate_case(Case(LinearRegression(), pd.concat([rows] * 2), pd.concat([target] * 2), names), [])

    importances = case.evaluation.importances

    assert importances is not None
    assert (importances.columns, len(importances.items)) == (200, MAX_COLUMNS)
    assert {item.column for item in importances.items} == set(names[:20])


def test_sample_has_a_maximum_number_of_rows() -> None:
    assert len(sample_rows(5000)) == ROWS
    assert sorted(sample_rows(3).tolist()) == [0, 1, 2]
