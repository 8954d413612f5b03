#!/usr/bin/env python3
"""Compare compiled models with their library, on random rows.

The models are those of tests/support/compile_cases*.py. The rows have numbers next to the thresholds of the trees,
random and extreme numbers, missing values, and unknown categories. All predictions and probabilities of trees must be
equal to the last bit, and those of other models within 1e-9. Print the number of differing rows of each model, and the
time for one row. Exit with 1 if a row differs. Run this script with .venv/bin/python after an update of a library.

  ci/sweep-compiled.py [--rows N] [--rounds N] [NAME ...]    only models whose names begin with a NAME

Example: ci/sweep-compiled.py --rows 200000 --rounds 100 xgboost lightgbm
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
warnings.simplefilter("ignore")

from ml_census.engine.compiler.compiler import compile_model  # noqa: E402
from ml_census.engine.compiler.sample_rows import EXTREME_NUMBERS, SampleGenerator  # noqa: E402
from ml_census.engine.predictor import TOLERANCE, PredictionError, Predictor, describe_failure  # noqa: E402
from ml_census.engine.runtime.compiled_model import CompiledPredictor  # noqa: E402
from ml_census.schema import MAX_FLOAT32, Column, Columns, Value  # noqa: E402
from support import compile_cases, compile_cases_boosters  # noqa: E402
from support.compile_data import CompileCase  # noqa: E402

BLOCK = 20_000
"""Number of rows that are compared at once."""
TIMED_CALLS = 50
OTHERS: dict[str, list[Value]] = {
    "number": [number for number in (*EXTREME_NUMBERS, 1e-35, -1e-35, 1e-36) if abs(number) < MAX_FLOAT32 / 2],
    "category": ["no such category", "", 12345.5, -7.5],
}
"""Values that replace a twentieth of a column, by the type of the column.

scikit-learn rejects a batch with a number that exceeds float32 after scaling. Unit
tests compare such numbers."""


def random_rows(compiled: CompiledPredictor, count: int, seed: int) -> Columns:
    """Return rows: half of the numbers are next to thresholds, the others random, extreme or missing."""
    random = np.random.default_rng(seed)
    near = SampleGenerator(compiled).typical_rows(count, seed)
    return [_mixed(column, list(values), random) for column, values in zip(compiled.schema.columns, near, strict=True)]


def _mixed(column: Column, values: list[Value], random: np.random.Generator) -> list[Value]:
    kinds = random.integers(0, 20, len(values)).tolist()
    numbers = (random.normal(size=len(values)) * 10.0 ** random.integers(-2, 3, len(values))).tolist()
    others = [
        value
        for value in OTHERS.get(column.type, [])
        if column.type == "number" or isinstance(value, str) == isinstance(column.categories[0], str)
    ]
    for row, kind in enumerate(kinds):
        if kind == 0 and column.nullable:
            values[row] = column.validate(None)[0]
        elif kind == 1 and others and not column.reject_unknown:
            values[row] = others[row % len(others)]
        elif kind < 10 and column.type == "number":
            values[row] = numbers[row]
    return values


def results(predictor: Predictor, columns: Columns) -> Iterator[np.ndarray]:
    """Yield the predictions, and the probabilities of a classifier."""
    yield np.array(predictor.predict(columns))
    if predictor.has_probabilities:
        yield np.array(predictor.probabilities(columns))


def differing_rows(compiled: CompiledPredictor, original: Predictor, columns: Columns) -> int:
    """Return the number of rows of which any result differs."""
    differs = np.zeros(len(columns[0]), dtype=bool)
    for actual, expected in zip(results(compiled, columns), results(original, columns), strict=True):
        differs |= (~_are_equal(compiled, actual, expected)).reshape(len(differs), -1).any(axis=1)
    return int(differs.sum())


def _are_equal(compiled: CompiledPredictor, actual: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return whether results are equal: to the last bit for trees and classes, otherwise within TOLERANCE."""
    if actual.dtype.kind != "f":
        return np.asarray(actual == expected)
    tolerance = 0 if compiled.scoring.exact else TOLERANCE
    return np.asarray(np.isclose(actual, expected, rtol=tolerance, atol=tolerance, equal_nan=True))


def time_of_one_row(predictor: Predictor, columns: Columns) -> float:
    """Return the shortest time of one prediction, in microseconds."""
    row = [values[:1] for values in columns]
    method: Any = predictor.probabilities if predictor.has_probabilities else predictor.predict
    times = []
    for _ in range(TIMED_CALLS):
        start = time.perf_counter()
        method(row)
        times.append(time.perf_counter() - start)
    return min(times) * 1e6


def sweep(name: str, make: Callable[[], CompileCase], rows: int) -> int:
    """Compare the rows of one model, print a line and return the number of rows that differ."""
    original = make().original()
    compiled = compile_model(original.model, original.schema)
    blocks = range(0, rows, BLOCK)
    different = sum(
        differing_rows(compiled, original, random_rows(compiled, min(BLOCK, rows - first), first)) for first in blocks
    )
    example = random_rows(compiled, 1, 0)
    pair = time_of_one_row(compiled, example), time_of_one_row(original, example)
    print(f"{different:8} of {rows} rows differ  {pair[0]:6.1f} {pair[1]:8.1f} us a row  {name}", flush=True)
    return different


def main() -> None:
    """Sweep the models that the command line names."""
    parser = argparse.ArgumentParser(description="Compare compiled models with their library, on random rows.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="beginning of the names of models (default: all)")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of each model (default 100,000)")
    parser.add_argument("--rounds", type=int, default=8, help="boosting rounds of XGBoost and LightGBM (default 8)")
    options = parser.parse_args()
    compile_cases_boosters.TREES = options.rounds
    chosen = {name: make for name, make in compile_cases.CASES.items() if name.startswith(tuple(options.names) or "")}
    total = 0
    for name, make in chosen.items():
        try:
            total += sweep(name, make, options.rows)
        except PredictionError as error:
            print(f"not compared: {describe_failure(error)}  {name}", flush=True)
    sys.exit(total > 0)


main()
