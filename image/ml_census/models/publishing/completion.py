"""Types of the data that `publish --data` adds to a published model: distributions, golden rows, metrics and report."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ml_census.engine.predictor import Predictor
from ml_census.schema import Schema


class Description(NamedTuple):
    """Further items of manifest.json, and the content of report.html or None."""

    about: Mapping[str, Any]
    report: bytes | None = None


Describe = Callable[[Predictor, str], Description]
"""A function from the predictor that a server will use, and the version of the model,
to the description."""


class Completion(NamedTuple):
    """The schema and golden rows from the training data, and the function that evaluates the model."""

    schema: Schema
    golden_rows: list[list[Any]]
    describe: Describe


Complete = Callable[[Any, Schema, Mapping[str, str] | None], Completion]
"""A function from a fitted model, its schema and the text of each class to the
completion. Raises ArtifactError."""
