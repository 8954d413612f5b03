"""The trees of LightGBM's text."""

import pytest

from ml_census.engine.compiler.boosters.lightgbm_text import read_booster
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError

HEADER = "tree\nversion=v4\nnum_tree_per_iteration=1\nobjective=regression\n"
STUMP = """num_leaves=3
split_feature=0 1
threshold=0.5 0
decision_type=DECISIONS
left_child=1 -1
right_child=-3 -2
leaf_value=1 2 3
cat_boundaries=0 2
cat_threshold=5 1
is_linear=0
"""
NUMERIC, ZERO, NAN = 0, 4, 8
CATEGORY, LEFT = 1, 2


class Booster:
    """A booster of trees with two splits, of which each has one of the given decision types."""

    def __init__(self, *decisions: tuple[int, int], header: str = HEADER, change: tuple[str, str] = ("", "")) -> None:
        trees = [STUMP.replace("DECISIONS", f"{first} {second}") for first, second in decisions]
        text = "".join(f"\nTree={index}\n{tree}\n" for index, tree in enumerate(trees))
        self.text = f"{header}{text}\nend of trees\n\nparameters:\n[boosting: gbdt]\n".replace(*change)

    def model_to_string(self) -> str:
        return self.text


def test_leaves_follow_the_inner_nodes() -> None:
    (tree,) = read_booster(Booster((NAN, NAN))).trees

    assert tree.leaf.tolist() == [False, False, True, True, True]
    assert tree.left[:2].tolist() == [1, 2]
    assert tree.right[:2].tolist() == [4, 3]


def test_leaf_values_are_in_the_order_of_the_leaves() -> None:
    (values,) = read_booster(Booster((NAN, NAN))).values

    assert values[2:, 0].tolist() == [1.0, 2.0, 3.0]


def test_missing_value_in_a_complete_column_counts_as_zero() -> None:
    (tree,) = read_booster(Booster((NUMERIC, NUMERIC | LEFT), change=("threshold=0.5 0", "threshold=-0.5 0"))).trees

    assert tree.missing_right[:2].tolist() == [True, False]


def test_missing_value_follows_the_default_of_its_node() -> None:
    (tree,) = read_booster(Booster((NAN | LEFT, NAN))).trees

    assert tree.missing_right[:2].tolist() == [False, True]


def test_categories_are_the_bits_of_the_set() -> None:
    (tree,) = read_booster(Booster((NAN, NAN | CATEGORY))).trees

    assert list(tree.by_category) == [1]
    assert tree.by_category[1].codes.tolist() == [0, 2, 32]  # type: ignore[attr-defined]


def test_features_whose_zeros_are_missing_are_found() -> None:
    assert read_booster(Booster((ZERO, NAN))).zero_is_missing == {0}


def test_trees_that_differ_in_missing_zeros_are_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="zero_as_missing"):
        read_booster(Booster((ZERO, NAN), (NAN, NAN)))


def test_linear_trees_are_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="linear_tree"):
        read_booster(Booster((NAN, NAN), change=("is_linear=0", "is_linear=1")))


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("binary sigmoid:1", "binary"),
        ("binary sigmoid:2", "binary sigmoid:2"),
        ("multiclassova num_class:3 sigmoid:1", "multiclassova"),
        ("tweedie tweedie_variance_power:1.5", "tweedie"),
        ("regression sqrt", "regression sqrt"),
    ],
)
def test_objective_has_the_parameters_that_change_predictions(objective: str, expected: str) -> None:
    header = HEADER.replace("objective=regression", f"objective={objective}")

    assert read_booster(Booster((NAN, NAN), header=header)).objective == expected


def test_random_forest_is_a_mean() -> None:
    assert read_booster(Booster((NAN, NAN), header=HEADER + "average_output\n")).is_average
    assert not read_booster(Booster((NAN, NAN))).is_average
