"""Write a model's folder: the model, and beside it all that a server checks before it serves."""

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

from ml_census import fitted, introspect, storage
from ml_census import schema as schemas
from ml_census.engine.compiled import Compiled, to_bytes
from ml_census.engine.original import Original
from ml_census.engine.predictor import PredictionError
from ml_census.engine.proof import compiled_if_equal
from ml_census.models import COMPILED
from ml_census.published import ArtifactError, parse_object, read
from ml_census.schema import Schema


def publish_files(
    model_uri: str, output: str, decoding_uri: str | None, schema_uri: str | None, rows_uri: str | None
) -> dict[str, Any]:
    """Publish a model that was written with joblib or pickle, with what is in the other files, if any.

    Returns what became of the compiling. Raises ArtifactError, StorageError.
    """
    model, _ = fitted.unpickled(model_uri, read("--model", model_uri, storage.MAX_BYTES))
    decoding = parse_object("--decoding", decoding_uri, read("--decoding", decoding_uri)) if decoding_uri else None
    rows = parse_object("--golden", rows_uri, read("--golden", rows_uri)).get("inputs") if rows_uri else []
    try:
        schema = schemas.from_json(read("--schema", schema_uri)) if schema_uri else introspect.learn(model)
        return publish(model, schema, decoding, rows or [], {}, output)
    except schemas.SchemaError as error:
        raise ArtifactError("--schema" if schema_uri else "--model", schema_uri or model_uri, str(error)) from error
    except (schemas.RowsError, PredictionError) as error:
        raise ArtifactError("--golden", rows_uri or "", str(error)) from error


def publish(
    model: Any,
    schema: Schema,
    decoding: Mapping[str, str] | None,
    golden_rows: list[list[Any]],
    about: Mapping[str, Any],
    output: str,
) -> dict[str, Any]:
    """Write model.pkl, compiled.npz, prediction_decoding.json, schema.json, golden.json and manifest.json.

    `golden_rows` are raw rows in the order of the columns; `about` goes into the manifest; `output` is a folder or a
    gs:// URI. A model that is not compiled has no compiled.npz, one without a decoding no prediction_decoding.json.
    Returns what became of the compiling. Raises RowsError, PredictionError or StorageError.
    """
    original = Original(model, schema)
    golden = schema.clean(golden_rows).columns if golden_rows else None
    predictor, engine = compiled_if_equal(original, golden)
    pickled = io.BytesIO()
    joblib.dump(model, pickled, compress=3)  # a forest is six times smaller so: each start of a pod downloads it
    files = {"model.pkl": pickled.getvalue(), "schema.json": _json(schema.to_json())}
    if isinstance(predictor, Compiled):
        files[COMPILED] = to_bytes(predictor)
    if decoding:
        files["prediction_decoding.json"] = _json(decoding)
    if golden_rows:
        files["golden.json"] = _json(_golden(original, golden_rows, decoding))
    manifest = {
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "engine": engine,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "numpy": numpy.__version__,
        **about,
    }
    for name, data in files.items():
        storage.write(storage.join(output, name), data)
    # last, so that nobody finds a manifest of files that are not there yet
    storage.write(storage.join(output, "manifest.json"), _json(manifest))
    return engine


def _golden(original: Original, rows: list[list[Any]], decoding: Mapping[str, str] | None) -> dict[str, Any]:
    columns = original.schema.clean(rows).columns
    answers = original.predict(columns)
    golden = {"rows": rows, "predictions": [decoding[str(answer)] for answer in answers] if decoding else answers}
    if original.has_probabilities:
        golden["probabilities"] = original.probabilities(columns)
    return golden


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()
