"""Defaults and ranges of the configuration agree with each other and with the chart."""

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from ml_census.config import PROTOCOLS, Config
from ml_census.config.validators import Number

CHART = Path(__file__).parents[3] / "charts" / "ml-census"
RANGES: dict[str, Number] = {
    field.name: field.metadata["validator"]
    for field in dataclasses.fields(Config)
    if isinstance(field.metadata["validator"], Number)
}
CHOICES: dict[str, tuple[str, ...]] = {"unauthenticated_protocols": PROTOCOLS} | {
    field.name: get_args(field.type) for field in dataclasses.fields(Config) if get_origin(field.type) is Literal
}


def chart_schema(key: str) -> dict[str, Any]:
    """Return the part of the chart's schema for a configuration key."""
    schema: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())["properties"]["config"]
    part: dict[str, Any] = schema["properties"][key]
    return part


def test_each_number_has_a_range_and_a_default_within() -> None:
    numbers = {field.name: field for field in dataclasses.fields(Config) if field.type in (int, float)}

    assert numbers.keys() == RANGES.keys()
    for name, field in numbers.items():
        RANGES[name](field.default)
        assert RANGES[name].is_whole == (field.type is int)


@pytest.mark.parametrize("key", RANGES)
def test_range_in_the_chart_is_that_of_the_server(key: str) -> None:
    schema = chart_schema(key)

    assert (schema["minimum"], schema["maximum"]) == (RANGES[key].minimum, RANGES[key].maximum)


@pytest.mark.parametrize("key", CHOICES)
def test_chart_accepts_each_choice_of_the_server(key: str) -> None:
    schema = chart_schema(key)

    assert tuple(schema.get("items", schema)["enum"]) == CHOICES[key]


@pytest.mark.parametrize("key", [key for key in RANGES if key.endswith("seconds")])
def test_timer_accepts_the_maximum_time(key: str) -> None:
    assert RANGES[key].maximum < threading.TIMEOUT_MAX
