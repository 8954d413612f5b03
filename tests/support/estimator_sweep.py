"""Publish, load and ask a fitted model as a client would, and compare with its own predictions."""

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
from ml_census.artifacts import bundle
from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.models.publishing import publish_files
from ml_census.storage.snapshot import Snapshot
from support import estimators

ASKED = 20
"""Rows of a request."""
TOLERANCE = 1e-9
INTERNAL = ("Error:", "object has no attribute", "Exception", "Traceback")
"""Texts of exceptions, which tell a person neither the step nor what to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of one model: "compiled" or "original" is served as its own predict answers."""

    estimator: str
    data: str
    kind: str
    """compiled, original, refused, differs, fails."""
    reason: str = ""


def outcome(estimator: str, data: str, model: Any, folder: Path) -> Outcome:
    """Publish the model into the folder and ask a server's application for the first rows of its data."""
    rows = estimators.DATA[data].rows[:ASKED]
    wanted = json.loads(json.dumps(np.asarray(model.predict(rows)).tolist(), default=str))
    file = folder / "given.pkl"
    joblib.dump(model, file)
    output = folder / "out"
    try:
        engine = publish_files(str(file), str(output), None, None, None)
        settings = Config(str(output / "model.pkl"), unauthenticated_protocols=("kserve",))
        loaded = bundle.load(settings, Snapshot())
    except ArtifactError as error:
        advised = "--golden" in error.reason or not any(word in error.reason for word in INTERNAL)
        kind = "refused" if advised else "fails"
        return Outcome(estimator, data, kind, error.reason)
    client = create_app(loaded, settings).test_client()
    response = client.post("/v1/models/model:predict", json={"instances": sendable(rows)})
    if response.status_code != 200:
        return Outcome(estimator, data, "fails", f"{response.status_code} {response.text[:300]}")
    got = response.json["predictions"]
    if not alike(got, wanted):
        return Outcome(estimator, data, "differs", f"{got[:3]} in place of {wanted[:3]}")
    return Outcome(estimator, data, engine["kind"], engine.get("reason", ""))


def sendable(rows: Any) -> list[Any]:
    """The rows as JSON: null for what is missing, true and false, dates as ISO text."""
    if isinstance(rows, pd.DataFrame):
        text = rows.assign(since=rows["since"].astype(str)).astype(object)
        return [[None if value != value else value for value in row] for row in text.to_numpy().tolist()]
    return [[row] if isinstance(row, str) else list(row) for row in rows]


def alike(got: Any, wanted: Any) -> bool:
    """Whether both are the same JSON, numbers to TOLERANCE."""
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(alike, got, wanted))
    if wanted != wanted:
        return got is None  # JSON has no NaN
    if isinstance(wanted, float) and isinstance(got, int | float):
        return math.isclose(got, wanted, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(got == wanted)


def predicting(only: Container[str] = estimators.DATA) -> Iterator[tuple[str, str, Any]]:
    """Yield all fitted models that have a predict, of some data sets."""
    for source in (estimators.options, estimators.models):
        for name, data, model in source(only):
            if hasattr(model, "predict") and _answers(model, estimators.DATA[data].rows):
                yield name, data, model


def _answers(model: Any, rows: Any) -> bool:
    """Whether the model predicts, and the same each time: a DummyClassifier may draw, and neighbors average text."""
    try:
        return np.array_equal(model.predict(rows[:ASKED]), model.predict(rows[:ASKED]))
    except Exception:
        return False
