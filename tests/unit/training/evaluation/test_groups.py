"""Groups of test rows, and their errors."""

import numpy as np
import pandas as pd
import pytest

from ml_census.training.evaluation.groups import (
    MAX_GROUPS,
    class_measures,
    error_measures,
    evaluate_groups,
    split,
)
from ml_census.training.evaluation.predictions import ClassPredictions
from support.evaluations import Case


def sizes(values: pd.Series) -> dict[str, int]:
    return {name: int(here.sum()) for name, here in split(values)}


def test_each_row_is_in_one_group_of_each_column(binary: Case) -> None:
    for column in ("town", "age"):
        groups = [group for group in binary.evaluation.groups if group.column == column]
        assert sum(group.rows for group in groups) == len(binary.truth)
        wrong = [group.measures["wrong"].count for group in groups]
        assert sum(filter(None, wrong)) == (binary.predicted != binary.truth).sum()


def test_false_positives_of_a_group_are_those_of_its_rows(binary: Case) -> None:
    here = (binary.test["town"] == "Oslo").to_numpy() & (binary.truth == "no")
    (group,) = [group for group in binary.evaluation.groups if group.value == "Oslo"]

    estimate = group.measures["false_positives"]

    assert (estimate.count, estimate.of) == ((binary.predicted[here] == "yes").sum(), here.sum())


def test_three_classes_have_no_false_positives(multiclass: Case) -> None:
    assert set(multiclass.evaluation.groups[0].measures) == {"wrong"}


def test_categories_are_sorted_by_their_rows() -> None:
    assert list(sizes(pd.Series(["b", "a", "b", "c", "a", "b"]))) == ["b", "a", "c"]


def test_rare_categories_are_one_group() -> None:
    values = pd.Series([f"name {index % 30}" for index in range(30)] + ["often"] * 100)

    found = sizes(values)

    assert len(found) == MAX_GROUPS
    assert (found["often"], found["20 other values"]) == (100, 20)


def test_numbers_are_split_into_quarters() -> None:
    assert sizes(pd.Series(range(100))) == {"0 to 24": 25, "25 to 49": 25, "50 to 74": 25, "75 to 99": 25}


def test_few_numbers_are_groups_in_ascending_order() -> None:
    assert list(sizes(pd.Series([10, 2, 2, 10, 10, 3]))) == ["2", "3", "10"]


def test_dates_are_split_into_quarters() -> None:
    assert list(sizes(pd.Series(pd.date_range("2026-01-01", periods=100))))[0] == "2026-01-01 to 2026-01-25"


def test_long_texts_are_split_by_their_length() -> None:
    texts = pd.Series(["x" * length for length in range(1, 101)])

    assert list(sizes(texts))[::3] == ["1 to 25 characters", "76 to 100 characters"]


def test_texts_of_one_length_are_one_group() -> None:
    assert sizes(pd.Series([f"{index:05} and" for index in range(100)])) == {"9 characters": 100}


def test_dates_in_texts_are_split_into_quarters() -> None:
    texts = pd.Series([*pd.date_range("2026-01-01", periods=100).strftime("%Y-%m-%d"), None])

    assert list(sizes(texts)) == [
        "2026-01-01 to 2026-01-25",
        "2026-01-26 to 2026-02-19",
        "2026-02-20 to 2026-03-16",
        "2026-03-17 to 2026-04-10",
        "missing",
    ]


def test_many_categories_are_no_free_text() -> None:
    found = sizes(pd.Series([f"region {index % 30:02}" for index in range(600)]))

    assert (found["region 00"], found["19 other values"]) == (20, 380)


@pytest.mark.parametrize(
    "values",
    [pd.Series(["a", None, "a"]), pd.Series([*range(99), np.nan]), pd.Series([True, None], dtype="boolean")],
)
def test_missing_values_are_a_group(values: pd.Series) -> None:
    found = sizes(values)

    assert found["missing"] == 1
    assert sum(found.values()) == len(values)


def test_measures_are_those_of_a_small_table() -> None:
    rows = pd.DataFrame({"town": ["Bern", "Bern", "Bern", "Oslo"]})
    predictions = ClassPredictions(["no", "yes"], np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0]), None)

    bern, oslo = evaluate_groups(rows, ["town"], class_measures(predictions))

    assert {name: (part.count, part.of) for name, part in bern.measures.items()} == {
        "wrong": (1, 3),
        "false_positives": (1, 2),
        "false_negatives": (0, 1),
    }
    assert (oslo.measures["false_positives"].of, oslo.measures["false_negatives"].count) == (0, 1)


def test_errors_of_a_group_are_their_means() -> None:
    (group,) = evaluate_groups(pd.DataFrame({"town": ["Bern"] * 2}), ["town"], error_measures(np.array([-1.0, 4.0])))

    assert (group.measures["absolute"].value, group.measures["signed"].value) == (2.5, 1.5)
