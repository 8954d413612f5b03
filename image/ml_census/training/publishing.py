"""Complete the publication of a model with what its training data and test data tell."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ml_census import storage
from ml_census.engine.predictor import PredictionError, Predictor, describe_failure
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models import class_labels
from ml_census.models.publishing.completion import Completion, Description
from ml_census.schema import Columns, Schema
from ml_census.training.column_types import complete_schema
from ml_census.training.evaluation import evaluate
from ml_census.training.golden_rows import choose_golden_rows
from ml_census.training.labelled_rows import LabelledRows
from ml_census.training.model_columns import model_columns
from ml_census.training.profile import profile_schema
from ml_census.training.progress import console, progress
from ml_census.training.report import ReportContext, render_report
from ml_census.training.tables import Table, read_table
from ml_census.training.targets import read_target
from ml_census.training.validation import validate_rows

MAX_EVALUATED_ROWS = 20_000
"""Maximum number of rows from which the metrics and the report are computed (20,000, sampled at random)."""

DEFAULT_TITLE = "Model"
"""Title of the report of a model without a name."""
SEVERAL_OUTPUTS = "the model has several outputs: publish it without data"


class DataFiles(NamedTuple):
    """The options of `ml-census publish` that describe the data. `test` is None if no test data are given."""

    data: str
    test: str | None
    target: str
    groups: tuple[str, ...]
    name: str | None
    description: str | None


@dataclass(frozen=True)
class TrainingData:
    """Tables of training data and test data, and the facts about them that manifest.json and report.html state.

    `target` and `groups` are columns of both tables. `test` is None if the figures are to be those of training rows.
    `source` names the data. If `synthetic` is true, the data describe nothing real. `title` and `description` are those
    of the report.
    """

    train: Table
    test: Table | None
    target: str
    groups: tuple[str, ...]
    source: str
    fingerprint: str
    title: str
    description: str = ""
    synthetic: bool = False


class _Evaluated(NamedTuple):
    """Test rows to evaluate, and the position in `table` of each row."""

    rows: LabelledRows
    positions: np.ndarray
    table: Table
    total: int


def complete_from_files(model: Any, schema: Schema, texts: Mapping[str, str] | None, files: DataFiles) -> Completion:
    """Return the completion of a publication from CSV or Parquet files. Raises ArtifactError as complete() does."""
    with progress(f"reading {files.data}"):
        train = read_table("--data", files.data, schema, files.target, files.groups)
        test = read_table("--test", files.test, schema, files.target, files.groups) if files.test else None
    source = storage.split(files.data)[1]
    title, description = files.name or DEFAULT_TITLE, files.description or ""
    fingerprint = fingerprint_of(train, test)
    data = TrainingData(train, test, files.target, files.groups, source, fingerprint, title, description)
    return complete(model, schema, texts, data)


def fingerprint_of(train: Table, test: Table | None) -> str:
    """Return the SHA-256 of the training data or, with test data, of the hex digits of both SHA-256 values."""
    return train.sha256 if test is None else hashlib.sha256(f"{train.sha256}{test.sha256}".encode()).hexdigest()


def complete(model: Any, schema: Schema, texts: Mapping[str, str] | None, data: TrainingData) -> Completion:
    """Return the completion of a publication: schema, golden rows, and the function that evaluates the model.

    `schema` is what the fitted model states, and `texts` is the text of each class or None. Raises ArtifactError if a
    column is missing, a row does not fit the model, or the model has several outputs.
    """
    original = SklearnPredictor(model, schema)
    if original.outputs is not None:
        raise data.train.error(SEVERAL_OUTPUTS)
    labels = class_labels.build_label_map(texts, original.classes) if texts else None
    with progress(f"profiling {len(data.train.frame):,} rows"):
        names = _names(data.train, schema, data)
        schema = complete_schema(model, schema, data.train, names)
        train, _ = _labelled_rows(data.train, schema, data, original.classes, labels)
        _require_variation(data, train.target, original.classes)
        evaluated = _evaluated_rows(schema, data, train, original.classes, labels)
        schema = profile_schema(schema, train.rows, evaluated.rows.rows)
    _print_notes(schema, data, evaluated)
    with progress(f"predicting {len(evaluated.rows):,} rows"):
        _require_predictions(SklearnPredictor(model, schema), evaluated)
    golden = choose_golden_rows(evaluated.rows, len(schema.columns), original.classes)

    def describe(predictor: Predictor, version: str) -> Description:
        return _describe(model, predictor, version, data, train, evaluated, labels)

    return Completion(schema, golden, describe)


def _describe(
    model: Any,
    predictor: Predictor,
    version: str,
    data: TrainingData,
    train: LabelledRows,
    evaluated: _Evaluated,
    labels: Mapping[Any, str] | None,
) -> Description:
    """Return the metrics and the report of the predictor that a server will use."""
    with progress(f"evaluating {len(evaluated.rows):,} rows"):
        evaluation = evaluate(predictor, evaluated.rows, data.groups, train.target, labels)
    kind = "training" if data.test is None else "test"
    figures = ", ".join(f"{name} {value:.4g}" for name, value in evaluation.metrics.items())
    console.print(f"{figures} on the {kind} rows")
    context = ReportContext(
        title=data.title,
        description=data.description,
        model_version=version,
        created=datetime.now(UTC).date().isoformat(),
        source=data.source,
        fingerprint=data.fingerprint,
        train_rows=len(train),
        test_rows=len(evaluated.rows),
        on_training_rows=data.test is None,
        estimator=str(getattr(model, "steps", [("", model)])[-1][1]),  # the last step of a pipeline
        synthetic=data.synthetic,
    )
    about = {"data": _about(data, train, evaluated), "metrics": evaluation.metrics}
    return Description(about, render_report(evaluation, context))


def _names(table: Table, schema: Schema, data: TrainingData) -> list[str | None]:
    try:
        return model_columns(schema, list(table.frame.columns), data.target, data.groups)
    except KeyError as error:
        raise table.error(str(error.args[0])) from error


def _labelled_rows(
    table: Table, schema: Schema, data: TrainingData, classes: list[Any] | None, labels: Mapping[Any, str] | None
) -> tuple[LabelledRows, np.ndarray]:
    """Return the valid rows that have a target, and their positions in the table."""
    target = read_target(table, data.target, classes, labels)
    rows = validate_rows(schema, table, _names(table, schema, data))
    for group in data.groups:
        if group not in rows:
            rows[group] = table.frame[group].to_numpy()
    positions = np.flatnonzero(target.notna().to_numpy())
    if not len(positions):
        raise table.error(f"no row has a value in the target column {data.target}")
    if without := len(target) - len(positions):
        console.print(f"{table.source}: {without:,} rows have no value in {data.target} and are left out")
    return _take(LabelledRows(rows, target), positions), positions


def _take(rows: LabelledRows, positions: np.ndarray) -> LabelledRows:
    if len(positions) == len(rows):
        return rows
    return LabelledRows(
        rows.rows.iloc[positions].reset_index(drop=True), rows.target.iloc[positions].reset_index(drop=True)
    )


def _require_variation(data: TrainingData, target: pd.Series, classes: list[Any] | None) -> None:
    """Raise ArtifactError if all training rows have the same class."""
    if classes is not None and target.nunique() < 2:
        raise data.train.error(
            f"all rows have the class {target.iloc[0]} in {data.target}, expected two classes or more"
        )


def _evaluated_rows(
    schema: Schema,
    data: TrainingData,
    train: LabelledRows,
    classes: list[Any] | None,
    labels: Mapping[Any, str] | None,
) -> _Evaluated:
    """Return the test rows or, without them, the training rows; a random sample if there are many."""
    table = data.test or data.train
    rows, positions = _labelled_rows(table, schema, data, classes, labels)
    sample = np.sort(np.random.default_rng(0).permutation(len(rows))[:MAX_EVALUATED_ROWS])
    return _Evaluated(_take(rows, sample), positions[sample], table, len(rows))


def _print_notes(schema: Schema, data: TrainingData, evaluated: _Evaluated) -> None:
    """Print what a user should know about the data."""
    for column in schema.columns:
        if column.training and column.training.frequencies[-1] == 1:
            console.print(f"{data.train.source}: column {column.name} has only missing or unknown values")
        elif column.training and max(column.training.frequencies) == 1:
            console.print(f"{data.train.source}: column {column.name} is constant")
    if len(evaluated.rows) < evaluated.total:
        sizes = f"{len(evaluated.rows):,} of {evaluated.total:,} rows"
        console.print(f"{evaluated.table.source}: the figures are from {sizes}, sampled at random")
    if data.test is None:
        console.print("the figures are optimistic: they are from training rows; --test names rows that are not")


def _require_predictions(original: SklearnPredictor, evaluated: _Evaluated) -> None:
    """Raise ArtifactError if the model rejects a row, or predicts several outputs."""
    try:
        predictions = original.predict(_columns(original.schema, evaluated.rows))
    except PredictionError as error:
        column = "" if error.column is None else f"column {error.column}: "
        raise evaluated.table.error(
            f"{column}{describe_failure(error)}", int(evaluated.positions[error.row])
        ) from error
    if isinstance(predictions[0], list):
        raise evaluated.table.error(SEVERAL_OUTPUTS)


def _columns(schema: Schema, rows: LabelledRows) -> Columns:
    return [rows.rows.iloc[:, index].tolist() for index in range(len(schema.columns))]


def _about(data: TrainingData, train: LabelledRows, evaluated: _Evaluated) -> dict[str, Any]:
    """Return what manifest.json states about the data."""
    return {
        "source": data.source,
        "synthetic": data.synthetic,
        "fingerprint": data.fingerprint,
        "train_rows": len(train),
        "test_rows": 0 if data.test is None else evaluated.total,
        "evaluated_rows": len(evaluated.rows),
        "on_training_rows": data.test is None,
    }
