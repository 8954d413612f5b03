"""Data and helpers for fitting pipelines that must compile, on a small census made here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    LabelBinarizer,
    OneHotEncoder,
    OrdinalEncoder,
)
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import MAX_FLOAT32, Column, Schema
from support.sample_models import NAMES, census, only

ROWS, LABELS = census(300)
FRAME = pd.DataFrame(ROWS, columns=NAMES)
NUMBERS = FRAME[["age", "education-num"]].to_numpy(dtype=float)
MONEY = LABELS * 1000.5 + NUMBERS[:, 0]
THREE = LABELS + (NUMBERS[:, 0] > 50)
GAPS = np.where(np.arange(600).reshape(300, 2) % 7 == 0, np.nan, NUMBERS)
CODES = np.column_stack([NUMBERS[:, 0], NUMBERS[:, 1] % 5 * 10])
CATEGORIES, MEASURES = ["workclass", "sex"], ["age", "education-num"]

NULLABLE = Schema((Column(0, "number", nullable=True), Column(1, "number", nullable=True)), "numbers")


@dataclass(frozen=True)
class CompileCase:
    """A fitted model, what it was fitted on, and a schema if the model does not state all of it."""

    model: Any
    inputs: Any
    given_schema: Schema | None = None

    @property
    def schema(self) -> Schema:
        """The schema of the model's columns."""
        return self.given_schema or infer_schema(self.model)

    def original(self) -> SklearnPredictor:
        """Return the predictor that asks scikit-learn."""
        return SklearnPredictor(self.model, self.schema)

    def rows(self) -> list[list[Any]]:
        """Return the training rows as a client sends them."""
        lists = self.inputs if isinstance(self.inputs, list) else np.asarray(self.inputs, dtype=object).tolist()
        return [[None if value != value else value for value in row] for row in lists]

    def edge_rows(self) -> list[list[Any]]:
        """Return rows with one value that is unknown, missing, written as text or extreme, if the schema allows it."""
        training, edges = self.rows(), []
        columns = self.schema.columns
        for index in range(0, len(columns), 1 + len(columns) // 9):  # of very many columns, nine or less
            for number, value in enumerate(_edge_values(columns[index], training[1][index])):
                row = list(training[number])
                row[index] = value
                edges.append(row)
        return edges


def _edge_values(column: Column, usual: Any) -> list[Any]:
    values: list[Any] = [None] if column.nullable else []
    if column.type == "number":
        return [*values, str(usual).replace("None", "1"), "1e38", 0.1, -(2**53) - 1, MAX_FLOAT32, -MAX_FLOAT32, 1e-45]
    if column.type == "category" and not column.reject_unknown:
        is_text = any(isinstance(value, str | bool) for value in column.categories)
        values += ["no such", "", "Äpfel" * 20] if is_text else [12345, -7.5, 0.1]
    return values


def forest(inputs: Any, labels: Sequence[Any] | np.ndarray = LABELS, **settings: Any) -> RandomForestClassifier:
    return RandomForestClassifier(**{"n_estimators": 5, "random_state": 0} | settings).fit(inputs, labels)


def of_frame(*steps: Any, labels: Any = LABELS, frame: pd.DataFrame = FRAME) -> CompileCase:
    return CompileCase(make_pipeline(*steps).fit(frame, labels), frame)


def of_numbers(*steps: Any, labels: Any = LABELS, numbers: Any = NUMBERS, schema: Schema | None = None) -> CompileCase:
    return CompileCase(make_pipeline(*steps).fit(numbers, labels), numbers, schema)


def tree(**settings: Any) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(random_state=0, **settings)


def encoded(encoder: Any, model: Any | None = None, frame: pd.DataFrame = FRAME, **settings: Any) -> CompileCase:
    """Fit a model after an encoder of both categories; numbers pass through."""
    columns = ColumnTransformer([("c", encoder, CATEGORIES)], remainder="passthrough", **settings)
    return of_frame(columns, tree() if model is None else model, frame=frame)


def one_hot(**settings: Any) -> CompileCase:
    return encoded(OneHotEncoder(**settings))


def ordinal(**settings: Any) -> CompileCase:
    return encoded(OrdinalEncoder(**settings))


def with_missing(frame: pd.DataFrame = FRAME, missing: Any = np.nan, every: int = 9) -> pd.DataFrame:
    """Return the census with missing values in both categories."""
    frame = frame.astype({"workclass": object, "sex": object})
    for name in CATEGORIES:
        frame.loc[frame.index % every == len(name) % every, name] = missing
    return frame


def binarized(*indices: int) -> CompileCase:
    """Fit a pipeline on lists: SelectKBest picks a column for each LabelBinarizer."""
    parts: list[tuple[str, Any]] = []
    for index in indices:
        binarizer = LabelBinarizer().fit(only(index).transform(ROWS))
        parts.append((f"c{index}", Pipeline([("pick", only(index)), ("binarize", binarizer)])))
    parts.append(("age", only(0)))
    union = FeatureUnion(parts)
    return CompileCase(Pipeline([("union", union), ("forest", forest(union.transform(ROWS)))]), ROWS)


def wide() -> CompileCase:
    """Fit a forest on 200 columns, of which its trees use a few."""
    numbers = np.random.default_rng(1).normal(size=(300, 200))
    return of_numbers(forest_of(max_depth=3), labels=(numbers[:, 7] + numbers[:, 150] > 0).astype(int), numbers=numbers)


def forest_of(**settings: Any) -> RandomForestClassifier:
    return RandomForestClassifier(**{"n_estimators": 5, "random_state": 0} | settings)


def histograms(frame: Any = NUMBERS, labels: Any = LABELS, **settings: Any) -> CompileCase:
    model = HistGradientBoostingClassifier(max_iter=8, random_state=0, min_samples_leaf=5, **settings)
    return CompileCase(model.fit(frame, labels), frame)


def histogram_numbers(numbers: np.ndarray = NUMBERS, labels: Any = MONEY, **settings: Any) -> CompileCase:
    model = HistGradientBoostingRegressor(max_iter=8, random_state=0, min_samples_leaf=5, **settings)
    return CompileCase(model.fit(numbers, labels), numbers)


def boosted(labels: Any = LABELS, inputs: Any = NUMBERS, **settings: Any) -> CompileCase:
    return CompileCase(
        GradientBoostingClassifier(n_estimators=8, random_state=0, **settings).fit(inputs, labels), inputs
    )


def columns_of(*parts: tuple[Any, Any], **settings: Any) -> ColumnTransformer:
    return make_column_transformer(*parts, **settings)


def category_types(frame: pd.DataFrame = FRAME) -> pd.DataFrame:
    return frame.astype({"workclass": "category", "sex": "category"})
