"""The columns of a model in a table: by name, by position, or the only text."""

import pytest

from ml_census.schema import Column, Schema
from ml_census.training.data.model_columns import model_columns

NAMED = Schema((Column("age"), Column("note", dropped=True), Column("sex")), "frame")
NUMBERED = Schema((Column(0, "number"), Column(1, "number")), "numbers")
TEXT = Schema((Column("text", "text"),), "documents")


def test_named_columns_are_found_in_any_order() -> None:
    assert model_columns(NAMED, ["y", "sex", "id", "note", "age"], "y") == ["age", "note", "sex"]


def test_ignored_column_may_be_missing() -> None:
    assert model_columns(NAMED, ["age", "sex", "y"], "y") == ["age", None, "sex"]


def test_columns_without_names_are_found_by_position() -> None:
    assert model_columns(NUMBERED, ["b", "y", "a"], "y") == ["b", "a"]


def test_group_column_has_no_position_if_there_are_too_many() -> None:
    assert model_columns(NUMBERED, ["region", "b", "a", "y"], "y", ["region"]) == ["b", "a"]
    assert model_columns(NUMBERED, ["b", "a", "y"], "y", ["b"]) == ["b", "a"]


def test_text_model_takes_the_only_column() -> None:
    assert model_columns(TEXT, ["ticket", "y"], "y") == ["ticket"]
    assert model_columns(TEXT, ["id", "text", "y"], "y") == ["text"]


@pytest.mark.parametrize(
    ("schema", "names", "groups", "reason"),
    [
        (NAMED, ["age", "sex"], [], "no target column y; the columns are age, sex"),
        (NAMED, ["age", "sex", "y"], ["region"], "no group column region"),
        (NAMED, ["sex", "y"], [], "1 of the model's columns are missing: age"),
        (NAMED, ["age", "sex", "sex", "y"], [], "two columns have the name sex"),
        (NAMED, ["y"], [], "2 of the model's columns are missing: age, sex"),
        (NUMBERED, ["a", "y"], [], "1 columns beside the target, expected 2"),
        (TEXT, ["a", "b", "y"], [], "expected one column beside the target, got a, b"),
    ],
)
def test_missing_columns_are_named(schema: Schema, names: list[str], groups: list[str], reason: str) -> None:
    with pytest.raises(KeyError, match=reason):
        model_columns(schema, names, "y", groups)


def test_target_that_the_model_reads_is_rejected() -> None:
    with pytest.raises(KeyError, match="the target age is a column of the model"):
        model_columns(NAMED, ["age", "sex"], "age")
