"""What all rings share: kinds of models, and folders with everything that a server needs."""

import json
import os
import subprocess
import sys
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


def write_folder(path: Path, name: str, **config: object) -> Path:
    """Write model, users, secret and config.yaml for a kind of model; returns the path of config.yaml."""
    made = _kind(name)
    joblib.dump(made.model, path / "model.pkl")
    (path / "users.json").write_text(json.dumps({"census": "census"}))
    (path / "secret.txt").write_text(KEY + "\n")
    values: dict[str, object] = {
        "model_path": str(path / "model.pkl"),
        "users": str(path / "users.json"),
        "secret": str(path / "secret.txt"),
        "drain_delay_seconds": 0,
    }
    if made.decoding:
        (path / "decoding.json").write_text(json.dumps(made.decoding))
        values["prediction_decoding"] = str(path / "decoding.json")
    (path / "config.yaml").write_text(yaml.safe_dump(values | config))
    return path / "config.yaml"


def write_trained(path: Path, source: str) -> Path:
    """Write a server's folder with the boosted model, trained on a source; returns the path of config.yaml."""
    command = [sys.executable, "-m", "ml_census", "train", "--recipe", "boosted", "--data", source]
    subprocess.run([*command, "--output", str(path)], check=True, capture_output=True)
    (path / "users.json").write_text('{"census": "census"}')
    (path / "secret.txt").write_text(KEY)
    names = {"model_path": "model.pkl", "users": "users.json", "secret": "secret.txt"}
    names["prediction_decoding"] = "prediction_decoding.json"
    config = {key: str(path / name) for key, name in names.items()}
    (path / "config.yaml").write_text(yaml.safe_dump(config | {"drain_delay_seconds": 0}))
    return path / "config.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a server's folder for a kind of model, with changes to its configuration."""

    def write(name: str = "article", **config: object) -> Path:
        return write_folder(tmp_path, name, **config)

    return write
