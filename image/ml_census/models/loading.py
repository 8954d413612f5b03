"""The model of a folder as a predictor: compiled as it was published, or unpickled, then compiled and proved here."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_census.config import Config
from ml_census.engine.predictor import Predictor
from ml_census.engine.runtime import serialization
from ml_census.errors import ArtifactError
from ml_census.models.manifest import ModelFolder, parse_json
from ml_census.observability.drift import DriftMonitor
from ml_census.schema import SchemaError, schema_from_json
from ml_census.storage import split

COMPILED = "compiled.npz"


@dataclass(frozen=True)
class SandboxResult:
    """What became of a pickle in a process of its own: its compiled form, or None and why it stays what it is."""

    compiled: bytes | None
    schema: bytes
    engine: Mapping[str, Any]
    scikit_learn: str
    made_by: str | None
    remarks: Sequence[str]


@dataclass(frozen=True)
class Model:
    """A predictor, what /version says of it, and how far the rows that it is given have moved."""

    predictor: Predictor
    version: str
    """The first 12 hex digits of the model file's SHA-256."""
    engine: Mapping[str, Any]
    """kind: "compiled" and on how many rows it was proved equal, or "original" and the reason."""
    scikit_learn: str
    """The version that made the compiled form, or that runs here."""
    made_by: str | None = None
    """The version of scikit-learn that has made the pickle, if it is another and was loaded all the same."""
    remarks: Sequence[str] = ()
    drift: DriftMonitor = field(init=False, repr=False, compare=False)
    """Its own: requests that another model answers while this one takes over are not counted here."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "drift", DriftMonitor(self.predictor.schema))


def load(config: Config, folder: ModelFolder, proved: Callable[[], SandboxResult] | None) -> Model:
    """The model, for which `proved` tries its pickle out, if it comes to that; None: it has been tried out already.

    Raises ArtifactError, also the one of `proved`.
    """
    uri = config.model_path
    data = folder.read("model_path", uri, config.max_model_bytes)
    version = hashlib.sha256(data).hexdigest()[:12]
    _, name = split(uri)
    if config.compile and {name, COMPILED, "schema.json"} <= folder.sha256.keys():  # another model beside it has none
        return _published(config, folder, version)
    if proved is not None and (done := proved()).compiled is not None:
        predictor = _compiled(uri, done.compiled, uri, done.schema, config.max_model_bytes)
        return Model(predictor, version, done.engine, done.scikit_learn, done.made_by, done.remarks)
    try:
        from ml_census.models import (
            estimator,
        )  # scikit-learn: two seconds and 100 MB that a compiled model does without
    except ImportError as error:
        reason = f"has no {COMPILED} beside it, and what loads a pickle is not here: {error}"
        raise ArtifactError("model_path", uri, reason) from error
    any_version = config.sklearn_version_mismatch == "warn"
    trusted = (*config.trusted_globals, *folder.trusted)
    model, made_by, remarks = estimator.load_estimator("model_path", uri, data, trusted, any_version)
    if proved is not None:
        return Model(estimator.original(uri, model, folder), version, done.engine, estimator.VERSION, made_by, remarks)
    predictor, engine = estimator.predictor(uri, model, folder, config.compile)
    return Model(predictor, version, engine, estimator.VERSION, made_by, remarks)


def _published(config: Config, folder: ModelFolder, version: str) -> Model:
    """The compiled form: proved equal when it was published, and not changed since (manifest.json)."""
    uri = folder.uri(COMPILED)
    data = folder.read("model_path", uri, config.max_model_bytes)
    schema_uri = folder.uri("schema.json")
    columns = folder.read("model_path", schema_uri)
    predictor = _compiled(uri, data, schema_uri, columns, config.max_model_bytes)
    told = folder.manifest.get("engine")
    engine = told if isinstance(told, dict) else {"kind": "compiled"}
    return Model(predictor, version, engine, str(folder.manifest.get("scikit-learn")))


def _compiled(uri: str, data: bytes, schema_uri: str, columns: bytes, limit: int) -> Predictor:
    try:
        return serialization.from_bytes(data, schema_from_json(parse_json("model_path", schema_uri, columns)), limit)
    except SchemaError as error:
        raise ArtifactError("model_path", schema_uri, str(error)) from error
    except serialization.CompiledError as error:
        raise ArtifactError("model_path", uri, str(error)) from error
