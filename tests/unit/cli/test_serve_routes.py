"""`ml-census serve`: what is checked before the model loads."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ml_census.cli.main import main

LEAST = "model_path: nowhere.pkl\nusers: u\nsecret: s\n"


@pytest.fixture
def sigterm() -> Iterator[None]:
    """Restore the handler of SIGTERM, which serve() replaces."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.usefixtures("sigterm")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--predict-route", "/p/<x>", "--health-route", "/h"], "must be a path"),
        (["--predict-route", "predict", "--health-route", "/h"], "must be a path"),
        (["--predict-route", "/p", "--health-route", "/h?x=1"], "must be a path"),
        (["--predict-route", "/login", "--health-route", "/h"], "/login is another path of the server"),
        (["--predict-route", "/p", "--health-route", "/p"], "/p cannot be both paths"),
        (["--predict-route", "/p"], "are given together"),
    ],
)
def test_route_is_checked_before_the_model_loads(tmp_path: Path, options: list[str], reason: str) -> None:
    """The next error would be that the model does not exist."""
    (tmp_path / "config.yaml").write_text(LEAST)

    result = CliRunner().invoke(main, ["serve", "--config", str(tmp_path / "config.yaml"), *options])

    assert result.exit_code == 1
    assert reason in result.output
    assert "nowhere.pkl" not in result.output
