"""`ml-census sandbox`: exit code of a check that the system prevents."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow  # a process of its own, because the sandbox lowers its priority
def test_unreadable_folder_is_a_temporary_failure(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ml_census", "sandbox", str(tmp_path / "missing")]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stderr) == (os.EX_TEMPFAIL, "ml-census: No such file or directory\n")
