"""The list of messages in the documentation is that of the code."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "error-messages.md"


def test_the_list_of_messages_is_current() -> None:
    command = [sys.executable, str(ROOT / "ci" / "generate-error-docs.py"), "--check"]

    assert subprocess.run(command, capture_output=True, text=True).stdout == ""


@pytest.mark.parametrize(
    "row",
    [
        "| Token is missing! | 401; 403 at `/prediction` | `api/prediction_service` |",
        "| the body is larger than max_body_bytes (… bytes) | 400, 404, 405 or 413 | `api/request_body` |",
        "| must be between … and … | refused | `config` |",
        "| too many requests wait already | 503 | `server/wire` |",
    ],
)
def test_each_way_to_say_a_message_is_found(row: str) -> None:
    """Raised, returned, or made once for all."""
    assert row in PAGE.read_text().splitlines()
