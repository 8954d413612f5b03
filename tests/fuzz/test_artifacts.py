"""Damaged files of a published model are rejected. Damaged pickles never end the server."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import KEY
from ml_census import config
from ml_census.config import Config
from ml_census.errors import ArtifactError, ConfigError
from ml_census.models import sandbox
from ml_census.models.publishing import publish
from ml_census.models.schema_inference import infer_schema
from ml_census.storage.snapshot import Snapshot
from support.fuzz_budget import examples
from support.load_artifacts import load_artifacts
from support.sample_models import SAMPLE_MODELS

FILES = ["model.pkl", "compiled.npz", "schema.json", "golden.json", "prediction_decoding.json", "manifest.json"]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """Yield the config of a published model, pinned by the hash of its manifest."""
    folder = tmp_path_factory.mktemp("published")
    sample = SAMPLE_MODELS["article"]()
    publish(sample.model, infer_schema(sample.model), sample.decoding, sample.rows[:20], {}, str(folder))
    (folder / "users.json").write_text(json.dumps({"census": "census"}))
    (folder / "secret.txt").write_text(KEY)
    pin = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    model, users, secret, decoding = (
        str(folder / name) for name in ("model.pkl", "users.json", "secret.txt", "prediction_decoding.json")
    )
    yield Config(model, users, secret, decoding, model_sha256=pin)


class Damaged(Snapshot):
    """A snapshot of which one file has a flipped bit or is truncated."""

    def __init__(self, name: str, position: float, bit: int | None) -> None:
        super().__init__()
        self._damage = name, position, bit

    def read(self, uri: str, limit: int) -> bytes:
        data = bytearray(super().read(uri, limit))
        name, position, bit = self._damage
        if uri.endswith(name):
            at = int(position * (len(data) - 1))
            if bit is None:
                del data[at:]
            else:
                data[at] ^= 1 << bit
        return bytes(data)


def test_undamaged_published_model_is_loaded(published: Config) -> None:
    assert load_artifacts(published).model.engine.kind == "compiled"


@pytest.mark.parametrize("name", FILES)
def test_damaged_file_of_a_published_model_is_never_loaded(published: Config, name: str) -> None:
    @examples(15)
    @given(position=st.floats(0, 1), bit=st.none() | st.integers(0, 7))
    def damaged(position: float, bit: int | None) -> None:
        with pytest.raises(ArtifactError):
            load_artifacts(published, Damaged(name, position, bit))

    damaged()


def test_damaged_pickle_is_rejected_in_one_line_or_loads(tmp_path: Path) -> None:
    """Flip bits. The result may be another model or a crashed sandbox."""
    sample = SAMPLE_MODELS["article"]()
    joblib.dump(sample.model, tmp_path / "model.pkl")
    settings = Config(str(tmp_path / "model.pkl"), users="", secret="")

    @examples(4)
    @given(position=st.floats(0, 1), bit=st.none() | st.integers(0, 7))
    def damaged(position: float, bit: int | None) -> None:
        read: Any = Damaged("model.pkl", position, bit)
        read.files[settings.model_path] = read.read(settings.model_path, 2**30)
        try:
            sandbox.run_in_sandbox(settings, read)
        except ArtifactError as error:
            assert "\n" not in str(error)

    damaged()


def test_config_of_random_bytes_raises_config_error(tmp_path: Path) -> None:
    @examples(200)
    @given(data=st.binary(max_size=200))
    def any_bytes(data: bytes) -> None:
        (tmp_path / "config.yaml").write_bytes(data)
        with pytest.raises(ConfigError):
            config.load(str(tmp_path / "config.yaml"))

    any_bytes()
