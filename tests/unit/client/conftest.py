"""A server whose responses a test plans."""

from collections.abc import Iterator

import pytest

from support.scripted_server import ScriptedServer, serve_script


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with serve_script() as server:
        yield server
