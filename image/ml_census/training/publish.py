"""Write a model's folder: the model, and beside it all that a server checks before it serves."""

import hashlib
import io
import json
import platform
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import joblib
import numpy
import sklearn

from ml_census import introspect, storage
from ml_census.engine import Predictor
from ml_census.training.census import COLUMNS, DECODING


def publish(
    model: Any, missing: Collection[str], golden_rows: list[list[Any]], about: Mapping[str, Any], output: str
) -> None:
    """Write model.pkl, prediction_decoding.json, schema.json, golden.json and manifest.json into a folder or gs:// URI.

    `missing` names the columns that had missing values in training: only these take null. `golden_rows` are raw rows in
    the order of the columns; `about` goes into the manifest. Raises StorageError.
    """
    pickled = io.BytesIO()
    joblib.dump(model, pickled, compress=3)  # a forest is six times smaller so: each start of a pod downloads it
    learnt = introspect.learn(model, COLUMNS)
    columns = [replace(column, nullable=column.nullable and column.name in missing) for column in learnt.columns]
    schema = replace(learnt, columns=tuple(columns))
    files = {
        "model.pkl": pickled.getvalue(),
        "prediction_decoding.json": _json(DECODING),
        "schema.json": _json(schema.to_json()),
        "golden.json": _json(_golden(Predictor(model, schema), golden_rows)),
    }
    manifest = {
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
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


def _golden(predictor: Predictor, rows: list[list[Any]]) -> dict[str, Any]:
    clean = predictor.schema.clean(rows).values
    return {
        "rows": rows,
        "predictions": [DECODING[str(answer)] for answer in predictor.predict(clean)],
        "probabilities": predictor.probabilities(clean),
    }


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()
