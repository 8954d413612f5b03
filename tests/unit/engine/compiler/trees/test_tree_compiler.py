"""Trees over features become trees over codes of raw columns."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.compiler.pipeline.features import CategoricalFeature, OpaqueFeature, UnsupportedModelError
from ml_census.engine.compiler.trees.tree_compiler import build_nodes, deduplicate
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes, from_sklearn_tree
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.schema.column import Column
from ml_census.schema.schema import Schema

NUMBERS = Schema((Column(0, "number"), Column(1, "number")), "numbers")


def fitted(labels: list[int]) -> TreeNodes:
    rows = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    return from_sklearn_tree(DecisionTreeClassifier(random_state=0).fit(rows, labels).tree_)


def test_each_tested_column_gets_one_encoder() -> None:
    features: list[Any] = [NumericFeature(0), NumericFeature(1)]

    both, _, _ = build_nodes(NUMBERS, features, fitted([0, 1, 1, 0]), np.float32)
    second, _, _ = build_nodes(NUMBERS, features, fitted([0, 1, 0, 1]), np.float32)

    assert [encoder.column for encoder in both] == [0, 1]
    assert [encoder.column for encoder in second] == [1]


def test_features_of_the_same_column_share_an_encoder() -> None:
    features = [NumericFeature(1), NumericFeature(1, (("multiply", 2.0),))]

    (encoder,), _, _ = build_nodes(NUMBERS, features, fitted([0, 1, 1, 0]), np.float64)

    assert encoder.column == 1
    assert encoder.count == 4  # a missing value, and the ranges below, between and above two thresholds


def test_columns_of_unknown_kind_are_not_compiled() -> None:
    with pytest.raises(UnsupportedModelError, match="column 0 is neither a number nor a category"):
        build_nodes(NUMBERS, [OpaqueFeature(0), OpaqueFeature(1)], fitted([0, 1, 1, 0]), np.float32)


def test_number_and_category_of_the_same_column_are_not_compiled() -> None:
    features: list[Any] = [NumericFeature(0), CategoricalFeature(0, np.zeros(5))]

    with pytest.raises(UnsupportedModelError, match="column 0 is neither a number nor a category"):
        build_nodes(NUMBERS, features, fitted([0, 1, 1, 0]), np.float32)


def test_trees_without_splits_are_not_compiled() -> None:
    with pytest.raises(UnsupportedModelError, match="split by no column"):
        build_nodes(NUMBERS, [NumericFeature(0), NumericFeature(1)], fitted([1, 1, 1, 1]), np.float32)


@settings(derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=50))
def test_deduplicated_rows_are_distinct_and_complete(rows: list[tuple[int, int]]) -> None:
    values = np.array(rows, dtype=float)

    distinct, positions = deduplicate(values)

    assert len(distinct) == len(set(rows))
    assert distinct[positions].tolist() == values.tolist()
