"""Models of each kind that the page shows in its own way, published with the distributions of their training data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from conftest import write_config
from ml_census.models.publishing import publish
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Column, Schema
from ml_census.training.profile import profile_schema


@dataclass(frozen=True)
class PageModel:
    """A fitted model with its training data, and with the name and description of its manifest."""

    model: Any
    rows: pd.DataFrame
    name: str
    description: str
    schema: Schema | None = None
    """The columns, if the server cannot infer them from the model."""


def regression() -> PageModel:
    rows, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    model = HistGradientBoostingRegressor(max_iter=60, random_state=0).fit(rows, target)
    return PageModel(model, rows, "Diabetes progression", "Progression of the disease one year after the first visit.")


def multi_class() -> PageModel:
    """Return a model of ten classes."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame({
        "petal length": random.uniform(1, 7, 900).round(1),
        "petal width": random.uniform(0.1, 2.5, 900).round(1),
        "altitude": random.integers(0, 3000, 900),
        "soil": random.choice(["clay", "loam", "peat", "sand"], 900),
    })  # fmt: skip
    names = np.array(["Arnica", "Bellis", "Crocus", "Dryas", "Erica", "Gentiana", "Iris", "Linum", "Primula", "Viola"])
    score = rows["petal length"] + rows["petal width"] + rows["altitude"] / 1000 + random.normal(0, 0.4, 900)
    labels = names[np.clip(score.astype(int) - 2, 0, 9)]
    encode = make_column_transformer((OneHotEncoder(), ["soil"]), remainder="passthrough")
    model = make_pipeline(encode, RandomForestClassifier(30, max_depth=8, random_state=0)).fit(rows, labels)
    return PageModel(model, rows, "Alpine flowers", "Species of a flower, from its petals and its place.")


def documents() -> PageModel:
    good, bad = ["on time", "friendly staff", "great value"], ["late again", "rude answer", "broken on arrival"]
    texts = [f"The delivery was {word}." for word in good + bad] * 4
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, (["positive"] * 3 + ["negative"] * 3) * 4)
    return PageModel(model, pd.DataFrame({"text": texts}), "Customer mood", "Mood of a customer's message.")


def wide() -> PageModel:
    """Return a model of 200 columns."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame({f"sensor {number:03d}": random.normal(20, 5, 300).round(2) for number in range(200)})
    target = rows["sensor 003"] * 2 - rows["sensor 150"] + random.normal(0, 1, 300)
    model = make_pipeline(StandardScaler(), Ridge()).fit(rows, target)
    return PageModel(model, rows, "Furnace temperature", "Temperature of the furnace in ten minutes, from 200 sensors.")


def kinds() -> PageModel:
    """Return a model with a boolean, a date, a number and many categories."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame({
        "autopay": random.choice([False, True], 300),
        "signup": random.choice(["2023-05-01T00:00:00", "2024-02-29T08:30:00"], 300),
        "months": random.integers(1, 72, 300),
        "town": random.choice([f"town {number:02d}" for number in range(60)], 300),
    })  # fmt: skip
    churned = np.where(rows["autopay"], 0.2, 0.7) > random.random(300)
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["autopay", "signup", "town"]), remainder=StandardScaler()
    )
    fitted = rows.assign(signup=pd.to_datetime(rows["signup"]))
    model = make_pipeline(encode, LogisticRegression()).fit(fitted, np.where(churned, "leaves", "stays"))
    columns = (
        Column("autopay", "category", (False, True)),
        Column("signup", "date"),
        Column("months", "number"),
        Column("town", "category", tuple(sorted(rows["town"].unique()))),
    )
    schema = Schema(columns, "frame")
    return PageModel(model, rows, "Churn", "Does a customer leave within a year?", schema)


PAGE_MODELS: dict[str, Callable[[], PageModel]] = {
    make.__name__: make for make in (regression, multi_class, documents, wide, kinds)
}


def write_page_model(path: Path, kind: str, **config: object) -> Path:
    """Write a server's folder with a model of a kind, and return its config.yaml."""
    made = PAGE_MODELS[kind]()
    schema = profile_schema(made.schema or infer_schema(made.model), made.rows)
    publish(made.model, schema, None, [], {"name": made.name, "description": made.description}, str(path))
    return write_config(path, None, **config)
