"""schema.json: what it holds and which files are rejected."""

import json

import pytest

from ml_census.schema import schema


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"form": "rows", "columns": [{"name": "x", "type": "number", "nulable": true}]}', "nulable"),
        ('{"form": "rows", "colums": [], "columns": [{"name": "x", "type": "number"}]}', "colums"),
        (
            '{"form": "rows", "columns": [{"name": "x", "type": "number", "training": {"shares": [1, 0], "max": 1}}]}',
            "max",
        ),
    ],
)
def test_unknown_key_of_a_schema_is_named(text: str, key: str) -> None:
    with pytest.raises(schema.SchemaError, match=f"unknown key {key}"):
        schema.from_json(json.loads(text))
