"""Read the trees of a LightGBM booster from its text, which a public method returns."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.trees.category_splits import CategorySetTest
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes

CATEGORY, DEFAULT_LEFT = 1, 2
"""Bits of decision_type: whether a node splits by category, and whether missing values
go left."""
NO_MISSING, ZERO_IS_MISSING = 0, 4
"""Values of the bits 2 and 3 of decision_type: NaN counts as 0, or 0 counts as
missing."""
MISSING_BITS = 12
WITHOUT_EFFECT = ("num_class:", "tweedie_variance_power:")
"""Parameters of an objective that do not change predictions. The parameter sigmoid has
no effect if it is 1."""
NO_CATEGORY = -1.0
"""LightGBM cuts a number to a whole number: the numbers between -1 and 1 are category
0."""


@dataclass(frozen=True)
class LightgbmTrees:
    """The trees of a booster, in the order in which LightGBM adds them."""

    objective: str
    """The name of the objective, and of its parameters those that change predictions,
    for example "regression sqrt"."""
    trees: list[TreeNodes]
    values: list[np.ndarray]
    """For each tree, the values of its nodes: float64 (nodes, 1)."""
    score_count: int
    """Number of scores of a row. The trees add to the scores in turn."""
    is_average: bool
    """True if predictions are means over the trees of a score (boosting="rf")."""
    zero_is_missing: set[int]
    """Positions of the features whose zeros count as missing values."""


def read_booster(booster: Any) -> LightgbmTrees:
    """Return the trees of a fitted lightgbm.Booster, up to its best iteration if training stopped early.

    Raises UnsupportedModelError for trees with linear models in their leaves, and for a
    feature whose zeros count as missing values in some trees only.
    """
    header, *parts = booster.model_to_string().split("\nTree=")
    described = _items(header)
    trees = [_Tree(_items(part.partition("\nend of trees")[0])) for part in parts]
    return LightgbmTrees(
        _objective(described.get("objective", "none")),
        [tree.nodes() for tree in trees],
        [tree.values() for tree in trees],
        int(described["num_tree_per_iteration"]),
        "average_output" in header.splitlines(),
        _zero_is_missing(trees),
    )


def _items(text: str) -> dict[str, str]:
    """Return the lines NAME=VALUE of a text."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, separator, value in pairs if separator}


def _objective(text: str) -> str:
    """Return the objective without the parameters that do not change predictions."""
    return " ".join(part for part in text.split() if part != "sigmoid:1" and not part.startswith(WITHOUT_EFFECT))


def _zero_is_missing(trees: list["_Tree"]) -> set[int]:
    with_zero = {feature for tree in trees for feature in tree.features(ZERO_IS_MISSING)}
    without = {feature for tree in trees for kind in (NO_MISSING, 8, MISSING_BITS) for feature in tree.features(kind)}
    if with_zero & without:
        raise UnsupportedModelError("no rule for LightGBM's trees that differ in zero_as_missing")
    return with_zero


class _Tree:
    """One tree of the text. Its inner nodes come first, then its leaves."""

    def __init__(self, items: dict[str, str]) -> None:
        if items.get("is_linear", "0") != "0":
            raise UnsupportedModelError("no rule for LightGBM's linear_tree")
        self._items = items
        self._count = int(items["num_leaves"])
        self._decisions = self._inner("decision_type", np.int64)
        self._is_category = self._decisions & CATEGORY == CATEGORY

    def _inner(self, name: str, dtype: Any) -> np.ndarray:
        """Return the values of the inner nodes. A tree of one leaf has none."""
        return np.array(self._items[name].split() if self._count > 1 else [], dtype=dtype)

    def features(self, missing_kind: int) -> set[int]:
        """Return the features of the splits by threshold that treat missing values in this way."""
        chosen = (self._decisions & MISSING_BITS == missing_kind) & ~self._is_category
        return set(self._inner("split_feature", np.int64)[chosen].tolist())

    def values(self) -> np.ndarray:
        leaves = np.array(self._items["leaf_value"].split(), dtype=np.float64)
        return np.concatenate([np.zeros(self._count - 1), leaves])[:, np.newaxis]

    def _children(self, name: str) -> np.ndarray:
        """Return the position of a child of each inner node. Leaves follow the inner nodes."""
        children = self._inner(name, np.int64)
        return np.where(children < 0, self._count - 2 - children, children)

    def nodes(self) -> TreeNodes:
        inner, leaves = self._count - 1, np.zeros(self._count, dtype=np.int64)
        thresholds = self._inner("threshold", np.float64)
        no_missing = self._decisions & MISSING_BITS == NO_MISSING
        missing_right = np.where(no_missing, 0.0 > thresholds, self._decisions & DEFAULT_LEFT == 0)
        return TreeNodes(
            leaf=np.arange(inner + self._count) >= inner,
            feature=np.concatenate([self._inner("split_feature", np.int64), leaves]),
            threshold=np.concatenate([thresholds, leaves]),
            missing_right=np.concatenate([missing_right | self._is_category, leaves > 0]),
            left=np.concatenate([self._children("left_child"), leaves]),
            right=np.concatenate([self._children("right_child"), leaves]),
            by_category=self._by_category(thresholds),
        )

    def _by_category(self, thresholds: np.ndarray) -> dict[int, CategorySetTest]:
        """Return the tests of the nodes that split by category. The threshold of such a node numbers its bitset."""
        nodes = np.flatnonzero(self._is_category).tolist()
        if not nodes:
            return {}
        bounds = np.array(self._items["cat_boundaries"].split(), dtype=np.int64)
        words = np.array(self._items["cat_threshold"].split(), dtype="<u4")
        sets = {node: int(thresholds[node]) for node in nodes}
        return {
            node: CategorySetTest(_set_bits(words[bounds[index] : bounds[index + 1]]), False, NO_CATEGORY)
            for node, index in sets.items()
        }


def _set_bits(words: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))
