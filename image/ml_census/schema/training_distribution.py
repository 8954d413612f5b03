"""Distribution of a column's values in the training data; the baseline of drift."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingDistribution:
    """A histogram of the training values.

    A numeric column has a bin up to and including each of `bin_edges`, and one above the last. A categorical column has
    a bin for each category. The last bin counts all other values: missing ones and unknown categories.
    """

    frequencies: tuple[float, ...]
    """Relative frequency of each bin, from 0 to 1."""
    bin_edges: tuple[float, ...] = ()
    """Upper edge of each numeric bin but the last, in ascending order."""
    minimum: float | None = None
    maximum: float | None = None
