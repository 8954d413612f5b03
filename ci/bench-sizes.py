#!/usr/bin/env python3
"""Measure the CPU time to publish a model for increasing numbers of categories, columns, trees, leaves and classes.

    ci/bench-sizes.py [DIMENSION ...]

DIMENSION is the name of a function in DIMENSIONS, such as `trees`; without arguments, the script measures all. The
script prints a Markdown table: CPU seconds to infer the schema, to compile and to verify, and kB of the compiled model.
Each line of a dimension has twice the size of the line before. "growth" is the exponent of the total between two lines:
1 is linear, 2 is quadratic. Other processes on the machine do not change the CPU time much.
"""

import math
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import ExtraTreeClassifier, ExtraTreeRegressor

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import verify_equivalence
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import to_bytes
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.pickles.predictor_factory import learn_schema

ROWS = 4000
RANDOM = np.random.default_rng(0)


def _one_hot(count: int, model: Any) -> Any:
    frame = pd.DataFrame({"zip": [f"{place:06d}" for place in range(count)], "x": np.arange(count) / count})
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["zip"]), remainder="passthrough")
    return make_pipeline(encode, model).fit(frame, np.arange(count) % 2)


def categories(count: int) -> Any:
    """Return a fitted linear model of a column with `count` categories and a number column."""
    return _one_hot(count, Ridge(solver="lsqr", max_iter=3))


def tree_categories(count: int) -> Any:
    """Return a fitted decision tree of 100 leaves over a column with `count` categories and a number column."""
    return _one_hot(count, ExtraTreeRegressor(max_leaf_nodes=100, random_state=0))


def columns(count: int) -> Any:
    """Return a fitted forest of 10 trees over `count` number columns; each tree has maximum `count` leaves."""
    return ExtraTreesRegressor(10, max_leaf_nodes=count, random_state=0).fit(
        RANDOM.random((500, count)), np.arange(500)
    )


def trees(count: int) -> Any:
    """Return a fitted forest of `count` trees with maximum 100 leaves each."""
    numbers = RANDOM.random((ROWS, 10))
    return ExtraTreesRegressor(count, max_leaf_nodes=100, random_state=0).fit(numbers, numbers[:, 0])


def leaves(count: int) -> Any:
    """Return a fitted decision tree of `count` leaves."""
    return ExtraTreeRegressor(random_state=0).fit(RANDOM.random((count, 10)), np.arange(count))


def classes(count: int) -> Any:
    """Return a fitted decision tree of maximum 500 leaves over `count` classes."""
    labels = np.arange(max(2 * count, ROWS)) % count
    return ExtraTreeClassifier(max_leaf_nodes=500, random_state=0).fit(RANDOM.random((len(labels), 10)), labels)


DIMENSIONS: dict[Callable[[int], Any], tuple[int, ...]] = {
    categories: (12_500, 25_000, 50_000, 100_000),
    tree_categories: (12_500, 25_000, 50_000, 100_000),
    columns: (125, 250, 500, 1000),
    trees: (100, 200, 400, 800),
    leaves: (12_500, 25_000, 50_000, 100_000),
    classes: (400, 800, 1600, 3200),
}


def measured(model: Any) -> tuple[list[float], int]:
    """Return the CPU seconds to infer the schema, compile and verify, and the size of the compiled model in bytes."""
    moments = [time.process_time()]
    schema = learn_schema(model)
    moments.append(time.process_time())
    made: CompiledPredictor = compile_model(model, schema)
    moments.append(time.process_time())
    verify_equivalence(made, SklearnPredictor(model, schema))
    moments.append(time.process_time())
    return [end - start for start, end in zip(moments, moments[1:], strict=False)], len(to_bytes(made))


def main(names: list[str]) -> None:
    """Print the table of the dimensions with these names, or of all dimensions if `names` is empty."""
    warnings.simplefilter("ignore")
    print("| of | size | infer s | compile s | verify s | total s | growth | compiled kB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for make, sizes in DIMENSIONS.items():
        if names and make.__name__ not in names:
            continue
        before: tuple[int, float] | None = None
        for size in sizes:
            seconds, length = measured(make(size))
            total = sum(seconds)
            growth = math.log(total / before[1]) / math.log(size / before[0]) if before else None
            cells = [f"{each:.2f}" for each in (*seconds, total)]
            cells += ["" if growth is None else f"{growth:.1f}", f"{length / 1024:,.0f}"]
            print(f"| {make.__name__.replace('_', ' ')} | {size:,} | {' | '.join(cells)} |", flush=True)
            before = size, total


if __name__ == "__main__":
    main(sys.argv[1:])
