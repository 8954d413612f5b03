"""Values at the limit of a column are accepted."""

import pytest

from ml_census.schema.column import LARGEST, LONGEST, Column


@pytest.mark.parametrize("value", [LARGEST, -LARGEST])
def test_largest_float32_is_accepted_as_a_number(value: float) -> None:
    assert Column("x", "number").clean(value) == (value, True)


def test_unknown_text_as_long_as_a_category_is_accepted() -> None:
    column = Column("x", "category", ("a" * (LONGEST + 1),))

    assert column.clean("b" * (LONGEST + 1)) == ("b" * (LONGEST + 1), False)
