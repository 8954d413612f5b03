"""Fitted trees as nodes for the kernel.

Each split becomes a question about the code of one raw column. Whatever the pipeline does to a number before the tree
compares it (scaling, filling, rounding to float32) goes into the thresholds: the largest raw number that goes left is
found by bisection over all float64, with the pipeline's own arithmetic. So nothing is computed when rows come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from ml_census.engine.compiler.pipeline_tracer import (
    CategoricalFeature,
    Feature,
    OpaqueFeature,
    UnsupportedModelError,
    known,
)
from ml_census.engine.runtime.encoders import CategoryEncoder, Encoder, ThresholdEncoder
from ml_census.engine.runtime.kernel import ALWAYS, SET
from ml_census.engine.runtime.linear_model import NumericFeature
from ml_census.schema.column import LARGEST
from ml_census.schema.schema import Schema

LAST = 2**32 - 1


@dataclass(frozen=True)
class TreeNodes:
    """The nodes of a tree, or of many one after the other. All arrays have an item for each node."""

    leaf: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_right: np.ndarray
    left: np.ndarray
    right: np.ndarray
    by_category: dict[int, "CategoricalSplit"]
    """The nodes that split by a set of categories, not by a threshold."""


@dataclass(frozen=True)
class CategoricalSplit:
    """A split of histogram boosting by a set of categories: those of `left` go left, other known ones right."""

    left: np.ndarray
    known: np.ndarray

    def goes_right(self, values: np.ndarray, missing_right: bool) -> np.ndarray:
        """What is missing, negative or not known goes where missing values go (_predictor.pyx of scikit-learn)."""
        code = np.where((values >= 0) & (values < 256), values, 0).astype(int)
        usable = (values >= 0) & (_in(self.known, code) | _in(self.left, code))
        return np.where(usable, ~_in(self.left, code), missing_right)


def _in(bits: np.ndarray, codes: np.ndarray) -> np.ndarray:
    found: np.ndarray = bits[codes >> 5] >> (codes & 31) & 1 == 1
    return found


def of_tree(tree: Any) -> TreeNodes:
    """The splits of a sklearn.tree._tree.Tree."""
    leaf = tree.children_left < 0
    return TreeNodes(
        leaf, tree.feature, tree.threshold, tree.missing_go_to_left == 0, tree.children_left, tree.children_right, {}
    )


def of_predictor(predictor: Any, known_categories: np.ndarray, places: np.ndarray) -> TreeNodes:
    """The splits of a TreePredictor of histogram boosting."""
    nodes = predictor.nodes
    by_category = {
        int(node): CategoricalSplit(
            predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]],
            known_categories[places[nodes["feature_idx"][node]]],
        )
        for node in np.flatnonzero((nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 1))
    }
    return TreeNodes(
        nodes["is_leaf"] == 1, nodes["feature_idx"].astype(np.int64), nodes["num_threshold"].astype(np.float64),
        nodes["missing_go_to_left"] == 0, nodes["left"].astype(np.int64), nodes["right"].astype(np.int64), by_category,
    )  # fmt: skip


def joined(trees: Sequence[TreeNodes]) -> tuple[TreeNodes, np.ndarray]:
    """All trees one after the other, and the place of each root."""
    sizes = np.array([len(tree.leaf) for tree in trees])
    roots = np.cumsum(sizes) - sizes
    by_category = {
        int(root) + node: test
        for root, tree in zip(roots, trees, strict=True)
        for node, test in tree.by_category.items()
    }

    def all_of(name: str) -> np.ndarray:
        return np.concatenate([getattr(tree, name) for tree in trees])

    shift = np.repeat(roots, sizes)
    one = TreeNodes(
        all_of("leaf"), all_of("feature"), all_of("threshold"), all_of("missing_right"),
        all_of("left") + shift, all_of("right") + shift, by_category,
    )  # fmt: skip
    return one, roots


def tests(
    schema: Schema, features: Sequence[Feature], splits: TreeNodes, kind: type[np.floating[Any]]
) -> tuple[list[Encoder], np.ndarray, np.ndarray]:
    """The encoders of the columns that are asked for, the nodes (without children and leaves), and the sets."""
    inner = np.flatnonzero(~splits.leaf)
    inner = inner[np.argsort(splits.feature[inner], kind="stable")]
    used, first = np.unique(splits.feature[inner], return_index=True)
    by_feature = dict(zip(used.tolist(), np.split(inner, first[1:]), strict=False))
    by_column: dict[int, list[int]] = {}
    for place in by_feature:
        by_column.setdefault(features[place].column, []).append(place)
    nodes = np.zeros((len(splits.leaf), 4), dtype=np.uint32)
    encoders: list[Encoder] = []
    sets = _BitsetPool()
    for column, own in sorted(by_column.items()):
        if any(isinstance(features[place], OpaqueFeature) for place in own):
            raise UnsupportedModelError(f"the schema does not tell what column {column} holds")
        asks = np.sort(np.concatenate([by_feature[place] for place in own]))
        nodes[asks, 0] = len(encoders)
        if isinstance(features[own[0]], NumericFeature):
            encoders.append(_numbers(features, own, splits, asks, nodes, kind))
        else:
            encoder = CategoryEncoder(column, known(schema.columns[column]))
            for place in own:
                _categories(features[place], splits, by_feature[place], nodes, sets, kind)
            encoders.append(encoder)
    if not encoders:
        raise UnsupportedModelError("its trees ask for nothing")
    return encoders, nodes, sets.words()


def _numbers(
    features: Sequence[Feature], own: list[int], splits: TreeNodes, asks: np.ndarray, nodes: np.ndarray, kind: Any
) -> ThresholdEncoder:
    """Fill in the nodes that ask for a column of numbers, through whichever of its features."""
    limits = np.empty(len(asks))
    missing_right = splits.missing_right[asks].copy()
    low, high = -np.inf, np.inf
    for place in own:
        number = cast(NumericFeature, features[place])
        mine = splits.feature[asks] == place
        thresholds, inverse = np.unique(splits.threshold[asks[mine]], return_inverse=True)
        limits[mine] = largest_left(number, thresholds, kind)[inverse]
        filled = number.values(np.array([np.nan])).astype(kind)[0]
        if filled == filled:
            missing_right[mine] = filled > splits.threshold[asks[mine]]
        if kind is np.float32:
            low, high = max(low, _lowest(number)), min(high, _highest(number))
    ranks, inverse = np.unique(limits, return_inverse=True)
    nodes[asks, 1] = inverse + 2
    # from the first code above the threshold to the largest; and around to 0, a missing value, if this goes right, too
    nodes[asks, 2] = LAST - (inverse + 2) + np.where(missing_right, 1, 0)
    return ThresholdEncoder(features[own[0]].column, ranks, low, high)


def largest_left(number: NumericFeature, thresholds: np.ndarray, kind: Any) -> np.ndarray:
    """For each threshold the largest raw number whose feature is not above it; minus infinity if there is none."""
    if any(name in ("multiply", "divide") and not operand > 0 for name, operand, *_ in number.operations):
        raise UnsupportedModelError("a scaler turns numbers around")
    low = np.full(len(thresholds), _ordered(np.array([-LARGEST]))[0] - 1)  # one below: none goes left
    high = np.full(len(thresholds), _ordered(np.array([LARGEST]))[0])
    while (low < high).any():
        middle = (low & high) + ((low ^ high) >> 1) + ((low ^ high) & 1)  # the upper middle, without overflow
        with np.errstate(over="ignore"):
            left = number.values(_numbered(middle)).astype(kind) <= thresholds
        low = np.where(left, middle, low)
        high = np.where(left, high, middle - 1)
    return np.where(low < _ordered(np.array([-LARGEST]))[0], -np.inf, _numbered(low))


def _highest(number: NumericFeature) -> float:
    limit = float(largest_left(number, np.array([LARGEST]), np.float32)[0])
    return np.inf if limit == LARGEST else limit


def _lowest(number: NumericFeature) -> float:
    too_low = float(largest_left(number, np.array([-np.inf]), np.float32)[0])
    return -np.inf if too_low == -np.inf else float(np.nextafter(too_low, np.inf))


def _ordered(numbers: np.ndarray) -> np.ndarray:
    """float64 as int64 in the same order, neighbours next to each other."""
    bits = numbers.view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits, bits)


def _numbered(ordered: np.ndarray) -> np.ndarray:
    return np.where(ordered < 0, np.int64(-(2**63)) - ordered, ordered).view(np.float64)


def _categories(
    feature: Feature, splits: TreeNodes, asks: np.ndarray, nodes: np.ndarray, sets: "_BitsetPool", kind: Any
) -> None:
    """Fill in the nodes that ask for one feature of a category column."""
    if isinstance(feature, CategoricalFeature) and feature.at is not None and not splits.by_category:
        _few(feature, splits, asks, nodes, sets, kind)
        return
    values = lookup(feature, kind)
    by_threshold = np.array([node not in splits.by_category for node in asks.tolist()])
    for node in asks[~by_threshold].tolist():
        right = splits.by_category[node].goes_right(values, bool(splits.missing_right[node]))
        nodes[node, :3] |= sets.asked(right)
    rest = asks[by_threshold]
    keys = np.column_stack([splits.threshold[rest], splits.missing_right[rest]])
    different, inverse = np.unique(keys, axis=0, return_inverse=True)
    tests = [
        sets.asked(np.where(np.isnan(values), missing_right == 1, values > threshold))
        for threshold, missing_right in different
    ]
    nodes[rest, :3] |= np.array(tests, dtype=np.uint32).reshape(-1, 3)[inverse]


def _few(
    feature: CategoricalFeature, splits: TreeNodes, asks: np.ndarray, nodes: np.ndarray, sets: "_BitsetPool", kind: Any
) -> None:
    """Fill in the nodes that ask for a feature of which few symbols have another value than the rest: the cost is that
    of these few, not of all categories."""
    symbols, places = cast(tuple[np.ndarray, np.ndarray], feature.at)
    values = _floats(feature, feature.values).astype(kind)
    _check_unknown(feature, values)
    own = symbols < feature.symbols - 1
    order = np.argsort(symbols[own])
    codes, which = symbols[own][order], places[own][order]
    for node in asks.tolist():
        right = np.where(np.isnan(values), splits.missing_right[node], values > splits.threshold[node]).astype(bool)
        nodes[node, :3] |= sets.few(codes[right[which] != right[0]], bool(right[0]), feature.symbols - 1)


def codes_and_values(feature: CategoricalFeature) -> tuple[np.ndarray, np.ndarray, float]:
    """The codes whose value is not the usual one, their values, and the usual value. Raises UnsupportedModelError."""
    if feature.at is None:
        values = lookup(feature, np.float64)
        return np.arange(len(values)), values, 0.0
    symbols, places = feature.at
    values = _floats(feature, feature.values)
    _check_unknown(feature, values)
    own = symbols < feature.symbols - 1
    return symbols[own], values[places[own]], float(values[0])


def _check_unknown(feature: CategoricalFeature, values: np.ndarray) -> None:
    symbols, places = cast(tuple[np.ndarray, np.ndarray], feature.at)
    one, other = (values[places[symbols == feature.symbols - at].sum()] for at in (1, 2))  # at most one place, or 0
    if one != other and (one == one or other == other):
        raise UnsupportedModelError(f"the unknown categories of column {feature.column} are not alike to it")


def lookup(feature: Feature, kind: Any) -> np.ndarray:
    """Return the feature's value for each code of the column's encoder.

    Raises UnsupportedModelError if unknown categories differ from each other.
    """
    values = _floats(feature, cast(CategoricalFeature, feature).dense()).astype(kind)
    if not np.array_equal(values[-1], values[-2], equal_nan=True):
        raise UnsupportedModelError(f"the unknown categories of column {feature.column} are not alike to it")
    return values[:-1]


def _floats(feature: Feature, values: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise UnsupportedModelError(f"column {feature.column} comes to the model as text") from error


class _BitsetPool:
    """Which codes go right: as a range if they are one, else as a bit set."""

    def __init__(self) -> None:
        self._words: list[np.ndarray] = []
        self._length = 0

    def asked(self, right: np.ndarray) -> np.ndarray:
        """Flag, low and span of a node that sends the codes of `right` to its second child."""
        codes = np.flatnonzero(right)
        if len(codes) == 0:
            return _item(0, len(right), 0)  # a code that does not come
        if codes[-1] - codes[0] + 1 == len(codes):
            return _item(0, int(codes[0]), len(codes) - 1)
        bits = np.zeros((len(right) + 31) // 32 * 32, dtype=np.uint8)
        bits[codes] = 1
        words = np.packbits(bits, bitorder="little").view("<u4").astype(np.uint32)
        self._words.append(words)
        self._length += len(words)
        return _item(SET, self._length - len(words), 0)

    def few(self, codes: np.ndarray, rest: bool, count: int) -> np.ndarray:
        """The same where all of `count` codes but these few, in ascending order, go right if `rest` says so."""
        if len(codes) and codes[-1] - codes[0] + 1 == len(codes):
            low, span = int(codes[0]), len(codes) - 1
            return _item(0, *((low + span + 1, LAST - span - 1) if rest else (low, span)))  # around to the first again
        right = np.full(count, rest)
        right[codes] = not rest
        return self.asked(right)

    def words(self) -> np.ndarray:
        return np.concatenate(self._words) if self._words else np.zeros(0, dtype=np.uint32)


def _item(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint32)


def deduplicate(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lines that differ, and for each line its place among them: the leaves of a forest share few values."""
    place = np.zeros(len(values), dtype=np.int64)
    for column in values.T:
        different, inverse = np.unique(column, return_inverse=True)
        _, place = np.unique(place * len(different) + inverse, return_inverse=True)
    _, first = np.unique(place, return_index=True)
    return np.ascontiguousarray(values[first], dtype=np.float64), place


def side_by_side(splits: TreeNodes, roots: np.ndarray) -> np.ndarray:
    """The new place of each node: both children next to each other, in the order in which their parents come.

    Trees are stored depth first, and so they stay: the way to a leaf is short in memory, too.
    """
    inner = np.flatnonzero(~splits.leaf)
    order = np.empty(len(splits.leaf), dtype=np.int64)
    order[roots] = roots
    # a tree's k-th inner node has its children at root + 1 + 2k
    before = np.searchsorted(inner, roots)
    tree = np.searchsorted(roots, inner, side="right") - 1
    first = roots[tree] + 1 + 2 * (np.arange(len(inner)) - before[tree])
    order[splits.left[inner]] = first
    order[splits.right[inner]] = first + 1
    return order


def laid_out(nodes: np.ndarray, splits: TreeNodes, order: np.ndarray) -> np.ndarray:
    """The nodes in their new order, with their children; a leaf is its own."""
    made = np.empty_like(nodes)
    inner = ~splits.leaf
    nodes[inner, 3] = order[splits.left[inner]]
    nodes[splits.leaf, 2] = ALWAYS
    nodes[splits.leaf, 3] = (order[splits.leaf] - 1) % 2**32
    made[order] = nodes
    return made
