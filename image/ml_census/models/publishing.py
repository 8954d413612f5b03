"""Write a model's folder: the model, and beside it all that a server checks before it serves."""

import hashlib
import io
import json
import platform
import warnings
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

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
from ml_census.models.loading import COMPILED
from ml_census.models.manifest import parse_object, read
from ml_census.models.predictor_factory import add_dtypes, learn_schema
from ml_census.schema import InvalidRowsError, Schema, SchemaError, schema_from_json, schema_to_json
from ml_census.storage import StorageError, json_file
from ml_census.storage.snapshot import Snapshot

UNTESTED = "give rows that the model answers with --golden, or the columns' types with --schema"
MAX_NAMES = 20
"""Maximum number of known columns that an error names."""


def publish_files(
    model_uri: str,
    output: str,
    decoding_uri: str | None,
    schema_uri: str | None,
    golden_uri: str | None,
    trusted: Iterable[str] = (),
) -> EngineInfo:
    """Publish a model that was written with joblib or pickle, with what is in the other files, if any.

    `trusted` is what its pickle may name beside scikit-learn's own estimators, each "module.name".

    Returns what became of the compiling. Raises ArtifactError, StorageError.
    """
    trusted = tuple(trusted)
    for name in trusted:
        if reason := trusted_globals.rejection_reason(name):
            raise ArtifactError("--trusted-global", name, reason)
    with warnings.catch_warnings(action="ignore"):  # of extreme rows, which are predicted on purpose
        return _publish_files(model_uri, output, decoding_uri, schema_uri, golden_uri, trusted)


def _publish_files(
    model_uri: str,
    output: str,
    decoding_uri: str | None,
    schema_uri: str | None,
    golden_uri: str | None,
    trusted: tuple[str, ...],
) -> EngineInfo:
    store = Snapshot()
    data = read(store, "--model", model_uri, storage.MAX_BYTES)
    model = estimator.load_estimator("--model", model_uri, data, trusted).model
    texts = parse_object("--decoding", decoding_uri, read(store, "--decoding", decoding_uri)) if decoding_uri else None
    try:
        schema = _given(model, read(store, "--schema", schema_uri)) if schema_uri else learn_schema(model)
        about = {"trusted_globals": trusted} if trusted else {}
        return publish(model, schema, texts, _golden_rows(store, golden_uri), about, output)
    except SchemaError as error:
        raise ArtifactError("--schema" if schema_uri else "--model", schema_uri or model_uri, str(error)) from error
    except class_labels.DecodingError as error:
        raise ArtifactError("--decoding", decoding_uri or "", str(error)) from error
    except InvalidRowsError as error:
        raise ArtifactError("--golden", golden_uri or "", str(error)) from error
    except PredictionError as error:
        reason = describe_failure(error)
        if schema_uri:
            raise ArtifactError("--schema", schema_uri, reason) from error
        raise ArtifactError("--model", model_uri, f"{reason}; {UNTESTED}") from error
    except (ArtifactError, StorageError):
        raise
    except Exception as error:  # estimators of other packages fail in their own ways
        reason = f"cannot be published: {type(error).__name__}: {error}"
        raise ArtifactError("--model", model_uri, reason) from error


def _given(model: Any, data: bytes) -> Schema:
    """Return the schema of a file, or without "form" the learnt one with what the file gives of some columns."""
    try:
        given = json_file.parse(data)
    except json_file.JsonError as error:
        raise SchemaError(str(error)) from error
    if not isinstance(given, dict) or "form" in given or not isinstance(given.get("columns"), list):
        return add_dtypes(model, schema_from_json(given))
    known = schema_to_json(learn_schema(model))
    by_name = {str(column["name"]): column for column in known["columns"]}
    for changes in given["columns"]:
        _change(by_name, changes)
    return schema_from_json({**given, **known})


def _change(by_name: dict[str, dict[str, Any]], changes: Any) -> None:
    """Change what is learnt of one column. Raises SchemaError."""
    if not isinstance(changes, dict) or "name" not in changes:
        raise SchemaError('each of "columns" must be an object with "name"')
    if (column := by_name.get(str(changes["name"]))) is None:
        names = ", ".join([*by_name][:MAX_NAMES]) + (", …" if len(by_name) > MAX_NAMES else "")
        raise SchemaError(f"the model has no column {changes['name']}; known are {names}")
    if changes.get("type", column["type"]) != column["type"]:
        for key in ("categories", "dtype"):  # of the former type
            column.pop(key, None)
    column.update(changes, name=column["name"])


def _golden_rows(store: Snapshot, uri: str | None) -> list[list[Any]]:
    if uri is None:
        return []
    rows = parse_object("--golden", uri, read(store, "--golden", uri)).get("inputs")
    if not isinstance(rows, list) or not rows:
        raise ArtifactError("--golden", uri, "inputs must be a list of rows")
    return rows


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

    `texts` decodes the classes; `golden_rows` are raw rows in the order of the columns; `about` goes into the manifest;
    `output` is a folder or a gs:// URI. A model that is not compiled has no compiled.npz, one without a decoding no
    prediction_decoding.json. Returns what became of the compiling.
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
    pickled = io.BytesIO()
    joblib.dump(model, pickled, compress=3)  # a forest is six times smaller so: each start of a pod downloads it
    files = {"model.pkl": pickled.getvalue(), "schema.json": _schema(schema)}
    if isinstance(predictor, CompiledPredictor):
        files[COMPILED] = to_bytes(predictor)
    if texts:
        files["prediction_decoding.json"] = _json(texts)
    if report is not None:
        files["report.html"] = report
    if golden_rows:
        files["golden.json"] = _json(_golden(original, golden_rows, labels))
    manifest = {
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "engine": engine.to_json(),
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


def _golden(original: SklearnPredictor, rows: list[list[Any]], labels: Mapping[Any, str] | None) -> dict[str, Any]:
    columns = original.schema.validate_rows(rows).columns
    answers = original.predict(columns)
    golden = {"rows": rows, "predictions": [labels.get(answer, answer) for answer in answers] if labels else answers}
    if original.has_probabilities:
        golden["probabilities"] = original.probabilities(columns)
    return golden


def _schema(schema: Schema) -> bytes:
    data = _json(schema_to_json(schema))
    schema_from_json(json_file.parse(data))
    return data


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()
