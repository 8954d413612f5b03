"""Publish a fitted model from a Python program, with its training data in memory."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ml_census.engine.engine_info import EngineInfo
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.models.publishing import publish as write_folder
from ml_census.schema import Schema
from ml_census.training.data.tables import Table
from ml_census.training.publishing import DEFAULT_TITLE, TrainingData, fingerprint_of, publish_with_data

SOURCE = "DataFrame"


def publish(
    model: Any,
    output: str,
    X: Any = None,
    y: Any = None,
    *,
    X_test: Any = None,
    y_test: Any = None,
    name: str | None = None,
    description: str | None = None,
    groups: Sequence[str] = (),
    decoding: Mapping[Any, str] | None = None,
    schema: Schema | None = None,
    trusted_globals: Sequence[str] = (),
) -> EngineInfo:
    """Publish a fitted model in the folder or gs:// URI `output`, and return the engine that will serve the model.

    `X` is a DataFrame, a two-dimensional array or a list of texts. `y` has the true
    class or number of each row. Both give what `ml-census publish --data` gives. The
    figures are those of `X_test` and `y_test`, or of the training rows without them.
    `groups` are columns of `X` by whose values the report shows errors. `decoding` has
    the text of each class. `schema` replaces the inferred columns. `trusted_globals`
    have each "module.name" of the pickle beside those of scikit-learn.

    Raises:
        ArtifactError: A column is missing, or a row does not fit the model.
        DecodingError: `decoding` lacks a class.
        PredictionError: The model rejects all example rows.
        SchemaError: The columns of the model cannot be read.
        StorageError: `output` cannot be written.
        ValueError: `X` has no `y`, or `y` has another number of rows.
    """
    about = _about(name, description, trusted_globals)
    texts = {str(label): text for label, text in decoding.items()} if decoding else None
    with warnings.catch_warnings(action="ignore"):  # NumPy warns about extreme numbers in the sampled rows
        known = schema or learn_schema(model)
        if X is None:
            return write_folder(model, known, texts, [], about, output)
        data = _training_data(X, y, X_test, y_test, tuple(groups), name, description)
        return publish_with_data(model, known, texts, data, about, output)


def _about(name: str | None, description: str | None, trusted_globals: Sequence[str]) -> dict[str, Any]:
    """Return the given items of manifest.json."""
    facts = {"name": name, "description": description, "trusted_globals": list(trusted_globals)}
    return {key: value for key, value in facts.items() if value}


def _training_data(
    X: Any, y: Any, X_test: Any, y_test: Any, groups: tuple[str, ...], name: str | None, description: str | None
) -> TrainingData:
    frame = _frame(X)
    target = str(getattr(y, "name", None) or "target")
    while target in frame:
        target += "_"
    train = _table("X", frame, y, target)
    test = None if X_test is None else _table("X_test", _frame(X_test), y_test, target)
    title = name or DEFAULT_TITLE
    return TrainingData(train, test, target, groups, SOURCE, fingerprint_of(train, test), title, description or "")


def _frame(rows: Any) -> pd.DataFrame:
    """Return the rows as a DataFrame with text as column names. Texts without columns are one column."""
    frame = pd.DataFrame({"text": list(rows)}) if np.ndim(rows) == 1 else pd.DataFrame(rows)
    return frame.rename(columns=str).reset_index(drop=True)


def _table(argument: str, frame: pd.DataFrame, target: Any, name: str) -> Table:
    """Return the rows with the target as a further column. Raises ValueError if the numbers of rows differ."""
    count = 0 if target is None else len(target)
    if count != len(frame):
        raise ValueError(f"{argument} has {len(frame)} rows, and y has {count}")
    values = np.asarray(target, dtype=None if isinstance(target, np.ndarray) else object)
    frame = frame.assign(**{name: pd.Series(values).infer_objects()})
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return Table(frame, argument, SOURCE, hashlib.sha256(hashes.tobytes()).hexdigest())
