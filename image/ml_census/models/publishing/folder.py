"""Write the folder of a model: the model, its compiled form, and all files that a server checks before it serves."""

import hashlib
import io
import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import joblib
import numpy
import sklearn

from ml_census import storage
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import predict_example
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import to_bytes
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models import class_labels
from ml_census.models.manifest import COMPILED, DECODING, GOLDEN, MANIFEST, MODEL, REPORT, SCHEMA
from ml_census.schema import Columns, Schema, schema_from_json, schema_to_json
from ml_census.storage import json_file

COMPRESSION = 3
"""Level of zlib for model.pkl, which each pod downloads at its start. A forest is six times smaller with it."""


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
    _require_predictions(original, golden)
    predictor, engine = compile_and_verify(original, golden)
    optional = {
        COMPILED: to_bytes(predictor) if isinstance(predictor, CompiledPredictor) else None,
        DECODING: _json(texts) if texts else None,
        REPORT: report,
        GOLDEN: _json(_golden(original, golden_rows, labels)) if golden_rows else None,
    }
    files = {MODEL: _pickled(model), SCHEMA: _schema(schema)}
    files |= {name: data for name, data in optional.items() if data is not None}
    _write(output, files, _manifest(files, engine, about))
    return engine


def _require_predictions(predictor: SklearnPredictor, golden: Columns | None) -> None:
    """Predict the golden rows, or else an example row. Raises PredictionError."""
    if golden is None:
        predict_example(predictor)
    else:
        predictor.predict(golden)


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
