"""JSON Schemas as short HTML."""

from typing import Any

import pytest

from ml_census.api.web.schema_text import describe

DETAIL = {"$ref": "#/components/schemas/Detail"}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (True, "any"),
        ({}, "any"),
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": "array"}, "any[]"),
        ({"type": "array", "items": {"type": "number"}}, "number[]"),
        ({"type": "array", "items": {"type": ["number", "null"]}}, "(number | null)[]"),
        ({"enum": ["a", 1]}, '"a" | 1'),
        ({"const": None}, "null"),
        (DETAIL, '<a href="#Detail">Detail</a>'),
        ({"oneOf": [{"type": "number"}, DETAIL]}, 'number | <a href="#Detail">Detail</a>'),
        ({"type": "object"}, "object"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "{[name]: integer}"),
    ],
)
def test_schema_is_described_as_a_type(schema: Any, text: str) -> None:
    assert describe(schema) == text


def test_object_has_a_line_for_each_property() -> None:
    schema = {
        "type": "object",
        "required": ["error message"],
        "properties": {
            "error message": {"type": "string"},
            "inner": {"type": "object", "properties": {"n": {"type": "integer", "description": "Seconds <1>."}}},
        },
    }

    assert describe(schema) == (
        '{\n  "error message": string\n  inner?: {\n    n?: integer  <i>// Seconds &lt;1&gt;.</i>\n  }\n}'
    )


def test_choices_that_only_require_are_omitted() -> None:
    schema = {"type": "object", "anyOf": [{"required": ["a"]}], "properties": {"a": {"type": "number"}}}

    assert describe(schema) == "{\n  a?: number\n}"
