"""The trees of XGBoost's JSON."""

import json
from typing import Any

import numpy as np
import pytest

from ml_census.engine.compiler.boosters.xgboost_json import read_booster
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError

STUMP: dict[str, Any] = {
    "left_children": [1, -1, -1],
    "right_children": [2, -1, -1],
    "split_conditions": [0.5, 1.0, 2.0],
    "split_indices": [1, 0, 0],
    "default_left": [1, 0, 0],
    "categories": [],
    "categories_nodes": [],
    "categories_segments": [],
    "categories_sizes": [],
    "tree_param": {"size_leaf_vector": "1"},
}


class Booster:
    """A booster with one tree, as its JSON describes it."""

    def __init__(
        self, tree: dict[str, Any] | None = None, boosting: dict[str, Any] | None = None, **learner: Any
    ) -> None:
        model = {"trees": [STUMP | (tree or {})] * 2, "tree_info": [0, 0], "iteration_indptr": [0, 1, 2]}
        parameters = {"base_score": "[5E-1]", "num_class": "0", "num_target": "1"}
        self.document = {
            "version": [3, 2, 0],
            "learner": {
                "learner_model_param": parameters,
                "objective": {"name": "reg:squarederror"},
                "gradient_booster": {"name": "gbtree", "model": model} | (boosting or {}),
            }
            | learner,
        }

    def save_raw(self, raw_format: str) -> bytes:
        assert raw_format == "json"
        return json.dumps(self.document).encode()


def test_number_equal_to_the_condition_goes_right() -> None:
    trees = read_booster(Booster(), None).trees

    assert len(trees) == 2
    assert trees[0].threshold[0] == np.nextafter(np.float32(0.5), np.float32(0))
    assert not trees[0].missing_right[0]


def test_rounds_after_the_best_one_are_left_out() -> None:
    assert len(read_booster(Booster(), 1).trees) == 1


def test_node_that_no_path_reaches_is_left_out() -> None:
    """XGBoost keeps the nodes that it pruned."""
    removed = {
        name: [value[0], *value] for name, value in STUMP.items() if name in ("split_conditions", "split_indices")
    }
    tree = removed | {"left_children": [2, -1, -1, -1], "right_children": [3, -1, -1, -1], "default_left": [1, 0, 0, 0]}

    (nodes, _) = read_booster(Booster(tree), None).trees

    assert nodes.leaf.tolist() == [False, True, True]
    assert (nodes.left[0], nodes.right[0]) == (1, 2)


def test_intercept_of_a_logistic_objective_is_a_probability() -> None:
    parameters = {"base_score": "[2.5E-1]", "num_class": "0", "num_target": "1"}

    read = read_booster(Booster(objective={"name": "binary:logistic"}, learner_model_param=parameters), None)

    np.testing.assert_allclose(read.base, [np.log(1 / 3)], rtol=1e-6)
    assert read.base[0] == np.float32(read.base[0])


def test_intercept_of_earlier_versions_holds_for_all_classes() -> None:
    parameters = {"base_score": "5E-1", "num_class": "3", "num_target": "1"}

    assert read_booster(Booster(learner_model_param=parameters), None).base.tolist() == [0.5] * 3


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ([3, 2, 0], [(np.float32(0.5) + np.float32(0.1) - np.float32(0.5)) * np.float32(0.3)]),
        ([3, 4, 1], [np.float32(0.1) * np.float32(0.3)]),
    ],
    ids=["3.2", "3.4"],
)
def test_leaf_of_dart_has_the_rounding_of_its_version(version: list[int], expected: list[float]) -> None:
    booster = Booster({"split_conditions": [0.5, 0.1, 0.1]}, {"weight_drop": [0.3, 0.3]})
    booster.document["version"] = version

    assert read_booster(booster, None).values[0][1].tolist() == expected


def test_leaf_of_several_outputs_has_the_vector_of_its_index() -> None:
    vectors = {"right_children": [2, 1, 0], "leaf_weights": [1.0, 2.0, 3.0, 4.0]}

    (values, _) = read_booster(Booster(vectors | {"tree_param": {"size_leaf_vector": "2"}}), None).values

    assert values[1:].tolist() == [[3.0, 4.0], [1.0, 2.0]]


def test_booster_without_trees_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="gblinear"):
        read_booster(Booster(boosting={"name": "gblinear"}), None)
