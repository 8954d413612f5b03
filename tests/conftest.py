"""What all rings share: kinds of models, and folders with everything that a server needs."""

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import joblib
import pytest
import yaml
from kinds import KINDS, Kind

KEY = "a key for the tests: longer than the 32 bytes that HS256 wants, and than the 64 of HS512"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the UCI Adult files the tests that need them are deselected, and the summary says so."""
    if "ADULT_DATA" in os.environ:
        return
    needing = [item for item in items if item.get_closest_marker("adult")]
    config.hook.pytest_deselected(items=needing)
    items[:] = [item for item in items if item not in needing]


@cache
def _kind(name: str) -> Kind:
    return KINDS[name]()


@pytest.fixture(scope="session")
def kind() -> Callable[[str], Kind]:
    """A kind of model by name, fitted once."""
    return _kind


@pytest.fixture
def folder(tmp_path: Path, kind: Callable[[str], Kind]) -> Callable[..., Path]:
    """Write model, users, secret and config.yaml for a kind; returns the path of config.yaml."""

    def write(name: str = "article", **config: object) -> Path:
        made = kind(name)
        joblib.dump(made.model, tmp_path / "model.pkl")
        (tmp_path / "users.json").write_text(json.dumps({"census": "census"}))
        (tmp_path / "secret.txt").write_text(KEY + "\n")
        values: dict[str, object] = {
            "model_path": str(tmp_path / "model.pkl"),
            "users": str(tmp_path / "users.json"),
            "secret": str(tmp_path / "secret.txt"),
            "drain_delay_seconds": 0,
        }
        if made.decoding:
            (tmp_path / "decoding.json").write_text(json.dumps(made.decoding))
            values["prediction_decoding"] = str(tmp_path / "decoding.json")
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(values | config))
        return path

    return write
