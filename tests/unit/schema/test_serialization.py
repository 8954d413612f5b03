"""schema.json: what it holds, and which files are rejected."""

import json
import math

import pytest

from ml_census.schema import (
    Column,
    Schema,
    SchemaError,
    TrainingDistribution,
    schema_from_json,
    schema_to_json,
)

SCHEMA = Schema(
    (
        Column("age", "number", training=TrainingDistribution((0.5, 0.3, 0.2, 0.0), (30, 50), 17, 90, 35)),
        Column("text", "text", training=TrainingDistribution((0.5, 0.5, 0.0), (30,), 2, 90, "yes")),
        Column("day", "date", training=TrainingDistribution((1.0, 0.0), (), "2024-01-01T00:00:00")),
        Column("paid", "category", (False, True), training=TrainingDistribution((1.0, 0.0, 0.0), typical=False)),
        Column("work", "category", ("Private", "?"), nullable=True, dtype="category"),
        Column("sex", "category", ("Female", "Male"), reject_unknown=True),
        Column("note", dropped=True),
    ),
    "objects",
)


def test_schema_survives_json() -> None:
    assert schema_from_json(json.loads(json.dumps(schema_to_json(SCHEMA)))) == SCHEMA


def test_missing_value_among_categories_survives_json() -> None:
    schema = Schema((Column("a", "category", (1, 2, float("nan")), nullable=True),), "frame")

    document = json.dumps(schema_to_json(schema), allow_nan=False)
    (column,) = schema_from_json(json.loads(document)).columns

    assert column.validate(1) == (1, True)
    assert math.isnan(column.validate(None)[0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "must hold"),
        ('{"form": "frame"}', "must hold"),
        ('{"form": "frame", "columns": [7]}', "must hold"),
        ('{"form": "cube", "columns": [{"name": "a", "type": "number"}]}', "form must be one of"),
        ('{"form": "frame", "columns": [{"name": "a", "type": "time"}]}', "a type one of"),
        ('{"form": "frame", "columns": []}', "at least one column"),
        ('{"form": "frame", "columns": [{"name": "a", "type": "category"}]}', "needs categories"),
        (
            '{"form": "frame", "columns": [{"name": "a", "type": "any"}, {"name": "a", "type": "any"}]}',
            "a different name for each",
        ),
    ],
)
def test_unusable_schema_is_rejected(text: str, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason):
        schema_from_json(json.loads(text))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"form": "rows", "columns": [{"name": "x", "type": "number", "nulable": true}]}', "nulable"),
        ('{"form": "rows", "colums": [], "columns": [{"name": "x", "type": "number"}]}', "colums"),
        ('{"form": "rows", "columns": [{"name": "x", "type": "number", "training": {"max": 1}}]}', "max"),
        ('{"columns": [{"name": "x", "refuse_unknown": true}]}', "refuse_unknown, which is now called reject_unknown"),
    ],
)
def test_unknown_key_of_a_schema_is_named(text: str, key: str) -> None:
    with pytest.raises(SchemaError, match=f"unknown key {key}"):
        schema_from_json(json.loads(text))


@pytest.mark.parametrize(
    "training",
    [
        {"frequencies": [1.0]},
        {"frequencies": [0.5, 0.3, 0.2, 0], "bin_edges": [50, 30]},
        {"frequencies": [0.5, 0.3, 0.2, 0], "bin_edges": [30, 30]},
        {"frequencies": [0.5, 0.3, 0.2, "0"], "bin_edges": [30, 50]},
        {"frequencies": [0.5, 0.3, 0.2, True], "bin_edges": [30, 50]},
        {"frequencies": [0.5, 0.3, 0.2, math.inf], "bin_edges": [30, 50]},
        {"frequencies": 1},
        {"bin_edges": [30, 50]},
        [],
    ],
)
def test_distribution_that_does_not_fit_is_rejected(training: object) -> None:
    column = {"name": "age", "type": "number", "training": training}

    with pytest.raises(SchemaError):
        schema_from_json({"form": "frame", "columns": [column]})


@pytest.mark.parametrize(
    ("kind", "training"),
    [
        ("date", {"frequencies": [0.5, 0.5, 0], "bin_edges": [7]}),
        ("date", {"frequencies": [0.5, 0.5, 0], "bin_edges": ["5 March"]}),
        ("date", {"frequencies": [1, 0], "minimum": "5 March"}),
        ("text", {"frequencies": [0.5, 0.5, 0], "bin_edges": ["a"]}),
        ("number", {"frequencies": [1, 0], "typical": "many"}),
    ],
)
def test_value_of_another_type_is_rejected(kind: str, training: object) -> None:
    with pytest.raises(SchemaError, match="of x"):
        schema_from_json({"form": "frame", "columns": [{"name": "x", "type": kind, "training": training}]})
