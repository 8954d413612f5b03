"""Servers of models that the command line published."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
import yaml

from conftest import KEY
from support.live_server import SECONDS, Launch, Server

HEAVY = ["sklearn", "scipy", "joblib", "pandas", "xgboost", "lightgbm"]


class ServeFolder(Protocol):
    """Starts a server of a published folder."""

    def __call__(
        self, folder: Path, model: str = "model.pkl", env: dict[str, str] | None = None, **config: object
    ) -> Server:
        """Start the server, with changes to its configuration."""


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ml_census", *(str(arg) for arg in args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def write_server_config(folder: Path, model: Path, **config: object) -> Path:
    """Write users, key and config.yaml for a model in another folder."""
    (folder / "users.json").write_text(json.dumps({"census": "census"}))
    (folder / "secret.txt").write_text(KEY + "\n")
    values = {
        "model_path": str(model),
        "users": str(folder / "users.json"),
        "secret": str(folder / "secret.txt"),
        "drain_delay_seconds": 0,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(values | config))
    return folder / "config.yaml"


@pytest.fixture
def serve_folder(launch: Launch, tmp_path: Path) -> Iterator[ServeFolder]:
    """Start servers of published folders."""
    servers: list[Server] = []

    def serve(folder: Path, model: str = "model.pkl", env: dict[str, str] | None = None, **config: object) -> Server:
        decoding = folder / "prediction_decoding.json"
        config = ({"prediction_decoding": str(decoding)} if decoding.exists() else {}) | config
        servers.append(launch(write_server_config(tmp_path, folder / model, **config), env))
        return servers[-1]

    yield serve
    for server in servers:
        server.end()


@pytest.fixture
def without_sklearn(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the heavy packages cannot be imported."""
    for name in HEAVY:
        (tmp_path / "without" / name).mkdir(parents=True)
        (tmp_path / "without" / name / "__init__.py").write_text(
            f"raise ModuleNotFoundError('hidden', name='{name}')\n"
        )
    return {"PYTHONPATH": str(tmp_path / "without")}


def manifest_of(folder: Path) -> dict[str, str]:
    files: dict[str, str] = json.loads((folder / "manifest.json").read_text())["files"]
    return files
