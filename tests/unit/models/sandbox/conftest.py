"""The environment of the child process."""

import pytest

from support.harmful_pickles import PYTHONPATH


@pytest.fixture(autouse=True)
def python_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the child process import the globals that the tests trust."""
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
