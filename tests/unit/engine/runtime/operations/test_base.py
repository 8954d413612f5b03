"""Checks of operations reject what a damaged file can contain."""

from typing import Any

import pytest

from ml_census.engine.runtime.operations.base import Shape, common_width, require_count, require_numbers, width_of


@pytest.mark.parametrize("values", [None, 1, "12", (1, 2), [True], ["1"], [float("nan")], [float("-inf")], [[1]]])
def test_anything_but_a_list_of_finite_numbers_is_rejected(values: Any) -> None:
    with pytest.raises(ValueError):
        require_numbers(values)


def test_finite_numbers_are_accepted() -> None:
    require_numbers([])
    require_numbers([1, -0.5])


def test_another_number_of_weights_than_inputs_is_rejected() -> None:
    require_count([1, 2], [Shape(1), Shape(1)])

    with pytest.raises(ValueError):
        require_count([1, 2], [Shape(1)])
    with pytest.raises(ValueError):
        require_count(None, [])


def test_positions_of_classes_have_no_width() -> None:
    assert width_of(Shape(3)) == 3

    with pytest.raises(ValueError):
        width_of(Shape(3, True))


def test_common_width_needs_equal_shapes() -> None:
    assert common_width([Shape(2), Shape(2)]) == 2

    with pytest.raises(ValueError):
        common_width([Shape(2), Shape(3)])
