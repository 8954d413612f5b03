"""Fixtures of all rings: sample models, and folders with everything that a server needs."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
import yaml

if TYPE_CHECKING:
    from support.sample_models import SampleModel

ROOT = Path(__file__).parents[1]
KEY = "a key for the tests: longer than the 32 bytes that HS256 wants, and than the 64 of HS512"


class WriteFolder(Protocol):
    """Writes a server's folder with a kind of model, and returns its config.yaml."""

    def __call__(self, name: str = "article", **config: object) -> Path:
        """Write the folder, with changes to its configuration."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that need the UCI Adult files if they are missing."""
    if "ADULT_DATA" in os.environ:
        return
    needing = [item for item in items if item.get_closest_marker("adult")]
    config.hook.pytest_deselected(items=needing)
    items[:] = [item for item in items if item not in needing]


def find_tool(*command: str) -> str:
    """Return the path that `ci/COMMAND --find` prints; fail with its line where `make setup-tests` has not run."""
    script, *args = command
    done = subprocess.run([ROOT / "ci" / script, "--find", *args], capture_output=True, text=True)
    if done.returncode:
        pytest.fail(done.stderr.strip(), pytrace=False)
    return done.stdout.strip()


@cache
def _sample_model(name: str) -> "SampleModel":
    from support.sample_models import SAMPLE_MODELS  # imports scikit-learn (1 s), which chart tests do not need

    return SAMPLE_MODELS[name]()


@pytest.fixture(scope="session")
def sample_model() -> "Callable[[str], SampleModel]":
    """Return a sample model by name; each is fitted once per process."""
    return _sample_model


@cache
def _published(name: str, columns: bytes) -> dict[str, bytes]:
    """Publish a kind of model once per process (0.1 s) and return its files by name."""
    from ml_census.models import schema_inference
    from ml_census.models.publishing import publish
    from ml_census.schema import schema_from_json

    sample = _sample_model(name)
    known = schema_from_json(json.loads(columns)) if columns else schema_inference.infer_schema(sample.model)
    with tempfile.TemporaryDirectory() as folder:
        publish(sample.model, known, sample.decoding, [], {}, folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def write_config(path: Path, decoding: str | None, **config: object) -> Path:
    """Write users, secret and config.yaml beside model.pkl; return the path of config.yaml."""
    (path / "users.json").write_text(json.dumps({"census": "census"}))
    (path / "secret.txt").write_text(KEY + "\n")
    values: dict[str, object] = {
        "model_path": str(path / "model.pkl"),
        "users": str(path / "users.json"),
        "secret": str(path / "secret.txt"),
        "drain_delay_seconds": 0,
    }
    if decoding:
        values["prediction_decoding"] = str(path / decoding)
    (path / "config.yaml").write_text(yaml.safe_dump(values | config))
    return path / "config.yaml"


def write_folder(path: Path, name: str, **config: object) -> Path:
    """Write a server's folder with a bare pickle, which each start tries out in a sandbox (3 s and more).

    Return the path of config.yaml. For tests of that start, and of what a server learns from the pickle.
    """
    import joblib

    sample = _sample_model(name)
    joblib.dump(sample.model, path / "model.pkl")
    if sample.decoding:
        (path / "decoding.json").write_text(json.dumps(sample.decoding))
    return write_config(path, "decoding.json" if sample.decoding else None, **config)


def write_published(path: Path, name: str, schema: object = None, **config: object) -> Path:
    """Write a server's folder with a published model, which starts in its compiled form; return its config.yaml.

    `schema` takes the place of what schema.json would say of the model.
    Kinds without a compiled form (clusters, documents) and `compile=False` start in the sandbox all the same.
    """
    files = _published(name, json.dumps(schema).encode() if schema else b"")
    for file, data in files.items():
        (path / file).write_bytes(data)
    decoding = "prediction_decoding.json"
    return write_config(path, decoding if decoding in files else None, **config)


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this session that all workers of pytest-xdist have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def write_trained(factory: pytest.TempPathFactory, source: str) -> Path:
    """Write a server's folder with the boosted model, trained on a source once per session; return its config.yaml."""
    path = factory.mktemp("trained")
    trained = shared_folder(factory) / f"trained-{Path(source).name}"
    with trained.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not trained.exists():
            unfinished = trained.with_suffix(".unfinished")
            command = [sys.executable, "-m", "ml_census", "train", "--recipe", "boosted", "--data", source]
            subprocess.run([*command, "--output", str(unfinished)], check=True, capture_output=True)
            unfinished.rename(trained)
    shutil.copytree(trained, path, dirs_exist_ok=True)
    return write_config(path, "prediction_decoding.json")


@pytest.fixture
def folder(tmp_path: Path) -> WriteFolder:
    """Write a server's folder with a bare pickle of a kind of model, with changes to its configuration."""

    def write(name: str = "article", **config: object) -> Path:
        return write_folder(tmp_path, name, **config)

    return write


@pytest.fixture
def published_folder(tmp_path: Path) -> WriteFolder:
    """Write a server's folder with a published kind of model, with changes to its configuration."""

    def write(name: str = "article", **config: object) -> Path:
        return write_published(tmp_path, name, **config)

    return write
