"""Arrays of trees that would make the kernel read out of bounds are rejected before it runs."""

import numpy as np
import pytest

from ml_census.engine.runtime.kernel import BITSET_FLAG, LEAF_SPAN
from support.compiled_files import (
    TREES,
    Change,
    all_of,
    array,
    assert_rejected,
    item,
    parts_of,
    setting,
    without_array,
    without_setting,
)

ROOT = 0  # an inner node
NUMBER, CATEGORY = 0, 1  # the encoders of the columns "age" and "workclass"


def leaves(change: list[int], combine: np.ufunc) -> Change:
    """Combine the four numbers of each leaf with others."""
    return array(
        "nodes",
        lambda nodes: np.where(nodes[:, 2:3] == LEAF_SPAN, combine(nodes, [change]), nodes).astype(np.uint32),
    )


def bitset(encoder: int, start: int) -> Change:
    """Make the root test a bitset."""
    return item("nodes", (ROOT, slice(0, 2)), [BITSET_FLAG + encoder, start])


def repeated(values: np.ndarray) -> np.ndarray:
    return np.repeat(values, 2)


INVALID: dict[str, Change] = {
    "a child that is its parent": item("nodes", (ROOT, 3), 0),
    "a child before its parent": item("nodes", (1, 3), 0),
    "a child of two parents": item("nodes", (ROOT, 3), 2),  # the children of node 1 are 3 and 4
    "the same children for two parents": item("nodes", (ROOT, 3), 3),
    "a child that does not exist": item("nodes", (ROOT, 3), 2**31),
    "a second child that does not exist": item("nodes", (ROOT, 3), len(parts_of(TREES)[1]["nodes"]) - 1),
    "children beyond 32 bits": item("nodes", (ROOT, 3), 2**32 - 1),
    "a column that does not exist": item("nodes", (ROOT, 0), 77),
    "a bitset that does not exist": bitset(CATEGORY, 2**31),
    "a bitset of a number that is too short": all_of(
        bitset(NUMBER, 0), array("bitsets", lambda _: np.zeros(0, np.uint32))
    ),
    "a bitset that is too short": all_of(
        bitset(CATEGORY, 0),
        array("bitsets", lambda _: np.zeros(0, np.uint32)),
        setting("encoders", CATEGORY, "categories", value=[str(number) for number in range(40)]),
    ),
    "a leaf value that does not exist": leaves([0, 2**20, 0, 0], np.bitwise_or),
    "a leaf that is not its own child": leaves([2**32 - 1, 2**32 - 1, 2**32 - 1, 0], np.bitwise_and),
    "a leaf that tests a bitset": leaves([2**31, 0, 0, 0], np.bitwise_or),
    "a root that does not exist": item("roots", 0, 10**6),
    "a root that is a child": item("roots", 0, 1),
    "two trees of the same root": all_of(array("roots", repeated), array("outputs", repeated)),
    "no roots": all_of(array("roots", lambda roots: roots[:0]), array("outputs", lambda outputs: outputs[:0])),
    "an output that does not exist": item("outputs", 0, 1),
    "an output beyond 32 bits": item("outputs", 0, 2**32 - 1),
    "fewer outputs than roots": array("outputs", lambda outputs: outputs[:0]),
    "no nodes": array("nodes", lambda nodes: nodes[:0]),
    "nodes of three numbers": array("nodes", lambda nodes: nodes[:, :3]),
    "nodes of five numbers": array("nodes", lambda nodes: np.pad(nodes, ((0, 0), (0, 1)))),
    "nodes of one axis": array("nodes", np.ravel),
    "nodes in Fortran order": array("nodes", np.asfortranarray),
    "nodes of int64": array("nodes", lambda nodes: nodes.astype(np.int64)),
    "nodes of the other byte order": array("nodes", lambda nodes: nodes.astype(">u4")),
    "nodes of text": array("nodes", lambda nodes: nodes.astype(str)),
    "values of float32": array("values", lambda values: values.astype(np.float32)),
    "values of no width": array("values", lambda values: values[:, :0]),
    "values that are too wide": array("values", lambda values: np.repeat(values, 2, axis=1)),
    "bitsets of int8": array("bitsets", lambda bitsets: bitsets.astype(np.int8)),
    "an empty base": array("base", lambda base: base[:0]),
    "a base with one more number": array("base", lambda base: np.append(base, 0.0)),
    "a base without an axis": array("base", lambda base: base[0]),
    "values with NaN": item("values", (0, 0), np.nan),
    "an infinite value": item("values", (0, 0), np.inf),
    "a base of minus infinity": item("base", 0, -np.inf),
    "thresholds with NaN": item("thresholds0", 1, np.nan),
    "a threshold of NaN": array("thresholds0", lambda values: np.array([np.nan])),
    "thresholds in descending order": array("thresholds0", lambda values: values[::-1].copy()),
    "thresholds of two axes": array("thresholds0", lambda values: values[:, np.newaxis]),
    "thresholds of text": array("thresholds0", lambda values: values.astype(str)),
    "thresholds of complex numbers": array("thresholds0", lambda values: values.astype(complex)),
    "thresholds without an axis": array("thresholds0", lambda values: values[0]),
    "pickled objects": array("thresholds0", lambda values: values.astype(object)),
    "pickled nodes": array("nodes", lambda nodes: nodes.astype(object)),
    "no thresholds": without_array("thresholds0"),
    "no array of roots": without_array("roots"),
    "divisor 0": setting("divisor", value=0),
    "divisor -1": setting("divisor", value=-1),
    "divisor of text": setting("divisor", value="2"),
    "divisor 1.5": setting("divisor", value=1.5),
    "divisor null": setting("divisor", value=None),
    "single of a number": setting("single", value=1),
    "single null": setting("single", value=None),
    "no divisor": without_setting("divisor"),
    "encoders as text": setting("encoders", value="abcd"),
    "encoders as numbers": setting("encoders", value=[1, 2]),
    "no encoders": setting("encoders", value=[]),
    "an empty encoder": setting("encoders", NUMBER, value={}),
    "a column before the first": setting("encoders", NUMBER, "column", value=-1),
    "a column beyond the schema": setting("encoders", NUMBER, "column", value=4),
    "a column as text": setting("encoders", NUMBER, "column", value="age"),
    "a column as a fraction": setting("encoders", NUMBER, "column", value=0.5),
    "a column as a float": setting("encoders", NUMBER, "column", value=0.0),
    "a column as true": setting("encoders", CATEGORY, "column", value=True),
    "a column as null": setting("encoders", NUMBER, "column", value=None),
    "a column as a list": setting("encoders", NUMBER, "column", value=[0]),
    "thresholds for a category": setting("encoders", NUMBER, "column", value=1),
    "categories for a number": setting("encoders", CATEGORY, "column", value=0),
    "categories as text": setting("encoders", CATEGORY, "categories", value="abcd"),
    "categories as a number": setting("encoders", CATEGORY, "categories", value=4),
    "categories as an object": setting("encoders", CATEGORY, "categories", value={"a": 1, "b": 2, "c": 3, "d": 4}),
    "a category that is a list": setting("encoders", CATEGORY, "categories", value=[[1], "b", "c", "d"]),
    "low as text": setting("encoders", NUMBER, "low", value="0"),
    "high as null": setting("encoders", NUMBER, "high", value=None),
    "low that is NaN": setting("encoders", NUMBER, "low", value=float("nan")),
}


@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID.keys())
def test_invalid_trees_are_rejected_when_they_are_read(change: Change) -> None:
    assert_rejected(TREES, change)
