"""A shell script in place of the Python that the sandbox starts."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Program = Callable[[str], None]


def replace_python(folder: Path, patch: pytest.MonkeyPatch) -> Program:
    """Return a function that sets the script."""

    def write(script: str) -> None:
        path = folder / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        patch.setattr(sys, "executable", str(path))

    return write
