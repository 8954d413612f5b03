"""Publish and serve a fitted model, send it rows as a client does, and compare with the model's own predictions."""

import json
import math
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from ml_census.api.app import create_app
from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.models.publishing import publish_files
from support import estimator_options, estimators
from support.load_artifacts import load_artifacts

REQUEST_ROWS = 20
"""Number of rows of a request."""
TOLERANCE = 1e-9
INTERNAL = ("Error:", "object has no attribute", "Exception", "Traceback")
"""Texts of exceptions, which name neither the step that failed nor what to do."""


@dataclass(frozen=True)
class Outcome:
    """The result for one model."""

    estimator: str
    data: str
    kind: str
    """compiled or sklearn: this engine serves the model's own predictions; otherwise rejected, differs or fails."""
    reason: str = ""


def outcome(estimator: str, data: str, model: Any, folder: Path) -> Outcome:
    """Publish the model into the folder, and send the first rows of its data to an application that serves it."""
    rows = estimators.DATA[data].rows[:REQUEST_ROWS]
    expected = json.loads(json.dumps(np.asarray(model.predict(rows)).tolist(), default=str))
    file = folder / "given.pkl"
    joblib.dump(model, file)
    output = folder / "out"
    try:
        engine = publish_files(str(file), str(output), None, None, None)
        settings = Config(str(output / "model.pkl"), unauthenticated_protocols=("kserve",))
        loaded = load_artifacts(settings)
    except ArtifactError as error:
        advised = "--golden" in error.reason or not any(word in error.reason for word in INTERNAL)
        kind = "rejected" if advised else "fails"
        return Outcome(estimator, data, kind, error.reason)
    client = create_app(loaded, settings).test_client()
    response = client.post("/v1/models/model:predict", json={"instances": sendable(rows)})
    if response.status_code != 200:
        return Outcome(estimator, data, "fails", f"{response.status_code} {response.text[:300]}")
    actual = (response.json or {})["predictions"]
    if not are_equal(actual, expected):
        return Outcome(estimator, data, "differs", f"{actual[:3]} in place of {expected[:3]}")
    return Outcome(estimator, data, engine.kind, engine.reason or "")


def sendable(rows: Any) -> list[Any]:
    """Return the rows as JSON: missing values as null, dates as ISO text."""
    if isinstance(rows, pd.DataFrame):
        text = rows.assign(since=rows["since"].astype(str)).astype(object)
        return [[None if value != value else value for value in row] for row in text.to_numpy().tolist()]
    return [[row] if isinstance(row, str) else list(row) for row in rows]


def are_equal(actual: Any, expected: Any) -> bool:
    """Return whether both are the same JSON, numbers within TOLERANCE."""
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(are_equal, actual, expected))
    if expected != expected:
        return actual is None  # JSON has no NaN
    if isinstance(expected, float) and isinstance(actual, int | float):
        return math.isclose(actual, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(actual == expected)


def models_that_predict(only: Container[str] = estimators.DATA) -> Iterator[tuple[str, str, Any]]:
    """Yield name, data set and fitted model of all models with a repeatable predict, for some data sets."""
    for source in (estimator_options.fitted_options, estimators.models):
        for name, data, model in source(only):
            if hasattr(model, "predict") and _is_repeatable(model, estimators.DATA[data].rows):
                yield name, data, model


def _is_repeatable(model: Any, rows: Any) -> bool:
    """Return whether the model predicts the same twice; a DummyClassifier may draw, and neighbors reject text."""
    try:
        return np.array_equal(model.predict(rows[:REQUEST_ROWS]), model.predict(rows[:REQUEST_ROWS]))
    except Exception:
        return False
