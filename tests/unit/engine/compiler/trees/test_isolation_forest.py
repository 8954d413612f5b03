"""A compiled IsolationForest predicts 1 and -1 as scikit-learn does, also for scores at the threshold."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.runtime.serialization import from_bytes, to_bytes
from support.compile_cases_models import isolated
from support.compile_data import GAPS, NULLABLE, NUMBERS, CompileCase

CASES: dict[str, Callable[[], CompileCase]] = {
    "all rows": lambda: isolated(max_samples=1.0),
    "some features": lambda: isolated(max_features=1),
    "contamination": lambda: isolated(contamination=0.2),
    "trained on missing": lambda: isolated(GAPS, NULLABLE),
}


def predictions(case: CompileCase, rows: Any) -> list[Any]:
    return compile_model(case.model, case.schema).predict(case.schema.validate_rows(rows).columns)


@pytest.mark.parametrize("name", CASES)
def test_isolation_forest_is_compiled_and_verified(name: str) -> None:
    case = CASES[name]()

    predictor, engine = compile_and_verify(case.original())

    assert engine.kind == "compiled", engine
    assert {type(value) for value in predictor.predict(case.schema.validate_rows(case.rows()).columns)} == {int}


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_row_whose_score_is_next_to_the_threshold(step: int) -> None:
    case = isolated()
    score = case.model.score_samples(NUMBERS[:1])[0]
    case.model.offset_ = score if not step else np.nextafter(score, step * np.inf)

    assert predictions(case, NUMBERS[:1].tolist()) == [-1 if step > 0 else 1]


@pytest.mark.parametrize(("offset", "expected"), [(-2.0, 1), (0.5, -1)])
def test_threshold_beyond_all_scores(offset: float, expected: int) -> None:
    case = isolated()
    case.model.offset_ = offset

    assert set(predictions(case, NUMBERS.tolist())) == {expected}


def test_compiled_isolation_forest_is_stored() -> None:
    case = isolated()
    columns = case.schema.validate_rows(case.rows()).columns

    read = from_bytes(to_bytes(compile_model(case.model, case.schema)), case.schema)

    assert read.predict(columns) == case.model.predict(NUMBERS).tolist()


def test_forest_without_splits_is_not_compiled() -> None:
    case = CompileCase(IsolationForest(n_estimators=3, max_samples=1, random_state=0).fit(NUMBERS), NUMBERS)

    _, engine = compile_and_verify(case.original())

    assert engine.reason == "the trees split by no column"
