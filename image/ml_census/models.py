"""The model of a folder as a predictor: compiled as it was published, or unpickled, then compiled and proved here."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_census import schema, storage
from ml_census.engine import compiled
from ml_census.engine.predictor import Predictor
from ml_census.published import ArtifactError, Folder
from ml_census.schema import SchemaError

COMPILED = "compiled.npz"


@dataclass(frozen=True)
class Model:
    """A predictor, and what /version says of it."""

    predictor: Predictor
    version: str
    """The first 12 hex digits of the model file's SHA-256."""
    engine: Mapping[str, Any]
    """kind: "compiled" and on how many rows it was proved equal, or "original" and the reason."""
    scikit_learn: str
    """The version that made the compiled form, or that runs here."""
    remarks: Sequence[str] = ()


def load(uri: str, folder: Folder, compile: bool) -> Model:
    """Raises ArtifactError."""
    pickled = folder.read("model_path", uri, storage.MAX_BYTES)
    version = hashlib.sha256(pickled).hexdigest()[:12]
    _, name = storage.split(uri)
    if compile and {name, COMPILED, "schema.json"} <= folder.sha256.keys():  # another model beside it has none
        return _published(folder, version)
    try:
        from ml_census import fitted  # scikit-learn: two seconds and 100 MB that a published model does without
    except ModuleNotFoundError as error:
        reason = f"has no {COMPILED} beside it, and {error.name} is not here to load it"
        raise ArtifactError("model_path", uri, reason) from error
    model, remarks = fitted.unpickled("model_path", uri, pickled)
    predictor, engine = fitted.predictor(uri, model, folder, compile)
    return Model(predictor, version, engine, fitted.VERSION, remarks)


def _published(folder: Folder, version: str) -> Model:
    """The compiled form: proved equal when it was published, and not changed since (manifest.json)."""
    uri = folder.uri(COMPILED)
    try:
        columns = schema.from_json(folder.read("model_path", folder.uri("schema.json")))
        predictor = compiled.from_bytes(folder.read("model_path", uri, storage.MAX_BYTES), columns)
    except SchemaError as error:
        raise ArtifactError("model_path", folder.uri("schema.json"), str(error)) from error
    except compiled.CompiledError as error:
        raise ArtifactError("model_path", uri, str(error)) from error
    told = folder.manifest.get("engine")
    engine = told if isinstance(told, dict) else {"kind": "compiled"}
    return Model(predictor, version, engine, str(folder.manifest.get("scikit-learn")))
