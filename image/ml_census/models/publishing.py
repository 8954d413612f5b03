"""Write the folder of a model: the model, its compiled form, and all files that a server checks before it serves."""

import hashlib
import io
import json
import platform
import warnings
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import joblib
import numpy
import sklearn

from ml_census import storage
from ml_census.config import trusted_globals
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import PredictionError, describe_failure, predict_example
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import to_bytes
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.errors import ArtifactError
from ml_census.models import class_labels, estimator
from ml_census.models.loading import COMPILED, REPORT, SCHEMA
from ml_census.models.manifest import MANIFEST, parse_object, read
from ml_census.models.partial_schema import parse_schema
from ml_census.models.predictor_factory import learn_schema
from ml_census.models.self_test import GOLDEN
from ml_census.schema import InvalidRowsError, Schema, SchemaError, schema_from_json, schema_to_json
from ml_census.storage import StorageError, json_file
from ml_census.storage.snapshot import Snapshot

MODEL = "model.pkl"
DECODING = "prediction_decoding.json"
ADVICE = "give rows that the model predicts with --golden, or the columns' types with --schema"
COMPRESSION = 3
"""Level of zlib for model.pkl, which each pod downloads at its start. A forest is six times smaller with it."""


class _Sources(NamedTuple):
    """The URIs that `ml-census publish` reads; None for an option that is not given."""

    model: str
    decoding: str | None
    schema: str | None
    golden: str | None


def publish_files(
    model_uri: str,
    output: str,
    decoding_uri: str | None,
    schema_uri: str | None,
    golden_uri: str | None,
    trusted: Iterable[str] = (),
) -> EngineInfo:
    """Publish a model that was written with joblib or pickle, with the content of the other files.

    `trusted` are globals that the pickle may reference beside those of scikit-learn, each "module.name".
    Returns the engine that will serve the model. Raises ArtifactError, StorageError.
    """
    trusted = tuple(trusted)
    for name in trusted:
        if reason := trusted_globals.rejection_reason(name):
            raise ArtifactError("--trusted-global", name, reason)
    sources = _Sources(model_uri, decoding_uri, schema_uri, golden_uri)
    with warnings.catch_warnings(action="ignore"):  # NumPy warns of the extreme rows on which the model is verified
        try:
            return _publish_files(sources, output, trusted)
        except (ArtifactError, StorageError):
            raise
        except Exception as error:
            raise _to_artifact_error(sources, error) from error


def publish(
    model: Any,
    schema: Schema,
    texts: Mapping[str, str] | None,
    golden_rows: list[list[Any]],
    about: Mapping[str, Any],
    output: str,
    report: bytes | None = None,
) -> EngineInfo:
    """Write model.pkl, compiled.npz, prediction_decoding.json, schema.json, golden.json, report.html and manifest.json.

    `texts` decodes the classes. `golden_rows` are raw rows in the order of the columns. `about` is added to the
    manifest. `output` is a folder or a gs:// URI. compiled.npz is missing for a model that does not compile, and
    prediction_decoding.json without `texts`. Returns the engine that will serve the model.
    Raises SchemaError, DecodingError, InvalidRowsError, PredictionError or StorageError.
    """
    original = SklearnPredictor(model, schema)
    labels = class_labels.build_label_map(texts, original.classes) if texts else None
    golden = schema.validate_rows(golden_rows).columns if golden_rows else None
    if golden is None:
        predict_example(original)
    else:
        original.predict(golden)
    predictor, engine = compile_and_verify(original, golden)
    files = {MODEL: _pickled(model), SCHEMA: _schema(schema)}
    if isinstance(predictor, CompiledPredictor):
        files[COMPILED] = to_bytes(predictor)
    if texts:
        files[DECODING] = _json(texts)
    if report is not None:
        files[REPORT] = report
    if golden_rows:
        files[GOLDEN] = _json(_golden(original, golden_rows, labels))
    _write(output, files, _manifest(files, engine, about))
    return engine


def _publish_files(sources: _Sources, output: str, trusted: tuple[str, ...]) -> EngineInfo:
    files = Snapshot()
    data = read(files, "--model", sources.model, storage.MAX_BYTES)
    model = estimator.load_estimator("--model", sources.model, data, trusted).model
    texts = None
    if sources.decoding:
        texts = parse_object("--decoding", sources.decoding, read(files, "--decoding", sources.decoding))
    if sources.schema:
        schema = parse_schema(model, read(files, "--schema", sources.schema))
    else:
        schema = learn_schema(model)
    about = {"trusted_globals": trusted} if trusted else {}
    return publish(model, schema, texts, _read_golden_rows(files, sources.golden), about, output)


def _to_artifact_error(sources: _Sources, error: Exception) -> ArtifactError:
    """Return the error that names the option and the file to which an exception of `publish` belongs."""
    schema = ("--schema", sources.schema) if sources.schema else ("--model", sources.model)
    match error:
        case SchemaError():
            return ArtifactError(*schema, str(error))
        case class_labels.DecodingError():
            return ArtifactError("--decoding", sources.decoding or "", str(error))
        case InvalidRowsError():
            return ArtifactError("--golden", sources.golden or "", str(error))
        case PredictionError():
            advice = "" if sources.schema else f"; {ADVICE}"
            return ArtifactError(*schema, f"{describe_failure(error)}{advice}")
    # an estimator of another package can raise any exception
    return ArtifactError("--model", sources.model, f"cannot be published: {type(error).__name__}: {error}")


def _read_golden_rows(files: Snapshot, uri: str | None) -> list[list[Any]]:
    if uri is None:
        return []
    rows = parse_object("--golden", uri, read(files, "--golden", uri)).get("inputs")
    if not isinstance(rows, list) or not rows:
        raise ArtifactError("--golden", uri, "inputs must be a list of rows")
    return rows


def _pickled(model: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(model, file, compress=COMPRESSION)
    return file.getvalue()


def _schema(schema: Schema) -> bytes:
    """Return schema.json. Raises SchemaError if a server could not read it."""
    data = _json(schema_to_json(schema))
    schema_from_json(json_file.parse(data))
    return data


def _golden(original: SklearnPredictor, rows: list[list[Any]], labels: Mapping[Any, str] | None) -> dict[str, Any]:
    columns = original.schema.validate_rows(rows).columns
    golden = {"rows": rows, "predictions": class_labels.decode(labels, original.predict(columns))}
    if original.has_probabilities:
        golden["probabilities"] = original.probabilities(columns)
    return golden


def _manifest(files: Mapping[str, bytes], engine: EngineInfo, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "engine": engine.to_json(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "numpy": numpy.__version__,
        **about,
    }


def _write(output: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    for name, data in files.items():
        storage.write(storage.join(output, name), data)
    # The manifest comes last: a server that reads it finds all files that it lists.
    storage.write(storage.join(output, MANIFEST), _json(manifest))


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()
