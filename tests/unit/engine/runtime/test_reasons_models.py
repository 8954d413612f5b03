"""The effects of compiled models are Shapley values of the columns of the schema."""

from dataclasses import replace
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.predictor import NoReasonsError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.schema import Columns
from support.compile_cases import CASES
from support.random_effects import weight

EXACT = (
    "RandomForestClassifier",
    "RandomForestClassifier, multi-class",
    "RandomForestClassifier, trained on missing",
    "RandomForestRegressor",
    "GradientBoostingClassifier, multi-class",
    "HistGradientBoostingClassifier",
    "HistGradientBoostingClassifier, categories with missing",
    "HistGradientBoostingClassifier after an encoder",
    "LogisticRegression after everything",
    "LogisticRegression, multi-class",
    "LGBMClassifier, categories",
    "LGBMClassifier, one against all",
    "LGBMRegressor, random forest",
)
SINGLE = ("XGBClassifier, categories", "XGBClassifier, DART, multi-class", "XGBClassifier, multi-class in a tree")
"""Models whose scores are rounded to float32, at most after each tree."""


@cache
def model_and_rows(name: str, count: int = 12) -> tuple[CompiledPredictor, Columns]:
    case = CASES[name]()
    rows = case.rows()
    return compile_model(case.model, case.schema), case.schema.validate_rows(rows[:: len(rows) // count]).columns


def reference_of(columns: Columns) -> Columns:
    return [values[-1:] for values in columns]


def predicted_scores(model: CompiledPredictor, columns: Columns) -> list[int]:
    """Return the position of the explained score of each row."""
    if model.classes is None or len(model.classes) == 2:
        return [model.scoring.score_count - 1] * len(columns[0])
    return [model.classes.index(prediction) for prediction in model.predict(columns)]


def shapley_values(model: CompiledPredictor, row: Columns, reference: Columns, score: int) -> np.ndarray:
    """Return the Shapley values by their definition, from the scores of all 2**columns mixed rows."""
    count = len(row)
    subsets = list(product((False, True), repeat=count))
    mixed = [[(row if subset[at] else reference)[at][0] for subset in subsets] for at in range(count)]
    scores = dict(zip(subsets, model.scoring.scores(mixed)[:, score], strict=True))
    effects = np.zeros(count)
    for subset, column in product(subsets, range(count)):
        if not subset[column]:
            joined = (*subset[:column], True, *subset[column + 1 :])
            effects[column] += (scores[joined] - scores[subset]) * weight(sum(joined), count - sum(joined))
    return effects


@pytest.mark.parametrize("name", EXACT + SINGLE)
def test_effects_are_the_shapley_values_of_the_columns(name: str) -> None:
    model, columns = model_and_rows(name)
    reference = reference_of(columns)

    effects = model.effects(columns, reference)

    tolerance = 1e-5 if name in SINGLE else 1e-9
    for row, score in enumerate(predicted_scores(model, columns)):
        expected = shapley_values(model, [values[row : row + 1] for values in columns], reference, score)
        np.testing.assert_allclose(effects[row], expected, rtol=0, atol=tolerance)
    assert np.abs(effects).max() > 1000 * tolerance


@pytest.mark.parametrize("name", EXACT)
def test_effects_add_up_to_the_difference_of_the_scores(name: str) -> None:
    model, columns = model_and_rows(name)
    reference = reference_of(columns)
    explained = predicted_scores(model, columns)

    sums = model.effects(columns, reference).sum(axis=1)

    scores = model.scoring.scores(columns)[np.arange(len(explained)), explained]
    expected = scores - model.scoring.scores(reference)[0, explained]
    np.testing.assert_allclose(sums, expected, rtol=0, atol=1e-9)


def test_effects_of_one_row_are_those_of_the_row_in_a_batch() -> None:
    model, columns = model_and_rows("HistGradientBoostingClassifier, categories with missing")
    reference = reference_of(columns)

    alone = [model.effects([values[row : row + 1] for values in columns], reference)[0] for row in range(12)]

    assert np.array_equal(model.effects(columns, reference), alone)


def test_model_of_several_numbers_has_no_reasons() -> None:
    model, columns = model_and_rows("RandomForestRegressor of several outputs")

    with pytest.raises(NoReasonsError, match="this model has no reasons: it predicts several numbers"):
        model.effects(columns, reference_of(columns))


def test_scores_without_effects_have_no_reasons() -> None:
    model, columns = model_and_rows("RandomForestClassifier")
    unknown: Any = SimpleNamespace(inputs=[], score_count=2)

    with pytest.raises(NoReasonsError, match="this model has no reasons: only trees and linear models have reasons"):
        replace(model, scoring=unknown).effects(columns, reference_of(columns))
