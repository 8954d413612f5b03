"""Compile fitted trees, and the features that the trees compare, to a TreeEnsemble.

Each comparison of a feature becomes a test on the code of one column of the schema. A
code is a small whole number that replaces a value of the column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Feature,
    OpaqueFeature,
    UnsupportedModelError,
    known_categories,
)
from ml_census.engine.compiler.trees.category_tests import category_tests
from ml_census.engine.compiler.trees.node_tests import BitsetPool, ColumnSplits, ColumnTests
from ml_census.engine.compiler.trees.numeric_tests import numeric_tests
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes, concatenate, reorder, sibling_order
from ml_census.engine.runtime.encoders import CategoryEncoder, Encoder
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.schema import Schema

FloatType = type[np.floating[Any]]


@dataclass(frozen=True)
class FittedTrees:
    """The trees of a fitted model, and the data to compute scores from their leaf values.

    A score is a result of the model before the link function. A row has one score, or
    one for each class or output.
    """

    trees: Sequence[TreeNodes]
    """The nodes of each tree."""
    values: Sequence[np.ndarray]
    """For each tree, the values of its nodes: float64 (nodes, width). A leaf adds
    `width` values to adjacent scores."""
    outputs: Sequence[int]
    """For each tree, the position of the first score to which the tree adds values."""
    base: np.ndarray
    """The scores before the first tree: float64 (scores,)."""
    dtype: FloatType = np.float32
    """The type to which the model rounds numbers before it compares them."""
    divisor: int = 1
    """The divisor of the scores: the number of trees if scores are means, else 1."""
    accepts_missing: bool = True
    """True if the model accepts NaN."""
    single: bool = False
    """True if the model rounds each sum to float32, and accepts numbers beyond float32,
    as XGBoost does."""


def compile_trees(schema: Schema, features: Sequence[Feature], fitted: FittedTrees) -> TreeEnsemble:
    """Return the compiled trees, whose nodes test codes of the columns of the schema.

    `features` are the input columns of the model, after the steps of the pipeline.
    Raises UnsupportedModelError if a feature is not supported, or if no tree has a
    split.
    """
    trees, roots = concatenate(fitted.trees)
    encoders, nodes, bitsets = build_nodes(schema, features, trees, fitted.dtype, fitted.single, fitted.accepts_missing)
    leaf_values, positions = deduplicate(np.concatenate(fitted.values)[trees.leaf])
    nodes[trees.leaf, 1] = positions
    return TreeEnsemble(
        encoders=encoders,
        nodes=reorder(nodes, trees, sibling_order(trees, roots)),
        bitsets=bitsets,
        roots=roots.astype(np.uint32),
        outputs=np.array(fitted.outputs, dtype=np.uint32),
        values=leaf_values,
        base=np.ascontiguousarray(fitted.base, dtype=np.float64),
        divisor=fitted.divisor,
        single=fitted.single,
    )


def build_nodes(
    schema: Schema,
    features: Sequence[Feature],
    trees: TreeNodes,
    dtype: FloatType,
    accepts_infinity: bool = False,
    accepts_missing: bool = True,
) -> tuple[list[Encoder], np.ndarray, np.ndarray]:
    """Return the encoders of the tested columns, the nodes with their tests, and the bitsets of the tests.

    The nodes are uint32 (nodes, 4), with zeros for leaves and for the children of inner
    nodes. The bitsets are uint32 (words,). `accepts_infinity` states whether the model
    accepts numbers that are infinite in `dtype`, and `accepts_missing` whether the
    model accepts NaN. Raises UnsupportedModelError if a
    feature is not supported, or if no tree has a split.
    """
    nodes = np.zeros((len(trees.leaf), 4), dtype=np.uint32)
    encoders: list[Encoder] = []
    pool = BitsetPool()
    for splits in _splits_by_column(features, trees, dtype, accepts_infinity, accepts_missing):
        encoder, tests = _column_tests(schema, splits, pool)
        positions = np.concatenate(splits.nodes)
        nodes[positions, :3] = tests
        nodes[positions, 0] |= np.uint32(len(encoders))
        encoders.append(encoder)
    if not encoders:
        raise UnsupportedModelError("the trees split by no column")
    return encoders, nodes, pool.words()


def _column_tests(schema: Schema, splits: ColumnSplits, pool: BitsetPool) -> ColumnTests:
    if all(isinstance(feature, NumericFeature) for feature in splits.features):
        return numeric_tests(splits, pool)
    if all(isinstance(feature, CategoricalFeature) for feature in splits.features):
        encoder = CategoryEncoder(splits.column, known_categories(schema.columns[splits.column]))
        return category_tests(splits, encoder, pool)
    opaque = [feature for feature in splits.features if isinstance(feature, OpaqueFeature)]
    raise next(iter(opaque), OpaqueFeature(splits.column)).error()


def _splits_by_column(
    features: Sequence[Feature], trees: TreeNodes, dtype: FloatType, accepts_infinity: bool, accepts_missing: bool
) -> list[ColumnSplits]:
    """Return the ColumnSplits of each column that the trees compare, in the order of the schema."""
    inner = np.flatnonzero(~trees.leaf)
    inner = inner[np.argsort(trees.feature[inner], kind="stable")]
    tested, first = np.unique(trees.feature[inner], return_index=True)
    by_column: dict[int, dict[int, np.ndarray]] = {}
    for index, nodes in zip(tested.tolist(), np.split(inner, first[1:]), strict=False):
        by_column.setdefault(features[index].column, {})[index] = nodes
    settings = (trees, dtype, accepts_infinity, accepts_missing)
    return [
        ColumnSplits(column, [features[index] for index in nodes], list(nodes.values()), *settings)
        for column, nodes in sorted(by_column.items())
    ]


def deduplicate(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows of an array, and for each row its position among the distinct rows.

    `values` is float64 (leaves, width). The results are float64 (distinct, width) and
    int64 (leaves,). The leaves of a forest have few distinct values. np.unique for each
    column is faster than np.unique for the rows.
    """
    positions = np.zeros(len(values), dtype=np.int64)
    for column in values.T:
        distinct, inverse = np.unique(column, return_inverse=True)
        _, positions = np.unique(positions * len(distinct) + inverse, return_inverse=True)
    _, first = np.unique(positions, return_index=True)
    return np.ascontiguousarray(values[first], dtype=np.float64), positions
