"""Details of rejected rows in a message."""

from typing import Any

import pytest

from ml_census.protocols.error_details import with_first_detail


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ([], "why"),
        ([{"row": 1, "expected": "a list"}], "why: row 1: expected a list"),
        ([{"row": 1, "column": "age", "got": "x", "expected": "a number"}, {"row": 2, "expected": "a list"}],
         'why: row 1, column age: expected a number, got "x"'),
    ],
)  # fmt: skip
def test_message_has_the_first_rejected_value(details: list[dict[str, Any]], message: str) -> None:
    assert with_first_detail("why", details) == message
