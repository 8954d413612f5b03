"""Parsing of the operator's JSON files: an error locates the mistake and quotes no value."""

import pytest

from ml_census.storage import json_file


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
def test_malformed_json_is_located_and_not_quoted(text: str, reason: str) -> None:
    with pytest.raises(Exception, match=reason.replace("\\", "\\\\")) as caught:
        json_file.parse(text.encode("latin-1"))

    assert "secret" not in str(caught.value)


def test_byte_order_mark_is_skipped() -> None:
    assert json_file.parse('{"alice": "secret"}'.encode("utf-8-sig")) == {"alice": "secret"}
