"""Fixtures of the server's tests: a server on a thread, and clocks that a test moves."""

import time
from collections.abc import Iterator

import pytest

from ml_census.config import Config
from support.running_server import CONFIG, MoveClocks, RunningServer, run_server


@pytest.fixture
def config() -> Config:
    """Return the configuration of the server; a test parametrizes another one."""
    return CONFIG


@pytest.fixture
def server(config: Config) -> Iterator[RunningServer]:
    """Yield a server that has just started."""
    with run_server(config) as running:
        yield running


@pytest.fixture
def move_clocks(monkeypatch: pytest.MonkeyPatch) -> MoveClocks:
    """Return a function that sets both clocks relative to their true values."""
    time_of_day, monotonic = time.time, time.monotonic

    def move(day: float, both: float) -> None:
        monkeypatch.setattr(time, "time", lambda: time_of_day() + day + both)
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + both)

    return move
