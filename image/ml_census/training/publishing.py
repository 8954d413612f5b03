"""Add the facts of training and test data to a published model: distributions, golden rows, metrics and report."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from sklearn.utils import get_tags

from ml_census import storage
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import PredictionError, Predictor, describe_failure
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models import class_labels
from ml_census.models.publishing import publish
from ml_census.models.publishing.completion import Completion, Description
from ml_census.schema import Schema
from ml_census.training.data.column_types import complete_schema, with_booleans
from ml_census.training.data.table_rows import TableRows, TargetColumn, find_columns, label_rows
from ml_census.training.data.tables import Table, read_table
from ml_census.training.evaluation import Evaluation, evaluate
from ml_census.training.golden_rows import choose_golden_rows
from ml_census.training.profile import profile_schema
from ml_census.training.progress import console, progress
from ml_census.training.report import ReportContext, render_report

MAX_EVALUATED_ROWS = 20_000
"""Maximum number of rows from which the metrics and the report are computed (20,000,
sampled at random)."""

DEFAULT_TITLE = "Model"
"""Title of the report of a model without a name."""
SEVERAL_OUTPUTS = "the model has several outputs: publish it without data"
UNSUPERVISED = "the model finds clusters or outliers, so no column has its true answers: publish it without data"


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

    `target` and `groups` are columns of both tables. `test` is None if the figures are
    to be those of training rows. `source` names the data. If `synthetic` is true, the
    data describe nothing real. `title` and `description` are those of the report.
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


class _Rows(NamedTuple):
    """The labelled training rows, the test rows (without test data the training rows), and those of the figures."""

    train: TableRows
    test: TableRows
    evaluated: TableRows


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


def publish_with_data(
    model: Any,
    schema: Schema,
    texts: Mapping[str, str] | None,
    data: TrainingData,
    about: Mapping[str, Any],
    output: str,
) -> EngineInfo:
    """Complete and publish a model in `output`, and return its engine. Raises as complete() and publish() do."""
    schema, golden, describe = complete(model, schema, texts, data)
    return publish(model, schema, texts, golden, about, output, describe)


def fingerprint_of(train: Table, test: Table | None) -> str:
    """Return the SHA-256 of the training data or, with test data, of the hex digits of both SHA-256 values."""
    return train.sha256 if test is None else hashlib.sha256(f"{train.sha256}{test.sha256}".encode()).hexdigest()


def complete(model: Any, schema: Schema, texts: Mapping[str, str] | None, data: TrainingData) -> Completion:
    """Return the completion of a publication: schema, golden rows, and the function that evaluates the model.

    `schema` is what the fitted model states, and `texts` is the text of each class or
    None. Raises ArtifactError if a column is missing, a row does not fit the model, or
    the model has several outputs.
    """
    target = _target_column(model, schema, texts, data)
    with progress(f"profiling {len(data.train.frame):,} rows"):
        schema, rows = _profile(model, schema, data, target)
    _print_notes(schema, data, rows.test)
    _require_predictions(SklearnPredictor(model, schema), rows.evaluated)
    golden = choose_golden_rows(rows.evaluated.labelled, len(schema.columns), target.classes)
    console.print("compiling and verifying …")
    return Completion(schema, golden, partial(_describe, model, data, rows, target.labels))


def _target_column(model: Any, schema: Schema, texts: Mapping[str, str] | None, data: TrainingData) -> TargetColumn:
    """Return the target of the model. Raises ArtifactError if the model has several outputs, or no true answers."""
    original = SklearnPredictor(model, schema)
    if original.outputs is not None:
        raise data.train.error(SEVERAL_OUTPUTS)
    if _is_unsupervised(model):
        raise data.train.error(UNSUPERVISED)
    labels = class_labels.build_label_map(texts, original.classes) if texts else None
    return TargetColumn(data.target, data.groups, original.classes, labels)


def _profile(model: Any, schema: Schema, data: TrainingData, target: TargetColumn) -> tuple[Schema, _Rows]:
    """Return the schema with types and distributions of the training data, and the rows."""
    names = find_columns(data.train, schema, target)
    schema = complete_schema(model, schema, data.train, names)
    schema = with_booleans(model, schema, data.train, names)
    train = label_rows(data.train, schema, target)
    _require_variation(train, target)
    test = label_rows(data.test, schema, target) if data.test else train
    schema = profile_schema(schema, train.labelled.rows, test.labelled.rows)
    return schema, _Rows(train, test, test.sample(MAX_EVALUATED_ROWS))


def _describe(
    model: Any, data: TrainingData, rows: _Rows, labels: Mapping[Any, str] | None, predictor: Predictor, version: str
) -> Description:
    """Evaluate the predictor that a server will use, and return its figures and its report."""
    with progress(f"evaluating {len(rows.evaluated):,} rows"):
        evaluation = evaluate(predictor, rows.evaluated.labelled, data.groups, rows.train.labelled.target, labels)
    _print_metrics(evaluation, data)
    about = {"data": _about(data, rows), "metrics": evaluation.metrics}
    return Description(about, render_report(evaluation, _context(model, version, data, rows)))


def _print_metrics(evaluation: Evaluation, data: TrainingData) -> None:
    figures = ", ".join(f"{name} {value:.4g}" for name, value in evaluation.metrics.items())
    console.print(f"{figures} on the {'training' if data.test is None else 'test'} rows")


def _context(model: Any, version: str, data: TrainingData, rows: _Rows) -> ReportContext:
    return ReportContext(
        title=data.title,
        description=data.description,
        model_version=version,
        created=datetime.now(UTC).date().isoformat(),
        source=data.source,
        fingerprint=data.fingerprint,
        train_rows=len(rows.train),
        test_rows=len(rows.evaluated),
        on_training_rows=data.test is None,
        estimator=str(getattr(model, "steps", [("", model)])[-1][1]),  # the last step of a pipeline
        synthetic=data.synthetic,
    )


def _is_unsupervised(model: Any) -> bool:
    """Return whether no true class or number exists for the predictions of the model."""
    try:
        return get_tags(model).estimator_type in ("clusterer", "outlier_detector", "density_estimator")
    except Exception:  # an estimator of another package need not have tags
        return False


def _require_variation(train: TableRows, target: TargetColumn) -> None:
    """Raise ArtifactError if all training rows have the same class."""
    values = train.labelled.target
    if target.classes is not None and values.nunique() < 2:
        reason = f"all rows have the class {values.iloc[0]} in {target.name}, expected two classes or more"
        raise train.table.error(reason)


def _print_notes(schema: Schema, data: TrainingData, test: TableRows) -> None:
    """Print what a user should know about the data."""
    for column in schema.columns:
        if column.training and column.training.frequencies[-1] == 1:
            console.print(f"{data.train.source}: column {column.name} has only missing or unknown values")
        elif column.training and max(column.training.frequencies) == 1:
            console.print(f"{data.train.source}: column {column.name} is constant")
    if len(test) > MAX_EVALUATED_ROWS:
        sizes = f"{MAX_EVALUATED_ROWS:,} of {len(test):,} rows"
        console.print(f"{test.table.source}: the figures are from {sizes}, sampled at random")
    if data.test is None:
        console.print("the figures are optimistic: they are from training rows; --test names rows that are not")


def _require_predictions(original: SklearnPredictor, evaluated: TableRows) -> None:
    """Raise ArtifactError if the model rejects a row, or predicts several outputs."""
    rows, width = evaluated.labelled.rows, len(original.schema.columns)
    try:
        with progress(f"predicting {len(evaluated):,} rows"):
            predictions = original.predict([rows.iloc[:, index].tolist() for index in range(width)])
    except PredictionError as error:
        column = "" if error.column is None else f"column {error.column}: "
        row = int(evaluated.positions[error.row])
        raise evaluated.table.error(f"{column}{describe_failure(error)}", row) from error
    if isinstance(predictions[0], list):
        raise evaluated.table.error(SEVERAL_OUTPUTS)


def _about(data: TrainingData, rows: _Rows) -> dict[str, Any]:
    """Return what manifest.json states about the data."""
    return {
        "source": data.source,
        "synthetic": data.synthetic,
        "fingerprint": data.fingerprint,
        "train_rows": len(rows.train),
        "test_rows": 0 if data.test is None else len(rows.test),
        "evaluated_rows": len(rows.evaluated),
        "on_training_rows": data.test is None,
    }
