"""Load a model from its compiled form, through a child process (the sandbox), or from its pickle in this process.

The docstring of the package ml_census.models shows which process calls which function.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.engine.runtime import serialization
from ml_census.errors import ArtifactError
from ml_census.models import class_labels, sandbox
from ml_census.models.manifest import (
    COMPILED,
    GOLDEN,
    MAX_SMALL_BYTES,
    REPORT,
    SCHEMA,
    ModelFolder,
    parse_json,
    parse_object,
)
from ml_census.models.model import VERSION_DIGITS, ServedModel
from ml_census.models.self_test import run_self_test
from ml_census.schema import SchemaError, schema_from_json
from ml_census.storage import split
from ml_census.storage.snapshot import Snapshot


def load_model(config: Config, files: Snapshot) -> ServedModel:
    """Load and check the model that the configuration names. A server calls this function.

    The function reads all files through the snapshot `files`. Raises ArtifactError if a
    file cannot be read, or if the model fails a check.
    """
    folder = ModelFolder(config.model_path, files, config.model_sha256)
    return load_published(config, folder) if is_published(config, folder) else load_in_sandbox(config, folder, files)


def is_published(config: Config, folder: ModelFolder) -> bool:
    """Return whether a server can load the compiled form in place of the pickle.

    The configuration must have `compile: true`. manifest.json must list the model file,
    compiled.npz and schema.json.
    """
    _, name = split(config.model_path)
    return config.compile and {name, COMPILED, SCHEMA} <= folder.sha256.keys()


def load_published(config: Config, folder: ModelFolder) -> ServedModel:
    """Load the compiled form that was verified when the model was published. The model is not unpickled.

    Raises ArtifactError if a file cannot be read, if its hash is not the one in
    manifest.json, or if the self-test fails.
    """
    version = _version(_read_model(config, folder))
    uri, schema_uri = folder.uri(COMPILED), folder.uri(SCHEMA)
    data = folder.read("model_path", uri, config.max_model_bytes)
    schema = folder.read("model_path", schema_uri)
    predictor = _compiled(uri, data, schema_uri, schema, config.max_model_bytes)
    engine = EngineInfo.from_manifest(folder.manifest.get("engine"))
    return _checked(config, folder, ServedModel(predictor, version, engine, str(folder.manifest.get("scikit-learn"))))


def load_in_sandbox(config: Config, folder: ModelFolder, files: Snapshot) -> ServedModel:
    """Check a pickled model in a child process. Then load the compiled form that the child process made.

    If the model cannot be compiled, load the pickle after the check. The child process
    gets a copy of `files`, through which `folder` must read. Raises ArtifactError.
    """
    data, uri = _prefetch(config, folder), config.model_path
    result = sandbox.run_in_sandbox(config, files)
    if result.compiled is None:
        model = replace(_unpickle(config, folder, data, compiles=False), engine=result.engine)
    else:
        predictor = _compiled(uri, result.compiled, uri, result.schema, config.max_model_bytes)
        facts = result.engine, result.sklearn_version, result.trained_with_sklearn, result.warnings
        model = ServedModel(predictor, _version(data), *facts)
    return _checked(config, folder, model)


def load_from_pickle(config: Config, folder: ModelFolder) -> ServedModel:
    """Load a pickled model in this process, compile the model, and verify the compiled form.

    Only the child process of the sandbox calls this function: a pickle can crash the
    process that loads the pickle. Raises ArtifactError if a file cannot be read or the
    model fails a check, and MemoryError if memory is short.
    """
    return _checked(config, folder, _unpickle(config, folder, _read_model(config, folder), config.compile))


def _unpickle(config: Config, folder: ModelFolder, data: bytes, compiles: bool) -> ServedModel:
    """Return the model of a pickle without labels, report and sample. With `compiles`, try to compile the model."""
    uri = config.model_path
    try:
        # the import of scikit-learn takes 2 s and 100 MB: a compiled model needs none
        from ml_census.models.pickles import estimator, predictor_factory
    except ImportError as error:
        reason = f"no {COMPILED} beside the model, and the modules that load a pickle are not installed: {error}"
        raise ArtifactError("model_path", uri, reason) from error
    trusted = (*config.trusted_globals, *folder.trusted)
    any_version = config.sklearn_version_mismatch == "warn"
    loaded = estimator.load_estimator("model_path", uri, data, trusted, any_version)
    predictor, engine = predictor_factory.build_predictor(uri, loaded.model, folder, compiles)
    facts = estimator.VERSION, loaded.trained_with_sklearn, loaded.warnings
    return ServedModel(predictor, _version(data), engine, *facts)


def _checked(config: Config, folder: ModelFolder, model: ServedModel) -> ServedModel:
    """Run the self-test of a model, and return the model with labels, report and sample. Raises ArtifactError."""
    labels = _read_labels(config.prediction_decoding, folder, model.predictor.classes)
    sample = run_self_test(config, model.predictor, labels, folder)
    name, description = folder.optional_text("name"), folder.optional_text("description")
    report = folder.read_optional(REPORT)
    return replace(model, labels=labels, report=report, sample=sample, name=name, description=description)


def _prefetch(config: Config, folder: ModelFolder) -> bytes:
    """Read all files of the model, and return the content of the model file. The sandbox gets only these files."""
    data = _read_model(config, folder)
    for name in (SCHEMA, GOLDEN, REPORT):
        folder.read_optional(name)
    if config.prediction_decoding:
        folder.read("prediction_decoding", config.prediction_decoding, MAX_SMALL_BYTES)
    return data


def _read_model(config: Config, folder: ModelFolder) -> bytes:
    return folder.read("model_path", config.model_path, config.max_model_bytes)


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:VERSION_DIGITS]


def _read_labels(uri: str | None, folder: ModelFolder, classes: Sequence[Any] | None) -> dict[Any, str] | None:
    key = "prediction_decoding"
    if not uri:
        return None
    try:
        return class_labels.build_label_map(parse_object(key, uri, folder.read(key, uri, MAX_SMALL_BYTES)), classes)
    except class_labels.DecodingError as error:
        raise ArtifactError(key, uri, str(error)) from error


def _compiled(uri: str, data: bytes, schema_uri: str, schema: bytes, limit: int) -> Predictor:
    try:
        return serialization.from_bytes(data, schema_from_json(parse_json("model_path", schema_uri, schema)), limit)
    except SchemaError as error:
        raise ArtifactError("model_path", schema_uri, str(error)) from error
    except serialization.CompiledError as error:
        raise ArtifactError("model_path", uri, str(error)) from error
