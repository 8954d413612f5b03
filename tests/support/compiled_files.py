"""Files of compiled models: written once for each sample model, and changed in one place to make them invalid."""

import io
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.predictor import PredictionError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import CompiledError, from_bytes, to_bytes
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Columns
from support import compile_cases_bayes
from support.compile_data import CompileCase
from support.sample_models import SAMPLE_MODELS, SampleModel

TREES, LINEAR, REGRESSOR, COMPOSED = "positions", "dataframe", "regressor", "voting"
"""Sample models: a decision tree, a logistic regression, a linear regression, and a
VotingClassifier of both kinds of classifiers."""
QUADRATIC, LOOKUPS = "QuadraticDiscriminantAnalysis, two classes", "CategoricalNB of numbers"
"""Cases of compile_cases_bayes.py: a layer after features, and tables of numbers."""

Document = dict[str, Any]
Arrays = dict[str, Any]
Change = Callable[[Document, Arrays], Any]
"""Changes the parts of a file in place."""


@cache
def sample(name: str) -> SampleModel | CompileCase:
    """Return the sample model or case with this name."""
    return SAMPLE_MODELS[name]() if name in SAMPLE_MODELS else compile_cases_bayes.CASES[name]()


@cache
def compiled(name: str) -> CompiledPredictor:
    """Return the compiled form of a sample model."""
    model = sample(name).model
    return compile_model(model, infer_schema(model))


@cache
def file_of(name: str) -> bytes:
    """Return compiled.npz of a sample model."""
    return to_bytes(compiled(name))


@cache
def columns_of(name: str, count: int = 100) -> Columns:
    """Return the first rows of a sample model as its schema's columns."""
    model = sample(name)
    rows = model.rows if isinstance(model, SampleModel) else model.rows()
    return compiled(name).schema.validate_rows(rows[:count]).columns


def parts_of(name: str) -> tuple[Document, Arrays]:
    """Return the document and the arrays of a sample model's file."""
    with np.load(io.BytesIO(file_of(name))) as file:
        arrays = {key: file[key] for key in file.files}
    return json.loads(arrays.pop("document").tobytes()), arrays


def file_from(document: Document | bytes, arrays: Arrays) -> bytes:
    """Return a file of these parts; a document of bytes is written as it is."""
    file = io.BytesIO()
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    np.savez_compressed(file, document=np.frombuffer(text, dtype=np.uint8), **arrays)
    return file.getvalue()


def array(name: str, change: Callable[[np.ndarray], Any]) -> Change:
    """Replace an array by what the function makes of it."""
    return lambda document, arrays: arrays.update({name: change(arrays[name])})


def item(name: str, index: Any, value: Any) -> Change:
    """Set an item of an array."""

    def change(values: np.ndarray) -> np.ndarray:
        values = values.copy()
        values[index] = value
        return values

    return array(name, change)


def setting(*keys: Any, value: Any) -> Change:
    """Set a value of the document by its path of keys."""

    def change(document: Document, arrays: Arrays) -> None:
        parent: Any = document
        for key in keys[:-1]:
            parent = parent[key]
        parent[keys[-1]] = value

    return change


def without_setting(key: str) -> Change:
    """Remove a key of the document."""
    return lambda document, arrays: document.pop(key)


def without_array(name: str) -> Change:
    """Remove an array."""
    return lambda document, arrays: arrays.pop(name)


def all_of(*changes: Change) -> Change:
    """Make several changes one after the other."""

    def change(document: Document, arrays: Arrays) -> None:
        for each in changes:
            each(document, arrays)

    return change


def assert_rejected(name: str, change: Change) -> None:
    """Fail unless the unchanged file of a sample model is read, and the changed one is rejected with one line."""
    document, arrays = parts_of(name)
    assert read_and_predict(name, file_from(document, arrays)) == "read and used"

    change(document, arrays)

    assert read_and_predict(name, file_from(document, arrays)) is None


def read_and_predict(name: str, data: bytes) -> str | None:
    """Return what happens to a file that must be rejected; None if from_bytes raises CompiledError with one line."""
    columns = columns_of(name)
    try:
        model = from_bytes(data, compiled(name).schema)
    except CompiledError as error:
        return None if "\n" not in str(error) else f"more than one line: {error}"
    except Exception as error:
        return f"reading raises {type(error).__name__}: {error}"
    try:
        model.predict(columns)
        model.predict([values[:1] for values in columns])
        if model.has_probabilities:
            model.probabilities(columns)
    except PredictionError as error:
        return f"read, and rejects rows: {error.__cause__!r}"
    except Exception as error:
        return f"read, then raises {type(error).__name__}: {error}"
    return "read and used"
