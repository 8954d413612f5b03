"""Distribution of a column's values in the training data, with which the drift monitor compares predicted rows."""

from dataclasses import dataclass

from ml_census.schema.values import Value


@dataclass(frozen=True)
class TrainingDistribution:
    """Histogram of a column's values in the training data.

    A column of numbers or dates has one bin for each of `bin_edges`, up to and
    including the edge, and one bin above the last edge. A text column has such bins for
    the length of its texts, in characters. A categorical column has one bin for each
    category except NaN. Each column has one more bin at the end, for missing values and
    unknown categories.
    """

    frequencies: tuple[float, ...]
    """Relative frequency of each bin, from 0 to 1."""
    bin_edges: tuple[float | str, ...] = ()
    """Upper edges of the bins, ascending: numbers, dates in ISO 8601 or lengths. Empty
    for a categorical column."""
    minimum: float | str | None = None
    """Minimum of the training values: a number, a date or a length. None if unknown,
    and for a categorical column."""
    maximum: float | str | None = None
    """Maximum of the training values: a number, a date or a length. None if unknown,
    and for a categorical column."""
    typical: Value = None
    """A typical value that occurs in the training data: the median or the most frequent value. None if unknown.

    A text column has a typical value only if at least two rows have the same text.
    """
