"""Train the census model: load data, fit and evaluate the model, and publish the model."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models import schema_inference
from ml_census.models.publishing import publish
from ml_census.schema import Schema
from ml_census.training.census import datasets
from ml_census.training.census.adult import COLUMNS, DECODING
from ml_census.training.census.pipelines import RECIPES
from ml_census.training.evaluation import Evaluation, evaluate
from ml_census.training.labelled_rows import LabelledRows
from ml_census.training.profile import profile_schema
from ml_census.training.report import ReportContext, render_report

GOLDEN_ROWS = 20
GROUPS = ("sex", "race", "age")
TITLE = "Income of a person"
DESCRIPTION = (
    "The model predicts whether a person earns more than 50,000 dollars a year. It is an example of a served model. "
    "It is not made for decisions about people. "
)
DATA = "The data is the census of the United States of 1994. Prices, wages and work have changed since then."
SYNTHETIC_DATA = "The rows are generated from a seed. A rule with noise decides the income."

console = Console(stderr=True, highlight=False, soft_wrap=True)


def train(recipe: str, source: str, output: str) -> dict[str, float]:
    """Train the census model, publish the model in the folder or gs:// URI `output`, and return the metrics.

    `recipe` is the training pipeline, "article" or "boosted". `source` is "demo", "openml", or a folder with adult.data
    and adult.test. Raises DataError if the data cannot be used, and StorageError if `output` cannot be written.
    """
    with _progress(f"reading {source}"):
        census = datasets.load(source)
    with _progress(f"fitting {recipe} on {len(census.train):,} rows of the {census.source}"):
        model = RECIPES[recipe].fit(census.train, census.train_labels)
    schema = census_schema(model, census)
    with _progress(f"measuring on {len(census.test):,} rows"):
        evaluation = evaluate_census(model, schema, census)
    report = render_report(evaluation, _report_context(model, census))
    with _progress(f"publishing in {output}"):
        about = _manifest_info(recipe, census, evaluation.metrics)
        engine = publish(model, schema, DECODING, _golden_rows(census), about, output, report)
    console.print(f"engine: {engine}")
    console.print("accuracy {accuracy:.4f}, ROC AUC {roc_auc:.4f} on the test rows".format(**evaluation.metrics))
    if census.synthetic:
        console.print("synthetic data: these figures say nothing about people")
    return evaluation.metrics


def evaluate_census(model: Any, schema: Schema, census: datasets.Dataset) -> Evaluation:
    """Evaluate a fitted model on the test rows of `census`."""
    test = LabelledRows(census.test, pd.Series(census.test_labels))
    labels = {code: DECODING[str(code)] for code in (0, 1)}
    return evaluate(SklearnPredictor(model, schema), test, GROUPS, pd.Series(census.train_labels), labels)


def _report_context(model: Any, census: datasets.Dataset) -> ReportContext:
    return ReportContext(
        title=TITLE,
        description=DESCRIPTION + (SYNTHETIC_DATA if census.synthetic else DATA),
        model_version="",
        created=datetime.now(UTC).date().isoformat(),
        source=census.source,
        fingerprint=census.fingerprint,
        train_rows=len(census.train),
        test_rows=len(census.test),
        on_training_rows=False,
        estimator=str(getattr(model, "steps", [("", model)])[-1][1]),  # the last step of a pipeline
        synthetic=census.synthetic,
    )


def _manifest_info(recipe: str, census: datasets.Dataset, metrics: dict[str, float]) -> dict[str, Any]:
    """Return the items that manifest.json contains about the training."""
    return {
        "recipe": recipe,
        "data": {
            "source": census.source,
            "synthetic": census.synthetic,
            "fingerprint": census.fingerprint,
            "train_rows": len(census.train),
            "test_rows": len(census.test),
        },
        "metrics": metrics,
    }


def census_schema(model: Any, census: datasets.Dataset) -> Schema:
    """Return the inferred schema with training distributions. A column without missing values rejects null."""
    return profile_schema(schema_inference.infer_schema(model, COLUMNS), census.train)


def _golden_rows(census: datasets.Dataset) -> list[list[Any]]:
    """Return test rows for golden.json, half of them from each class."""
    halves = [np.flatnonzero(census.test_labels == label)[: GOLDEN_ROWS // 2] for label in (0, 1)]
    rows: list[list[Any]] = census.test.iloc[np.concatenate(halves)].to_numpy().tolist()
    return rows


@contextmanager
def _progress(step: str) -> Iterator[None]:
    """Print a step of the training and its duration in seconds."""
    start = time.monotonic()
    if not console.is_terminal:
        console.print(f"{step} …")
    with console.status(f"{step} …"):
        yield
    console.print(f"{step}: {time.monotonic() - start:.1f} s")
