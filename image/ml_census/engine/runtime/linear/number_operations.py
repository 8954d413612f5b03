"""The operations that compute a feature of a model from the numbers of one column.

An operation gives infinity for a number that the step of the pipeline rejects, because
models reject an infinite feature as well.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isinf
from statistics import NormalDist
from typing import Any

import numpy as np

Operation = tuple[Any, ...]
"""Name of an operation, a key of OPERATIONS, and its operands, which are floats."""
Function = Callable[..., np.ndarray]

UFUNCS = (np.log, np.log1p, np.log2, np.log10, np.sqrt, np.cbrt, np.exp, np.expm1, np.absolute, np.square, np.arcsinh)
"""The functions of NumPy that are operations without operands."""
MAX_POWER = 100
"""Maximum operand of the operation "power", and maximum degree of a spline (default
100)."""
EDGE = 1e-7
"""scikit-learn's QuantileTransformer maps numbers within 1e-7 of the outer quantiles to
0 and 1."""


def _ufunc(function: Any) -> Function:
    def apply(numbers: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # the logarithm of a negative number is NaN
            result: np.ndarray = function(numbers)
        return result

    return apply


def _fill(numbers: np.ndarray, value: float) -> np.ndarray:
    return np.where(np.isnan(numbers), value, numbers)


def _missing(numbers: np.ndarray, value: float) -> np.ndarray:
    return np.where(np.isnan(numbers), value, 0.0)


def _if_finite(numbers: np.ndarray, results: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(numbers), results, np.inf)


def _bins(numbers: np.ndarray, *edges: float) -> np.ndarray:
    return _if_finite(numbers, np.searchsorted(np.array(edges), numbers, side="right"))


def _between(numbers: np.ndarray, low: float, high: float) -> np.ndarray:
    return _if_finite(numbers, (low <= numbers) & (numbers < high))


def _power(numbers: np.ndarray, exponent: float) -> np.ndarray:
    result = np.ones_like(numbers)
    with np.errstate(all="ignore"):
        for _ in range(int(exponent)):
            result = result * numbers  # as PolynomialFeatures multiplies; np.power rounds in another way
    return _if_finite(numbers, result)


def _yeo_johnson(numbers: np.ndarray, power: float) -> np.ndarray:
    """Return the same bits as scipy.stats.yeojohnson()."""
    epsilon = np.finfo(np.float64).eps
    above: np.ndarray
    below: np.ndarray
    with np.errstate(all="ignore"):
        above, below = np.log1p(numbers), np.log1p(-numbers)
        above = above if abs(power) < epsilon else np.expm1(power * above) / power
        below = -np.expm1((2 - power) * below) / (2 - power) if abs(power - 2) > epsilon else -below
    return np.where(numbers >= 0, above, below)


def _box_cox(numbers: np.ndarray, power: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        logarithms = np.log(numbers)
        results = np.expm1(power * logarithms) / power if power else logarithms
    return np.where(numbers <= 0, np.inf, results)


def _uniform_quantile(numbers: np.ndarray, *quantiles: float) -> np.ndarray:
    bounds = np.array(quantiles)
    return _shares(numbers, bounds, numbers == bounds[0], numbers == bounds[-1])


def _normal_quantile(numbers: np.ndarray, *quantiles: float) -> np.ndarray:
    inverse = NormalDist().inv_cdf
    shares = shares_near_normal(numbers, *quantiles)
    values = [inverse(share) if 0 < share < 1 else np.copysign(np.inf, share - 0.5) for share in shares.tolist()]
    clipped = np.clip(values, inverse(EDGE - np.spacing(1)), inverse(1 - (EDGE - np.spacing(1))))
    return np.where(np.isnan(shares), np.nan, np.where(np.isinf(numbers), np.inf, clipped))


def shares_near_normal(numbers: np.ndarray, *quantiles: float) -> np.ndarray:
    """Return the shares from which QuantileTransformer computes normal values: float64 (n,) to float64 (n,).

    Numbers near the outer quantiles have the shares 0 and 1.
    """
    bounds = np.array(quantiles)
    return _shares(numbers, bounds, numbers - EDGE < bounds[0], numbers + EDGE > bounds[-1])


def _shares(numbers: np.ndarray, quantiles: np.ndarray, is_lowest: np.ndarray, is_highest: np.ndarray) -> np.ndarray:
    """Return the mean of both interpolations: repeated quantiles have a lowest and a highest share."""
    references = np.linspace(0, 1, len(quantiles))
    rising = np.interp(numbers, quantiles, references)
    falling = np.interp(-numbers, -quantiles[::-1], -references[::-1])
    shares = np.where(is_lowest, 0.0, np.where(is_highest, 1.0, 0.5 * (rising - falling)))
    return np.where(np.isinf(numbers), np.inf, shares)


def _spline(numbers: np.ndarray, degree: float, *operands: float) -> np.ndarray:
    """Return a piecewise polynomial of the numbers, and 0 for a missing value.

    `operands` are the ascending borders of the pieces, and the coefficients of each
    piece, of the highest power first. A polynomial is one of the distance from the
    lower border of its piece, for the first piece from the first border.
    """
    order = int(degree) + 1
    count = (len(operands) - order) // (order + 1)
    borders, coefficients = np.array(operands[:count]), np.array(operands[count:]).reshape(-1, order)
    piece = np.searchsorted(borders, numbers, side="right")
    distance = numbers - borders[np.maximum(piece - 1, 0)]
    result = np.zeros_like(numbers)
    with np.errstate(all="ignore"):
        for power in range(order):
            result = result * distance + coefficients[piece, power]
    return np.where(np.isnan(numbers), 0.0, np.where(np.isinf(numbers), np.inf, result))


def _is_spline(operands: Sequence[float]) -> bool:
    order = operands[0] + 1
    count = (len(operands) - 1 - order) / (order + 1)
    return operands[0] in range(MAX_POWER + 1) and count >= 1 and count.is_integer()


OPERATIONS: dict[str, Function] = {
    "subtract": np.subtract,
    "divide": np.divide,
    "multiply": np.multiply,
    "add": np.add,
    "clip": np.clip,
    "fill": _fill,
    "missing": _missing,
    "bins": _bins,
    "between": _between,
    "power": _power,
    "remainder": np.remainder,
    "spline": _spline,
    "yeo-johnson": _yeo_johnson,
    "box-cox": _box_cox,
    "quantile": _uniform_quantile,
    "normal_quantile": _normal_quantile,
    **{function.__name__: _ufunc(function) for function in UFUNCS},
}
"""Name of an operation -> the function of the numbers, float64 (rows,), and the
operands."""
OPERAND_COUNTS: dict[str, range] = {
    **dict.fromkeys(("clip", "between"), range(2, 3)),
    **dict.fromkeys(("bins", "quantile", "normal_quantile", "spline"), range(1, 2**20)),
    **{function.__name__: range(1) for function in UFUNCS},
}
"""Name of an operation -> the allowed numbers of operands. Other operations have one
operand."""


INFINITE_OPERANDS = ("between", "clip", "fill", "missing", "spline")
"""Operations with infinite operands on purpose: a range without an end, or a result
that the model rejects."""
ASCENDING_OPERANDS = ("bins", "quantile", "normal_quantile")
"""Operations whose operands are in ascending order, and can be equal."""


def is_operation(operation: Sequence[Any]) -> bool:
    """Return whether an operation from a file has a known name, and floats that are valid operands of the name."""
    name, *operands = operation
    return (
        name in OPERATIONS
        and len(operands) in OPERAND_COUNTS.get(name, range(1, 2))
        and all(isinstance(operand, float) and operand == operand for operand in operands)
        and (name in INFINITE_OPERANDS or not any(map(isinf, operands)))
        and (name not in ASCENDING_OPERANDS or operands == sorted(operands))
        and (name != "power" or operands[0] in range(MAX_POWER + 1))
        and (name != "spline" or _is_spline(operands))
    )


def apply_operations(
    operations: Sequence[Operation], numbers: np.ndarray, functions: Mapping[str, Function] = OPERATIONS
) -> np.ndarray:
    """Return the numbers after the operations, in their order: float64 (rows,) to float64 (rows,).

    `functions` has the function of each name.
    """
    for name, *operands in operations:
        numbers = functions[name](numbers, *operands)
    return numbers
