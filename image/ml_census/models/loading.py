"""The model of a folder as a predictor: compiled as it was published, or unpickled, then compiled and proved here."""

import hashlib
from collections.abc import Callable

from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.engine.runtime import serialization
from ml_census.errors import ArtifactError
from ml_census.models.manifest import ModelFolder, parse_json
from ml_census.models.model import SandboxResult, ServedModel
from ml_census.schema import SchemaError, schema_from_json
from ml_census.storage import split

COMPILED = "compiled.npz"


def load(config: Config, folder: ModelFolder, proved: Callable[[], SandboxResult] | None) -> ServedModel:
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
        return ServedModel(
            predictor, version, done.engine, done.sklearn_version, done.trained_with_sklearn, done.warnings
        )
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
        return ServedModel(
            estimator.original(uri, model, folder), version, done.engine, estimator.VERSION, made_by, remarks
        )
    predictor, engine = estimator.predictor(uri, model, folder, config.compile)
    return ServedModel(predictor, version, engine, estimator.VERSION, made_by, remarks)


def _published(config: Config, folder: ModelFolder, version: str) -> ServedModel:
    """The compiled form: proved equal when it was published, and not changed since (manifest.json)."""
    uri = folder.uri(COMPILED)
    data = folder.read("model_path", uri, config.max_model_bytes)
    schema_uri = folder.uri("schema.json")
    columns = folder.read("model_path", schema_uri)
    predictor = _compiled(uri, data, schema_uri, columns, config.max_model_bytes)
    engine = EngineInfo.from_manifest(folder.manifest.get("engine"))
    return ServedModel(predictor, version, engine, str(folder.manifest.get("scikit-learn")))


def _compiled(uri: str, data: bytes, schema_uri: str, columns: bytes, limit: int) -> Predictor:
    try:
        return serialization.from_bytes(data, schema_from_json(parse_json("model_path", schema_uri, columns)), limit)
    except SchemaError as error:
        raise ArtifactError("model_path", schema_uri, str(error)) from error
    except serialization.CompiledError as error:
        raise ArtifactError("model_path", uri, str(error)) from error
