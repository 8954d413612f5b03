"""Render report.html: training and evaluation of a census model, in one file without external resources."""

import platform
from importlib import resources
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import sklearn
from jinja2 import Environment, StrictUndefined

from ml_census import __version__
from ml_census.training import plots
from ml_census.training.census.datasets import Dataset
from ml_census.training.evaluation import (
    CONFIDENCE,
    IMPORTANCE_REPEATS,
    IMPORTANCE_ROWS,
    RESAMPLES,
    THRESHOLD,
    Evaluation,
)


def render_report(manifest_info: dict[str, Any], model: Any, census: Dataset, evaluation: Evaluation) -> bytes:
    """Return report.html for the fitted `model`, in UTF-8.

    `manifest_info` has "recipe", the name of the training pipeline, and "metrics", a dict of the metrics by name.
    """
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        resources.files("ml_census.training").joinpath("templates/report.html").read_text(encoding="utf-8")
    )
    text = template.render(
        recipe=manifest_info["recipe"],
        metrics=manifest_info["metrics"],
        plots=plots.render_plots(evaluation),
        evaluation=evaluation,
        estimator=getattr(model, "steps", [("", model)])[-1][1],  # the last step of a pipeline
        versions=_versions(),
        **_data(census),
        **_method(census),
    )
    return text.encode()


def _data(census: Dataset) -> dict[str, Any]:
    """Return the template variables that describe the data."""
    return {
        "synthetic": census.synthetic,
        "source": census.source,
        "fingerprint": census.fingerprint,
        "train_rows": len(census.train),
        "test_rows": len(census.test),
    }


def _method(census: Dataset) -> dict[str, Any]:
    """Return the template variables that describe the method of the evaluation."""
    return {
        "confidence": round(100 * CONFIDENCE),
        "resamples": RESAMPLES,
        "threshold": THRESHOLD,
        "repeats": IMPORTANCE_REPEATS,
        "importance_rows": min(IMPORTANCE_ROWS, len(census.test)),
    }


def _versions() -> dict[str, str]:
    return {
        "ml-census": __version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "matplotlib": mpl.__version__,
        "Python": platform.python_version(),
    }
