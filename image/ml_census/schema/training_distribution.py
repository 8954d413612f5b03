"""Distribution of a column's values in the training data, with which the drift monitor compares predicted rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingDistribution:
    """Histogram of a column's values in the training data.

    A numeric column has one bin for each of `bin_edges`, up to and including the edge, and one bin above the last edge.
    A categorical column has one bin for each category except NaN. Each column has one more bin at the end, for missing
    values and unknown categories.
    """

    frequencies: tuple[float, ...]
    """Relative frequency of each bin, from 0 to 1."""
    bin_edges: tuple[float, ...] = ()
    """Upper edges of the bins of a numeric column, ascending; empty for other columns."""
    minimum: float | None = None
    """Minimum of the training values of a numeric column; None if unknown."""
    maximum: float | None = None
    """Maximum of the training values of a numeric column; None if unknown."""
