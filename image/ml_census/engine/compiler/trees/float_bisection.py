"""Find the largest float64 for which a condition is true, by bisection.

The bisection uses ordinals: whole numbers in the order of the float64 numbers. The ordinals of adjacent float64 numbers
differ by 1.
 * For a positive number, the ordinal is the bit pattern of the float64, read as int64. The order is the same, because
   the sign bit is 0 and the exponent comes before the fraction.
 * For a negative number, the sign bit is 1, and the bit pattern is -2**63 + m as int64. m grows with the distance of
   the number from 0. The ordinal is -m, which is equal to -2**63 - (bit pattern).
 * -0.0 and 0.0 both have the ordinal 0. The bisection finds any number exactly in at most 64 steps.
"""

from collections.abc import Callable

import numpy as np

from ml_census.schema import MAX_FLOAT32

SIGN_BIT = np.int64(-(2**63))


def float_to_ordinal(numbers: np.ndarray) -> np.ndarray:
    """Return the ordinal of each number: a float64 array to an int64 array of the same shape."""
    bits = numbers.view(np.int64)
    return np.where(bits < 0, SIGN_BIT - bits, bits)


def ordinal_to_float(ordinals: np.ndarray) -> np.ndarray:
    """Return the number of each ordinal: an int64 array to a float64 array of the same shape."""
    return np.where(ordinals < 0, SIGN_BIT - ordinals, ordinals).view(np.float64)


def largest_where(holds: Callable[[np.ndarray], np.ndarray], count: int) -> np.ndarray:
    """Return for each of `count` conditions the largest number for which the condition is true.

    `holds` takes one number for each condition, float64 (count,), and returns bool
    (count,). Each condition must be true up to some number and false above this number.
    The search is limited to the range of float32. The result is minus infinity for a
    condition that is false in the whole range. The results are float64 (count,).
    """
    lowest, highest = float_to_ordinal(np.array([-MAX_FLOAT32, MAX_FLOAT32]))
    low = np.full(count, lowest - 1)  # this ordinal below the range means that the condition is never true
    high = np.full(count, highest)
    while (low < high).any():
        middle = (low & high) + ((low ^ high) >> 1) + ((low ^ high) & 1)  # (low + high + 1) // 2 without overflow
        held = holds(ordinal_to_float(middle))
        low = np.where(held, middle, low)
        high = np.where(held, high, middle - 1)
    return np.where(low < lowest, -np.inf, ordinal_to_float(low))
