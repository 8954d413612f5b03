"""Columns of a schema follow from the facts that steps state."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_census.models.schema_inference.column_facts import ColumnFacts
from ml_census.schema import Column, SchemaError


def test_first_statement_about_a_column_decides() -> None:
    facts = ColumnFacts(numbers={0})

    facts.add_categories([0, 1], [np.array(["a"]), np.array(["b"])], rejects=True)
    facts.add_categories([1], [np.array(["c"])], rejects=False)

    assert facts.column(0, "x") == Column("x", "number")
    assert facts.column(1, "y") == Column("y", "category", ("b",), reject_unknown=True)


def test_column_is_nullable_unless_an_estimator_rejects_missing_values() -> None:
    facts = ColumnFacts(nullable={0})

    facts.add_all([ColumnFacts(nullable={1, 2}), ColumnFacts(complete={0, 2})])

    assert facts.nullable == {0, 1}


def test_column_is_dropped_if_all_estimators_drop_it() -> None:
    facts = ColumnFacts()

    facts.add_all([ColumnFacts(dropped={0, 1}), ColumnFacts(dropped={1})])

    assert facts.dropped == {1}


def test_earlier_estimator_decides_on_categories() -> None:
    facts = ColumnFacts(numbers={0})
    first, second = ({0: np.array([text]), 1: np.array([text])} for text in "ab")

    facts.add_all([ColumnFacts(categories=first), ColumnFacts(categories=second, reject_unknown={1})])

    assert facts.column(0, "x") == Column("x", "number")
    assert facts.column(1, "y") == Column("y", "category", ("a",), reject_unknown=True)


def test_categories_of_unknown_columns_are_ignored() -> None:
    facts = ColumnFacts()

    facts.add_categories([None], [np.array(["a"])], rejects=True)
    facts.add_categories([0], [np.array(["a"]), np.array(["b"])], rejects=True)

    assert facts.column(0, "x") == Column("x", "any")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ColumnFacts(texts={0}), Column("x", "text")),
        (ColumnFacts(dropped={0}), Column("x", "any", nullable=True, dropped=True)),
        (ColumnFacts(dropped={0}, used={0}), Column("x", "any")),
        (ColumnFacts(nullable={0}), Column("x", "any", nullable=True)),
        (
            ColumnFacts(categories={0: np.array(["a"])}, missing_categories={0: "?"}),
            Column("x", "category", ("a", "?")),
        ),
        (
            ColumnFacts(categories={0: np.array(["a", None], dtype=object)}),
            Column("x", "category", ("a", None), nullable=True),
        ),
    ],
    ids=["text", "dropped", "dropped and used", "nullable", "missing category", "null category"],
)
def test_column_follows_from_its_facts(facts: ColumnFacts, expected: Column) -> None:
    assert facts.column(0, "x") == expected


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([b"a"]), "bytes"),
        (np.array(["2024-01-01"], dtype="datetime64[D]"), "datetime64"),
        (np.array([pd.Timestamp("2024-01-01")], dtype=object), "Timestamp"),
    ],
    ids=["bytes", "dates", "timestamps"],
)
def test_categories_that_json_does_not_have_are_rejected(values: np.ndarray, dtype: str) -> None:
    with pytest.raises(SchemaError, match=f"^column x: JSON cannot hold its categories .*{dtype}"):
        ColumnFacts(categories={0: values}).column(0, "x")


@pytest.mark.parametrize(
    ("types", "dtype", "expected"),
    [
        (["number", "number"], "U1", "numbers"),
        (["number", "category"], "U1", "text"),
        (["number", "category"], "O", "objects"),
        (["any", "category"], "U1", "objects"),
    ],
)
def test_form_follows_from_types_and_categories(types: list[Any], dtype: str, expected: str) -> None:
    facts = ColumnFacts(categories={1: np.array(["a"], dtype=dtype)})

    assert facts.form([Column(index, column_type) for index, column_type in enumerate(types)]) == expected
