"""Permutation importance of the columns of a model (Breiman 2001)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.schema import Columns, Value
from ml_census.training.evaluation.predictions import take

MAX_COLUMNS = 20
"""Maximum number of columns with an importance (20)."""
ROWS, REPEATS = 1000, 3
"""Maximum number of sampled rows (1,000), and number of shuffles of each column (3)."""
SCREENED_ROWS = 40_000
"""Maximum number of predictions that select the columns if the model has over MAX_COLUMNS columns (40,000).

A model with 200 columns thus takes 100,000 predictions in place of 600,000.
"""

Score = Callable[[Columns, np.ndarray], float]
"""A function from validated rows, and their positions among all test rows, to a score.
A better model scores higher."""


@dataclass(frozen=True)
class Importance:
    """Decrease of the score when the values of a column are shuffled: mean and standard deviation over REPEATS."""

    column: str
    mean: float
    deviation: float


@dataclass(frozen=True)
class Importances:
    """Importances of at most MAX_COLUMNS of the `columns` columns, the largest first, from `rows` sampled rows.

    `measure` is the metric that decreases: "roc_auc", "accuracy" or "mae".
    """

    measure: str
    rows: int
    columns: int
    items: list[Importance]


def measure_importances(names: Sequence[str], columns: Columns, measure: str, score: Score) -> Importances:
    """Return the importances for validated test rows. The same rows always give the same numbers."""
    sample = sample_rows(len(columns[0]))
    chosen: Sequence[int] = range(len(names))
    if len(names) > MAX_COLUMNS:
        few = sample[: max(1, SCREENED_ROWS // len(names))]
        ranks = _decreases(chosen, columns, few, 1, score)
        chosen = sorted(chosen, key=lambda index: (-ranks[index].mean(), index))[:MAX_COLUMNS]
    decreases = _decreases(chosen, columns, sample, REPEATS, score)
    items = [Importance(names[index], float(values.mean()), float(values.std())) for index, values in decreases.items()]
    return Importances(measure, len(sample), len(names), sorted(items, key=lambda item: -item.mean))


def sample_rows(rows: int) -> np.ndarray:
    """Return the positions of the sampled rows, the same for equal numbers of rows: int64 (sampled,)."""
    return np.random.default_rng(0).permutation(rows)[:ROWS]


def _decreases(
    chosen: Sequence[int], columns: Columns, sample: np.ndarray, repeats: int, score: Score
) -> dict[int, np.ndarray]:
    """Return the decreases of the score for the columns with the positions `chosen`."""
    rows = take(columns, sample.tolist())
    base = score(rows, sample)
    return {
        index: np.array([base - score(_shuffled(rows, index, repeat), sample) for repeat in range(repeats)])
        for index in chosen
    }


def _shuffled(rows: list[list[Value]], index: int, repeat: int) -> list[Any]:
    order = np.random.default_rng([index, repeat]).permutation(len(rows[index]))
    return [*rows[:index], [rows[index][position] for position in order.tolist()], *rows[index + 1 :]]
