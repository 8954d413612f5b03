"""Find the first row that a model rejects, and the column in this row that causes the rejection, by bisection."""

from collections.abc import Callable, Sequence

from ml_census.schema import Columns, Value

Accepts = Callable[[Columns], bool]
"""Function that returns whether the model predicts the given rows without an
exception."""


def first_rejected_row(accepts: Accepts, columns: Columns) -> int:
    """Return the position of the first row that the model rejects. The model must reject at least one of the rows."""
    return _bisect(len(columns[0]), lambda first, middle: accepts([values[first:middle] for values in columns]))


def rejected_column(accepts: Accepts, row: Columns, good: Columns) -> int | None:
    """Return the position of the column whose value the model rejects, or None if no single column is the cause.

    `row` is the rejected row, and `good` is a row that the model accepts. The search
    predicts mixed rows, which have some values of `row` and some values of `good`.
    """
    index = _bisect(len(row), lambda first, middle: accepts([*row[:middle], *good[middle:]]))
    replaced: list[Sequence[Value]] = [*good[:index], row[index], *good[index + 1 :]]
    return None if accepts(replaced) else index


def _bisect(count: int, is_accepted: Callable[[int, int], bool]) -> int:
    """Return the first position that is not accepted. is_accepted(first, end) tests the positions first ... end - 1."""
    first, end = 0, count
    while end - first > 1:
        middle = (first + end) // 2
        if is_accepted(first, middle):
            first = middle
        else:
            end = middle
    return first
