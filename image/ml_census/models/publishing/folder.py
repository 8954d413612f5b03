"""Write the folder of a published model: the pickle, the compiled form, and the files that a server checks."""

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
from ml_census.models.model import VERSION_DIGITS
from ml_census.models.publishing.completion import Describe, Description
from ml_census.schema import Columns, Schema, schema_from_json, schema_to_json
from ml_census.storage import json_file

COMPRESSION = 3
"""zlib compression level of model.pkl. Each pod downloads this file; level 3 makes a
forest six times smaller."""


def publish(
    model: Any,
    schema: Schema,
    texts: Mapping[str, str] | None,
    golden_rows: list[list[Any]],
    about: Mapping[str, Any],
    output: str,
    describe: Describe | None = None,
) -> EngineInfo:
    """Write a published model to a folder or gs:// URI, and return the engine that will serve the model.

    The folder gets model.pkl, schema.json and manifest.json, and compiled.npz if the
    model compiles. `texts` is the text for each class, or None. `golden_rows` are rows
    of values in the order of the columns: each server compares its own predictions with
    golden.json. `about` contains further items for manifest.json. `describe` returns
    such items and report.html for the predictor that a server will use.

    Raises:
        DecodingError: `texts` lacks a class, has a value that is not text, or the model has no classes.
        InvalidRowsError: `golden_rows` do not fit the schema.
        PredictionError: The model rejects `golden_rows` or, without them, all example rows.
        SchemaError: JSON cannot represent the schema or the classes.
        StorageError: `output` cannot be written.
        MemoryError: Memory is short.
    """
    original = SklearnPredictor(model, schema)
    labels = class_labels.build_label_map(texts, original.classes) if texts else None
    golden = schema.validate_rows(golden_rows).columns if golden_rows else None
    _require_predictions(original, golden)
    predictor, engine = compile_and_verify(original, golden)
    pickled = _pickled(model)
    added = describe(predictor, _version(pickled)) if describe else Description({})
    files = {MODEL: pickled, SCHEMA: _schema(schema), REPORT: added.report}
    files[COMPILED] = to_bytes(predictor) if isinstance(predictor, CompiledPredictor) else None
    files[DECODING] = _json(texts) if texts else None
    files[GOLDEN] = _json(_golden(original, golden_rows, labels)) if golden_rows else None
    _write(output, files, engine, {**about, **added.about})
    return engine


def _version(pickled: bytes) -> str:
    return hashlib.sha256(pickled).hexdigest()[:VERSION_DIGITS]


def _require_predictions(predictor: SklearnPredictor, golden: Columns | None) -> None:
    """Predict `golden`, or an example row if `golden` is None. Raises PredictionError if the model rejects the rows."""
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


def _write(output: str, optional: Mapping[str, bytes | None], engine: EngineInfo, about: Mapping[str, Any]) -> None:
    """Write the files that are not None, then manifest.json: all files that manifest.json lists then exist."""
    files = {name: data for name, data in optional.items() if data is not None}
    for name, data in files.items():
        storage.write(storage.join(output, name), data)
    storage.write(storage.join(output, MANIFEST), _json(_manifest(files, engine, about)))


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()
