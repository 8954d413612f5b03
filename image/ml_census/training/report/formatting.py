"""Numbers as text."""

import math

DIGITS = 3
"""Number of significant digits of a metric (3)."""
ROUNDING = 1e-9
"""Maximum rounding error of a share (1e-9). Without it, 1 - 0.0975 is rounded down, and
0.9025 up."""
SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
NONE = "–"
"""Text of a number that is not defined."""


def count(value: float) -> str:
    """Return an integer, such as 12,345."""
    return f"{value:,.0f}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share from 0 to 1, such as 12.3 %."""
    return f"{_rounded(share, digits)}\u00a0%" if math.isfinite(share) else NONE


def _rounded(share: float, digits: int = 1) -> str:
    """Return a share in percent, rounded half up as by threshold.js, so that both round 0.9025 to 90.3."""
    scale: int = 10**digits
    return f"{math.floor(100 * scale * share + 0.5 + ROUNDING) / scale:.{digits}f}"


def percent_range(low: float, high: float) -> str:
    """Return two shares from 0 to 1, such as 12.3 to 14.5 %, without a line break."""
    return f"{_rounded(low)}\u00a0to\u00a0{percent(high)}" if math.isfinite(low) else NONE


def number(value: float, digits: int = DIGITS) -> str:
    """Return a number with `digits` significant digits, and all digits before the decimal point, such as 1,234."""
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    if abs(value) >= 1e9 or abs(value) < 1e-5:
        return minus(f"{value:.{digits - 1}e}")
    return minus(f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}")


def signed(value: float) -> str:
    """Return a number with its sign, such as +1.23."""
    return f"+{number(value)}" if value > 0 else number(value)


def tick(value: float) -> str:
    """Return the shortest text of a position on an axis, such as 0.2 or 15k."""
    for size, suffix in SUFFIXES:
        if abs(value) >= size:
            return minus(f"{value / size:.4g}{suffix}")
    return minus(f"{value:.4g}")


def minus(text: str) -> str:
    """Return the text with a minus sign in place of a leading hyphen."""
    return text.replace("-", "\u2212", 1) if text.startswith("-") else text
