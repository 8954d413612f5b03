"""docs/reference/compiled-models.md lists what compiles, by the rules of the code."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_list_of_what_compiles_is_current() -> None:
    command = [sys.executable, str(ROOT / "ci/generate-compile-docs.py"), "--check"]

    assert subprocess.run(command, capture_output=True, text=True).stdout == ""
