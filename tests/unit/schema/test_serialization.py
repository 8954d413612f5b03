"""schema.json: what it holds and which files are rejected."""

import json

import pytest

from ml_census.schema import SchemaError, schema_from_json


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
