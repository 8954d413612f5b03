"""A umask that hides nothing, a server whose responses a test plans, and the files of a user."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.predict_options import OPTIONS
from support.scripted_server import ScriptedServer, serve_script


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Set a umask of 0, so that a file is private only by its own mode."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with serve_script() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files of the user and the password."""
    for option in OPTIONS:
        (tmp_path / option).write_text("x\n")
    return tmp_path
