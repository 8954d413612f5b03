"""Read the trees of an XGBoost booster from its JSON, which XGBoost documents and returns by a public method."""

import ctypes
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.trees.category_splits import CategorySetTest
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes

BELOW_ZERO = float(np.nextafter(np.float32(0), np.float32(-1)))
"""The largest float32 below 0. XGBoost treats numbers up to this one as no category."""
LOGISTIC = ("binary:logistic", "reg:logistic", "binary:logitraw")
"""Objectives whose intercept is a probability."""
LOGARITHMIC = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft")
"""Objectives whose intercept is the exponential of a score."""


@dataclass(frozen=True)
class XgboostTrees:
    """The trees of a booster, in the order in which XGBoost adds them."""

    objective: str
    trees: list[TreeNodes]
    values: list[np.ndarray]
    """For each tree, the values of its nodes: float64 (nodes, width), each a
    float32."""
    outputs: list[int]
    """For each tree, the position of the first score to which the tree adds values."""
    base: np.ndarray
    """The scores before the first tree: float64 (scores,), each a float32."""


def read_booster(booster: Any, iterations: int | None) -> XgboostTrees:
    """Return the trees of a fitted xgboost.Booster. `iterations` limits the boosting rounds, unless it is None.

    Raises UnsupportedModelError for a booster without trees.
    """
    document = json.loads(booster.save_raw("json"))
    learner, boosting = document["learner"], document["learner"]["gradient_booster"]
    if boosting["name"] == "gblinear":
        raise UnsupportedModelError("no rule for XGBoost's booster gblinear")
    model = boosting["gbtree"]["model"] if boosting["name"] == "dart" else boosting["model"]
    count = len(model["trees"]) if iterations is None else model["iteration_indptr"][iterations]
    trees, outputs = [_Tree(tree) for tree in model["trees"][:count]], model["tree_info"][:count]
    objective = learner["objective"]["name"]
    base = _base(learner["learner_model_param"], objective)
    values = [tree.leaf_values() for tree in trees]
    if weights := boosting.get("weight_drop") or model.get("weight_drop"):
        values = _weighted(values, weights[:count], base[outputs], document["version"])
    float64 = [leaves.astype(np.float64) for leaves in values]
    return XgboostTrees(objective, [tree.nodes() for tree in trees], float64, outputs, base.astype(np.float64))


def _weighted(values: list[np.ndarray], weights: list[float], base: np.ndarray, version: list[int]) -> list[np.ndarray]:
    """Return the leaf values of DART with the weights of their trees: float32 arrays.

    Before version 3.3, XGBoost adds a tree to the base, subtracts the base and then
    applies the weight. `base` is the base of each tree: float32 (trees,).
    """
    lost = base if version < [3, 3] else np.zeros_like(base)
    triples = zip(values, np.array(weights, dtype=np.float32), lost, strict=True)
    return [(leaves + before - before) * weight for leaves, weight, before in triples]


def _base(parameters: dict[str, str], objective: str) -> np.ndarray:
    """Return the scores before the first tree, float32 (scores,), from the parameter base_score."""
    given = json.loads(parameters["base_score"])
    count = max(1, int(parameters["num_class"]), int(parameters["num_target"]))
    intercepts = np.resize(np.array(given if isinstance(given, list) else [given], dtype=np.float32), count)
    if objective in LOGISTIC:
        intercepts = -_logarithms(np.float32(1) / intercepts - np.float32(1))
    elif objective in LOGARITHMIC:
        intercepts = _logarithms(intercepts)
    return intercepts


def _logarithms(numbers: np.ndarray) -> np.ndarray:
    """Return the logarithms of float32 numbers. XGBoost calls the same function of libm."""
    logf = ctypes.CDLL(None).logf
    logf.argtypes, logf.restype = (ctypes.c_float,), ctypes.c_float
    return np.array([logf(number) for number in numbers.tolist()], dtype=np.float32)


class _Tree:
    """One tree of the JSON, without the nodes that no path reaches."""

    def __init__(self, tree: dict[str, Any]) -> None:
        left, right = (np.array(tree[f"{side}_children"], dtype=np.int64) for side in ("left", "right"))
        self._order = _breadth_first(left, right)
        position = np.full(len(left), -1)
        position[self._order] = np.arange(len(self._order))
        self._left, self._right = (np.where(side < 0, -1, position[side])[self._order] for side in (left, right))
        self._position = position
        self._tree = tree

    def _array(self, name: str, dtype: type) -> np.ndarray:
        array: np.ndarray = np.array(self._tree[name])[self._order].astype(dtype)
        return array

    def leaf_values(self) -> np.ndarray:
        """Return the values of the nodes, of which those of leaves are used: float32 (nodes, width)."""
        width = int(self._tree["tree_param"].get("size_leaf_vector", 1))
        if width <= 1:
            return self._array("split_conditions", np.float32)[:, np.newaxis]
        vectors = np.array(self._tree["leaf_weights"], dtype=np.float32).reshape(-1, width)
        # the right child of a leaf is the position of its vector
        return vectors[np.where(self._left < 0, self._array("right_children", np.int64), 0)]

    def nodes(self) -> TreeNodes:
        conditions = self._array("split_conditions", np.float32)
        return TreeNodes(
            leaf=self._left < 0,
            feature=self._array("split_indices", np.int64),
            threshold=np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64),  # x < t goes left
            missing_right=self._array("default_left", np.int64) == 0,
            left=self._left,
            right=self._right,
            by_category=self._by_category(),
        )

    def _by_category(self) -> dict[int, CategorySetTest]:
        tree, codes = self._tree, np.array(self._tree["categories"], dtype=np.int64)
        nodes = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
        return {
            int(self._position[node]): CategorySetTest(np.unique(codes[start : start + size]), True, BELOW_ZERO)
            for node, start, size in nodes
            if self._position[node] >= 0
        }


def _breadth_first(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the positions of all nodes that a path from the root reaches, parents before children: int64 (nodes,)."""
    levels = [np.zeros(1, dtype=np.int64)]
    while len(levels[-1]):
        inner = levels[-1][left[levels[-1]] >= 0]
        levels.append(np.column_stack([left[inner], right[inner]]).ravel())
    return np.concatenate(levels)
