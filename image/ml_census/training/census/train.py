"""Train the census model: load data, fit and evaluate the model, and publish the model."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from ml_census.models import schema_inference
from ml_census.models.publishing import publish
from ml_census.schema import Schema
from ml_census.training.census import datasets
from ml_census.training.census.adult import COLUMNS, DECODING
from ml_census.training.census.pipelines import RECIPES, TrainingPipeline
from ml_census.training.evaluation import THRESHOLD, evaluate, probabilities
from ml_census.training.profile import profile_schema
from ml_census.training.report import render_report

GOLDEN_ROWS = 20

console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Metrics:
    """Accuracy, ROC AUC and log loss of a model on the test rows."""

    accuracy: float
    roc_auc: float
    log_loss: float


def train(recipe: str, source: str, output: str) -> Metrics:
    """Train the census model, publish the model in the folder or gs:// URI `output`, and return the metrics.

    `recipe` is the training pipeline, "article" or "boosted". `source` is "demo", "openml", or a folder with adult.data
    and adult.test. Raises DataError if the data cannot be used, and StorageError if `output` cannot be written.
    """
    with _progress(f"reading {source}"):
        census = datasets.load(source)
    model, metrics = _fit(recipe, census)
    manifest_info = _manifest_info(recipe, census, metrics)
    with _progress("drawing report.html"):
        evaluation = evaluate(model, RECIPES[recipe].to_model_input, census.test, census.test_labels)
        report = render_report(manifest_info, model, census, evaluation)
    with _progress(f"publishing in {output}"):
        engine = publish(model, _schema(model, census), DECODING, _golden_rows(census), manifest_info, output, report)
    console.print(f"engine: {engine}")
    console.print(f"accuracy {metrics.accuracy:.4f}, ROC AUC {metrics.roc_auc:.4f} on the test rows")
    if census.synthetic:
        console.print("synthetic data: these figures say nothing about people")
    return metrics


def _fit(recipe: str, census: datasets.Dataset) -> tuple[Any, Metrics]:
    """Return the fitted model and its metrics."""
    pipeline = RECIPES[recipe]
    with _progress(f"fitting {recipe} on {len(census.train):,} rows of the {census.source}"):
        model = pipeline.fit(census.train, census.train_labels)
    with _progress(f"measuring on {len(census.test):,} rows"):
        return model, score_test_set(pipeline, model, census)


def _manifest_info(recipe: str, census: datasets.Dataset, metrics: Metrics) -> dict[str, Any]:
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
        "metrics": asdict(metrics),
    }


def score_test_set(recipe: TrainingPipeline, model: Any, census: datasets.Dataset) -> Metrics:
    """Return the metrics of a fitted model on the test rows of `census`. `recipe` is the pipeline of the model."""
    scores = probabilities(model, recipe.to_model_input, census.test)
    return Metrics(
        accuracy=float(accuracy_score(census.test_labels, scores > THRESHOLD)),
        roc_auc=float(roc_auc_score(census.test_labels, scores)),
        log_loss=float(log_loss(census.test_labels, scores)),
    )


def _schema(model: Any, census: datasets.Dataset) -> Schema:
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
