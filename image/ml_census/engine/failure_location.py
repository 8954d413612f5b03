"""Find the row, and the column of that row, that a model rejects: by bisection, with few further predictions."""

from collections.abc import Callable, Sequence

from ml_census.schema import Columns, Value

Accepts = Callable[[Columns], bool]
"""Whether the model predicts these rows."""


def first_rejected_row(accepts: Accepts, columns: Columns) -> int:
    """Return the position of the first row that the model rejects. At least one must be rejected."""
    return _bisect(len(columns[0]), lambda first, middle: accepts([values[first:middle] for values in columns]))


def rejected_column(accepts: Accepts, row: Columns, good: Columns) -> int | None:
    """Return the position of the column whose value the model rejects, or None if no single column is the cause.

    `row` is the rejected row, `good` a row that the model accepts: values of the one replace values of the other.
    """
    index = _bisect(len(row), lambda first, middle: accepts([*row[:middle], *good[middle:]]))
    replaced: list[Sequence[Value]] = [*good[:index], row[index], *good[index + 1 :]]
    return None if accepts(replaced) else index


def _bisect(count: int, is_accepted: Callable[[int, int], bool]) -> int:
    """Return the first position that is not accepted; is_accepted(first, middle) is for first ... middle - 1."""
    first, end = 0, count
    while end - first > 1:
        middle = (first + end) // 2
        if is_accepted(first, middle):
            first = middle
        else:
            end = middle
    return first
