"""Find the raw numbers at which a feature crosses thresholds, if the feature does not rise with the raw number.

An operation such as np.absolute falls up to 0, and rises from there. The raw numbers
are therefore divided into pieces: in a piece, the feature only rises, only falls or is
always missing. A bisection in each piece finds the crossings.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats

from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.trees.float_bisection import largest_where
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.linear.number_operations import EDGE, OPERATIONS, Operation, shares_near_normal
from ml_census.schema import MAX_FLOAT32

FloatType = type[np.floating[Any]]
Values = Callable[[np.ndarray], np.ndarray]

BELOW_ZERO = float(np.nextafter(0, -np.inf))
BREAKS: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "yeo-johnson"), (BELOW_ZERO,)),
    "log1p": (float(np.nextafter(-1, -np.inf)),),
    **dict.fromkeys(("absolute", "square", "box-cox"), (0.0,)),
}
"""Name of an operation -> the last numbers of the pieces in which the operation only
rises, only falls or gives NaN. The list lacks operations that only rise, and operations
whose operands have the numbers."""


def _normal_quantile(numbers: np.ndarray, *quantiles: float) -> np.ndarray:
    ends = stats.norm.ppf(EDGE - np.spacing(1)), stats.norm.ppf(1 - (EDGE - np.spacing(1)))
    values = np.clip(stats.norm.ppf(np.minimum(shares_near_normal(numbers, *quantiles), 1)), *ends)
    return np.where(np.isinf(numbers), np.inf, values)


EXACT = {
    **OPERATIONS,
    "box-cox": lambda numbers, power: np.where(numbers <= 0, np.inf, special.boxcox(numbers, power)),
    "normal_quantile": _normal_quantile,
}
"""The operations with the same bits as scikit-learn, with SciPy."""


def breaks(operation: Operation) -> tuple[float, ...]:
    """Return the last numbers of all pieces but the last one, in any order.

    Raises UnsupportedModelError for a spline: its pieces have no exact ends.
    """
    name, *operands = operation
    if name == "spline":
        raise UnsupportedModelError("no rule for trees after a SplineTransformer")
    if name == "between":
        return tuple(float(np.nextafter(operand, -np.inf)) for operand in operands if np.isfinite(operand))
    if name in ("quantile", "normal_quantile"):  # the interpolation rounds in another way on both sides of a quantile
        return (*operands, *np.nextafter(operands, -np.inf).tolist())
    if name == "power":
        return () if operands[0] % 2 else (0.0,)
    return BREAKS.get(name, ())


def only_rises(number: NumericFeature) -> bool:
    """Return whether a feature is one piece that rises with the raw number."""
    return not any(
        breaks(operation) or (operation[0] in ("multiply", "divide") and not operation[1] > 0)
        for operation in number.operations
    )


def exact_values(number: NumericFeature) -> Values:
    """Return the function from raw numbers to values of the feature, with the same bits as scikit-learn."""
    return rounded_values(number, np.float64)


def rounded_values(number: NumericFeature, dtype: FloatType) -> Values:
    """Return the function from raw numbers to values of the feature in `dtype`."""

    def values(numbers: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return number.values(numbers, EXACT).astype(dtype)

    return values


def piece_ends(number: NumericFeature) -> np.ndarray:
    """Return the largest raw number of each piece but the last: float64 (pieces - 1,), ascending."""
    ends = np.zeros(0)
    for index, operation in enumerate(number.operations):
        if borders := breaks(operation):
            before = NumericFeature(number.column, number.operations[:index])
            ends = np.union1d(ends, crossings(exact_values(before), np.unique(borders), ends))
    return ends


def crossings(values: Values, thresholds: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the raw numbers after which a value crosses any threshold, or becomes missing or known: float64 (n,).

    `thresholds` are float64 (thresholds,). `ends` are those of piece_ends().
    """
    starts, ends = np.append(-MAX_FLOAT32, np.nextafter(ends, np.inf)), np.append(ends, MAX_FLOAT32)
    first, last = (_sides(values(each)[:, np.newaxis], thresholds) for each in (starts, ends))
    piece, index = np.nonzero(first != last)

    def is_first(numbers: np.ndarray) -> np.ndarray:
        inside = np.clip(numbers, starts[piece], ends[piece])
        same: np.ndarray = _sides(values(inside), thresholds[index]) == first[piece, index]
        return same

    between = ends[:-1][(last[:-1] != first[1:]).any(axis=1)]
    return np.union1d(largest_where(is_first, len(piece)), between)


def _sides(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return 0 for values up to the threshold, 1 for values above the threshold, and 2 for NaN."""
    return np.where(np.isnan(values), 2, values > thresholds)


def is_accepted(number: NumericFeature, accepts_missing: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from raw numbers to bool: whether the feature is finite in float32.

    `accepts_missing` states whether the model also accepts a feature that is NaN.
    """
    values = rounded_values(number, np.float32)

    def accepted(numbers: np.ndarray) -> np.ndarray:
        found = values(numbers)
        result: np.ndarray = np.isfinite(found) | (np.isnan(found) & accepts_missing)
        return result

    return accepted
