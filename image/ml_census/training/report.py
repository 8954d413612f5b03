"""report.html: how a census model was trained and how good it is, in one file that loads nothing else."""

import platform
from importlib import resources
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import sklearn
from jinja2 import Environment, StrictUndefined

from ml_census import __version__
from ml_census.training import evaluation, plots
from ml_census.training.datasets import Dataset
from ml_census.training.evaluation import Evaluation


def page(about: dict[str, Any], model: Any, census: Dataset, found: Evaluation) -> bytes:
    """The page. `about` is what the manifest says of recipe and metrics."""
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        resources.files("ml_census.training").joinpath("templates/report.html").read_text(encoding="utf-8")
    )
    text = template.render(
        recipe=about["recipe"],
        metrics=about["metrics"],
        plots=plots.draw(found),
        found=found,
        synthetic=census.synthetic,
        source=census.source,
        fingerprint=census.fingerprint,
        train_rows=len(census.train),
        test_rows=len(census.test),
        confidence=round(100 * evaluation.CONFIDENCE),
        resamples=evaluation.RESAMPLES,
        threshold=evaluation.THRESHOLD,
        repeats=evaluation.IMPORTANCE_REPEATS,
        importance_rows=min(evaluation.IMPORTANCE_ROWS, len(census.test)),
        estimator=getattr(model, "steps", [("", model)])[-1][1],  # a pipeline's last step
        versions={
            "ml-census": __version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "pandas": pd.__version__,
            "matplotlib": mpl.__version__,
            "Python": platform.python_version(),
        },
    )
    return text.encode()
