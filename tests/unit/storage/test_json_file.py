"""Every JSON file of an operator is read by the same rules, and a mistake in it is located."""

from collections.abc import Callable
from typing import Any

import pytest

from ml_census import auth
from ml_census.models.manifest import parse_object
from ml_census.schema import schema

READERS: dict[str, Callable[[bytes], Any]] = {
    "users": auth.parse_users,
    "schema": schema.from_json,
    "decoding, manifest, golden": lambda data: parse_object("key", "file", data),
}


@pytest.fixture(params=READERS.values(), ids=READERS.keys())
def read(request: pytest.FixtureRequest) -> Callable[[bytes], Any]:
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{\n  "alice": "secret",\n}', r"at line (3 column 1|2 column 20)"),
        ('{"alice": "\\secret"}', "not JSON: Invalid \\escape at line 1 column 12"),
        ('{"alice": "secret1", "alice": "secret2"}', 'an object names the key "alice" twice'),
        ('{"alice": "secret\xff"}', "not UTF-8 text"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "a number of too many digits"),
        ("", "line 1 column 1"),
    ],
)
def test_a_mistake_is_located_and_no_value_is_quoted(read: Callable[[bytes], Any], text: str, reason: str) -> None:
    with pytest.raises(Exception, match=reason.replace("\\", "\\\\")) as caught:
        read(text.encode("latin-1"))

    assert "secret" not in str(caught.value)


def test_a_byte_order_mark_is_skipped() -> None:
    users = auth.parse_users('{"alice": "secret"}'.encode("utf-8-sig"))

    assert users == {"alice": "secret"}


def test_a_byte_order_mark_is_no_part_of_a_signing_key() -> None:
    key = "k" * 43

    assert auth.parse_keys(key.encode("utf-8-sig")) == auth.parse_keys(key.encode())


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
def test_a_misspelt_key_of_a_schema_is_named(text: str, key: str) -> None:
    with pytest.raises(schema.SchemaError, match=f"unknown key {key}"):
        schema.from_json(text.encode())
