"""The visitor follows columns through the steps that hold other steps or only route columns."""

from typing import Any

import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from ml_census.engine.pipeline_visitor import PipelineVisitor
from support.sample_models import FRAME, only


class Recorder(PipelineVisitor[str]):
    """Marks each column with the step that transformed it, and keeps the parts of ColumnTransformers."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, list[str]]] = []

    def on_part(self, transformer: Any, columns: list[str]) -> None:
        self.parts.append((transformer if isinstance(transformer, str) else type(transformer).__name__, columns))

    def transform(self, step: Any, columns: list[str]) -> list[str]:
        return [f"{type(step).__name__}({column})" for column in columns]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (None, ["a", "b"]),
        ("passthrough", ["a", "b"]),
        ("drop", []),
        (FunctionTransformer(), ["a", "b"]),
        (make_pipeline(StandardScaler(), "passthrough"), ["StandardScaler(a)", "StandardScaler(b)"]),
        (make_union(StandardScaler(), "passthrough"), ["StandardScaler(a)", "StandardScaler(b)", "a", "b"]),
        (FeatureUnion([("a", "drop"), ("b", "passthrough")]), ["a", "b"]),
        (only(1, width=2), ["b"]),
        (make_pipeline(only(0, width=2), StandardScaler()), ["StandardScaler(a)"]),
        (FunctionTransformer(abs), ["FunctionTransformer(a)", "FunctionTransformer(b)"]),
    ],
    ids=str,
)
def test_visit_returns_the_columns_after_a_step(step: Any, expected: list[str]) -> None:
    assert Recorder().visit(step, ["a", "b"]) == expected


def test_column_transformer_routes_its_parts_and_the_remainder() -> None:
    recorder = Recorder()
    transformer = make_column_transformer(
        (OneHotEncoder(), ["sex"]), ("drop", ["workclass"]), ("passthrough", ["sex"]), remainder=StandardScaler()
    ).fit(FRAME)

    columns = recorder.visit(transformer, list(FRAME.columns))

    assert columns == ["OneHotEncoder(sex)", "sex", "StandardScaler(age)", "StandardScaler(education-num)"]
    assert ("drop", ["workclass"]) in recorder.parts


def test_columns_that_cannot_be_followed_stay_unknown() -> None:
    transformer = make_column_transformer(("passthrough", ["age"])).fit(FRAME)

    assert Recorder().visit(transformer, []) == []
