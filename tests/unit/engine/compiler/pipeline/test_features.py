"""Raw columns as features, by what the schema says of them."""

import pytest

from ml_census.engine.compiler.pipeline.features import (
    UNKNOWN_TEXTS,
    CategoricalFeature,
    OpaqueFeature,
    UnsupportedColumnError,
    UnsupportedModelError,
    input_features,
    known_categories,
    probe_values,
)
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.schema import NAN, Column, Schema


def test_probe_values_are_missing_known_and_unknown_ones() -> None:
    missing, *others = probe_values(Column("a", "category", ("x", "y"), nullable=True))

    assert missing != missing
    assert others == ["x", "y", *UNKNOWN_TEXTS]


def test_rejected_probe_values_are_the_first_category() -> None:
    assert probe_values(Column("a", "category", (3, 7), reject_unknown=True)) == [3, 3, 7, 3, 3]


def test_unknown_numbers_are_beyond_the_known_ones() -> None:
    assert probe_values(Column("a", "category", (3, 7)))[-2:] == [8.5, 1.5]


def test_column_without_categories_is_not_compiled() -> None:
    with pytest.raises(UnsupportedModelError, match="has no category"):
        probe_values(Column("a", "category", (None,), nullable=True))


def test_known_categories_leave_the_missing_value_out() -> None:
    assert known_categories(Column("a", "category", ("x", None, NAN, "y"), nullable=True)) == ["x", "y"]


def test_input_features_follow_the_types_of_the_columns() -> None:
    schema = Schema((Column("a", "number"), Column("b", "category", ("x",)), Column("c", "text")), "frame")

    features = input_features(schema)

    assert [type(feature) for feature in features] == [NumericFeature, CategoricalFeature, OpaqueFeature]
    assert [feature.column for feature in features] == [0, 1, 2]


@pytest.mark.parametrize(("form", "dtype"), [("numbers", "f"), ("text", "U"), ("objects", "O"), ("frame", "O")])
def test_category_values_have_the_dtype_of_the_form(form: str, dtype: str) -> None:
    (feature,) = input_features(Schema((Column(0, "category", (1, 2)),), form))  # type: ignore[arg-type]

    assert isinstance(feature, CategoricalFeature)
    assert feature.values.dtype.kind == dtype


def test_error_names_the_column_as_the_schema_does() -> None:
    schema = Schema((Column("a", "number"), Column("since", "date")), "frame")
    error = UnsupportedColumnError("column {} is a date", 1)

    assert str(error) == "column 1 is a date"
    assert str(error.with_name(schema)) == "column since is a date"


def test_documents_are_not_compiled() -> None:
    with pytest.raises(UnsupportedModelError, match="documents"):
        input_features(Schema((Column("text", "text"),), "documents"))
