"""Find by bisection the largest float64 for which a condition holds.

Bisection runs over the ordinals of float64 numbers: whole numbers in the same order, in which neighbours differ by 1.
 * The bits of a number that is not negative, read as an int64, already are in the order of the numbers: the sign bit
   is 0, and the exponent stands before the fraction.
 * A negative number has the sign bit set. Its bits, read as an int64, are -2**63 + m, where m is larger the further the
   number is from 0. Its ordinal is -m, which is -2**63 - bits.
 * So -0.0 and 0.0 both have ordinal 0, and at most 64 halvings find any number exactly, whatever its magnitude.
"""

from collections.abc import Callable

import numpy as np

from ml_census.schema import MAX_FLOAT32

SIGN_BIT = np.int64(-(2**63))


def float_to_ordinal(numbers: np.ndarray) -> np.ndarray:
    """Return the ordinals of numbers: float64 to int64."""
    bits = numbers.view(np.int64)
    return np.where(bits < 0, SIGN_BIT - bits, bits)


def ordinal_to_float(ordinals: np.ndarray) -> np.ndarray:
    """Return the numbers of ordinals: int64 to float64."""
    return np.where(ordinals < 0, SIGN_BIT - ordinals, ordinals).view(np.float64)


def largest_where(holds: Callable[[np.ndarray], np.ndarray], count: int) -> np.ndarray:
    """Return `count` numbers: the largest within float32's range for which the condition holds, else minus infinity.

    `holds` takes float64 (count,) and returns bool (count,). It must be true up to some number and false above.
    """
    lowest, highest = float_to_ordinal(np.array([-MAX_FLOAT32, MAX_FLOAT32]))
    low = np.full(count, lowest - 1)  # the ordinal below the range means that the condition never holds
    high = np.full(count, highest)
    while (low < high).any():
        middle = (low & high) + ((low ^ high) >> 1) + ((low ^ high) & 1)  # (low + high + 1) // 2 without overflow
        held = holds(ordinal_to_float(middle))
        low = np.where(held, middle, low)
        high = np.where(held, high, middle - 1)
    return np.where(low < lowest, -np.inf, ordinal_to_float(low))
