"""Values at the limit of a column are accepted."""

import pytest

from ml_census.schema import MAX_FLOAT32, Column
from ml_census.schema.column import MAX_CATEGORY_LENGTH


@pytest.mark.parametrize("value", [MAX_FLOAT32, -MAX_FLOAT32])
def test_largest_float32_is_accepted_as_a_number(value: float) -> None:
    assert Column("x", "number").validate(value) == (value, True)


def test_unknown_text_as_long_as_a_category_is_accepted() -> None:
    column = Column("x", "category", ("a" * (MAX_CATEGORY_LENGTH + 1),))

    assert column.validate("b" * (MAX_CATEGORY_LENGTH + 1)) == ("b" * (MAX_CATEGORY_LENGTH + 1), False)
