"""Sampled rows are allowed by the schema, the same each time, and at the edges of what the model tells apart."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.sample_rows import EXTREME_NUMBERS, SampleGenerator
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.models.schema_inference import infer_schema
from support.compile_cases import CASES
from support.compile_data import GAPS, LABELS, NULLABLE, NUMBERS, forest
from support.compiled_files import LINEAR, TREES, compiled


def test_typical_rows_are_the_same_each_time() -> None:
    first, second = (SampleGenerator(compiled(LINEAR)).typical_rows(100) for _ in range(2))

    assert first == second


def test_values_of_a_column_do_not_depend_on_other_columns() -> None:
    models = [LinearRegression().fit(rows, LABELS) for rows in (NUMBERS, NUMBERS[:, :1])]

    both, first = (SampleGenerator(compile_model(model, infer_schema(model))).typical_rows(50) for model in models)

    assert both[0] == first[0]


def test_typical_rows_have_each_known_category() -> None:
    rows = SampleGenerator(compiled(LINEAR)).typical_rows(100)

    assert set(rows[1]) == {" Private", " Self-emp", " State-gov", " ?"}


def test_typical_numbers_lie_at_thresholds_and_beside_them() -> None:
    model = compiled(TREES)
    assert isinstance(model.scoring, TreeEnsemble)
    thresholds = next(item.thresholds for item in model.scoring.encoders if isinstance(item, ThresholdEncoder))

    numbers = np.array(SampleGenerator(model).typical_rows(2000)[0], dtype=float)

    assert np.isin(thresholds, numbers).all()
    assert np.isin(np.nextafter(thresholds, np.inf), numbers).mean() > 0.9


def test_nullable_columns_have_missing_values() -> None:
    model: CompiledPredictor = compile_model(forest(GAPS, LABELS), NULLABLE)

    rows = SampleGenerator(model).typical_rows(100)

    assert [sum(value != value for value in values) for values in rows] == [2, 2]


def test_edge_rows_change_one_column_at_a_time() -> None:
    edges = dict(SampleGenerator(compiled(LINEAR)).edge_rows(1000))

    assert set(edges) == {"age", "workclass", "education-num", "sex"}
    assert list(edges["age"][0]) == list(EXTREME_NUMBERS)
    assert list(edges["workclass"][1]) == ["no such category", ""] * 10
    assert "no such category" not in edges["workclass"][3]


def test_edge_rows_stay_below_their_maximum() -> None:
    edges = [columns for _, columns in SampleGenerator(compiled(LINEAR)).edge_rows(25)]

    assert sum(len(columns[0]) for columns in edges) <= 25


def test_columns_that_reject_unknown_values_have_no_edge_rows() -> None:
    model = CASES["one-hot, unknown refused"]().model
    names = [name for name, _ in SampleGenerator(compile_model(model, infer_schema(model))).edge_rows(1000)]

    assert sorted(map(str, names)) == ["age", "education-num"]


@pytest.mark.parametrize("name", [TREES, LINEAR])
def test_sampled_rows_are_valid(name: str) -> None:
    columns = SampleGenerator(compiled(name)).typical_rows(50)
    rows = [list(row) for row in zip(*columns, strict=True)]

    assert len(compiled(name).schema.validate_rows(rows).columns[0]) == 50


@pytest.mark.parametrize("name", ["CategoricalNB of numbers", "log, linear", "log1p, forest", "Box-Cox, linear"])
def test_model_accepts_all_typical_rows(name: str) -> None:
    """A row that the model rejects would leave the whole batch without a comparison."""
    case = CASES[name]()
    compiled = compile_model(case.model, case.schema)

    rows = SampleGenerator(compiled).typical_rows(500)

    assert len(compiled.predict(rows)) == 500


def test_missing_values_that_the_model_rejects_are_edge_rows() -> None:
    compiled = compile_model(LinearRegression().fit(NUMBERS, LABELS), NULLABLE)

    generator = SampleGenerator(compiled)

    assert not any(value != value for values in generator.typical_rows(200) for value in values)
    edges = [rows[int(name)] for name, rows in generator.edge_rows(100)]
    assert [sum(value != value for value in values) for values in edges] == [1, 1]
