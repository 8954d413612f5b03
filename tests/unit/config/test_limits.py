"""Limits agree with each other, in the server and in the chart; what cannot work is refused before a model loads."""

import dataclasses
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ml_census import config
from ml_census.cli.main import main
from ml_census.config import Config
from ml_census.config.validators import Number
from ml_census.errors import ConfigError

CHART = Path(__file__).parents[3] / "charts" / "ml-census"
LEAST = "model_path: nowhere.pkl\nusers: u\nsecret: s\n"


RANGES: dict[str, Number] = {
    field.name: field.metadata["validator"]
    for field in dataclasses.fields(Config)
    if isinstance(field.metadata["validator"], Number)
}


def test_each_number_has_a_range_and_a_default_within() -> None:
    numbers = {field.name: field for field in dataclasses.fields(Config) if field.type in (int, float)}

    assert numbers.keys() == RANGES.keys()
    for name, field in numbers.items():
        RANGES[name](field.default)
        assert RANGES[name].is_whole == (field.type is int)


@pytest.mark.parametrize("key", RANGES)
def test_the_chart_has_the_bounds_of_the_server(key: str) -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]["config"]["properties"][key]

    assert (schema["minimum"], schema["maximum"]) == (RANGES[key].minimum, RANGES[key].maximum)


@pytest.mark.parametrize("key", [key for key in RANGES if key.endswith("seconds")])
def test_a_timer_takes_the_longest_time(key: str) -> None:
    assert RANGES[key].maximum < threading.TIMEOUT_MAX


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_rows: 5\nmax_rows: 50000\n", "the key max_rows stands twice, again at line 5"),
        ("model_path: other.pkl\n", "the key model_path stands twice, again at line 4"),
        ("cors_origins: https://a.example\n", "cors_origins: must be a list of origins"),
        ("cors_origins: [https://a.example/]\n", "cors_origins: must be a list of origins"),
        ("cors_origins: [https://A.example]\n", "cors_origins: must be a list of origins"),
        ("cors_origins: [a.example]\n", "cors_origins: must be a list of origins"),
        ("cors_origins: [7]\n", "cors_origins: must be a list of origins"),
        ("max_body_bytes: 1099511627776\n", "max_body_bytes: must be between 1 and 1073741824"),
        ("reload_interval_seconds: 1.0e+12\n", "reload_interval_seconds: must be between 0 and 10000000"),
        ("request_timeout_seconds: 0\n", "request_timeout_seconds: must be between 1 and"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.yaml").write_text(LEAST + text)

    with pytest.raises(ConfigError) as raised:
        config.load(str(tmp_path / "config.yaml"))

    assert message in str(raised.value)


@pytest.mark.parametrize("origin", ["https://a.example", "http://127.0.0.1:8080", "http://[::1]:3000", "*"])
def test_an_origin_is_taken_as_browsers_send_it(tmp_path: Path, origin: str) -> None:
    (tmp_path / "config.yaml").write_text(LEAST + json.dumps({"cors_origins": [origin]})[1:-1] + "\n")

    assert config.load(str(tmp_path / "config.yaml")).cors_origins == (origin,)


def test_a_byte_order_mark_before_the_configuration_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(LEAST, encoding="utf-8-sig")

    assert config.load(str(tmp_path / "config.yaml")).users == "u"


@pytest.fixture
def sigterm() -> Iterator[None]:
    """serve() sets its own handler."""
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
def test_a_route_is_checked_before_the_model_loads(tmp_path: Path, options: list[str], reason: str) -> None:
    """The model of this configuration is not there, which would be the next error."""
    (tmp_path / "config.yaml").write_text(LEAST)

    result = CliRunner().invoke(main, ["serve", "--config", str(tmp_path / "config.yaml"), *options])

    assert result.exit_code == 1
    assert reason in result.output
    assert "nowhere.pkl" not in result.output
