"""Folders of servers whose artifacts are local, in a bucket, or both."""

import json
from pathlib import Path

import pytest

from conftest import KEY, WriteFolder
from support.fake_gcs import Bucket
from support.reloading import configure, start, upload


@pytest.fixture
def path(published_folder: WriteFolder) -> Path:
    """Return config.yaml of a server with a published model, which loads without the sandbox."""
    return published_folder("logistic")


@pytest.fixture
def cached(path: Path, bucket: Bucket) -> Path:
    """Return config.yaml of a server with all artifacts in a bucket, and a cache that a first start has filled."""
    path.write_text(path.read_text().replace(f": {path.parent}/", ": gs://models/"))
    configure(path, cache_path=str(path.parent / "cache"))
    upload(path.parent, bucket)
    start(path)
    return path


@pytest.fixture
def mounted(path: Path, bucket: Bucket) -> Path:
    """Return config.yaml of a server as the chart configures it: model in a bucket, users and keys mounted.

    The users are census and ada. Of the two keys, the first signs; the second is KEY.
    """
    (path.parent / "users.json").write_text(json.dumps({"census": "census", "ada": "lovelace"}))
    (path.parent / "secret.txt").write_text(f"{KEY[::-1]}\n{KEY}\n")
    configure(path, model_path="gs://models/model.pkl", cache_path=str(path.parent / "cache"))
    upload(path.parent, bucket)
    return path
