"""Parsers for single values of JSON and CSV: numbers, booleans, dates and text."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeGuard

from ml_census.schema.errors import InvalidValueError

Value = str | int | float | bool | None

MAX_FLOAT32 = 3.4028234663852886e38
"""Largest finite float32. scikit-learn's trees convert their input to float32 and
reject larger numbers."""
NAN = float("nan")
NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
"""Text that is a number. Databases and statistics programs also write .94, 13. and
+7."""
MISSING_WORDS = frozenset(("", ".", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "none"))
"""Texts that mean a missing value in pandas, R, SQL, Excel or SAS, in lower case."""
MAX_MISSING_LENGTH = 20
"""Length in characters from which a text is never a missing value. MISSING_WORDS have 4
characters or fewer."""
BOOLEANS = {text: truth for truth in (True, False) for text in (str(truth), str(truth).lower(), str(truth).upper())}
"""Text -> boolean: the spellings of JSON (true), pandas (True) and spreadsheets
(TRUE)."""
DATE = "a date in ISO 8601, such as 2024-03-05 or 2024-03-05T10:00:00"


def is_missing_word(value: object) -> TypeGuard[str]:
    """Return whether the value is a text of MISSING_WORDS, in any case and with any spaces around the word."""
    return isinstance(value, str) and len(value) < MAX_MISSING_LENGTH and value.strip().lower() in MISSING_WORDS


def are_booleans(values: Sequence[object]) -> bool:
    """Return whether there are values, and all of them are booleans."""
    return set(map(type, values)) == {bool}


def parse_number(value: object) -> int | float:
    """Return the value as a finite number. Text is parsed, True is 1 and False is 0.

    Raises InvalidValueError if the value is not a number, or is outside the range of
    float32.
    """
    if isinstance(value, str):
        value = _number_of_text(value.strip())
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, int | float):
        raise InvalidValueError("a number")
    if not -MAX_FLOAT32 <= value <= MAX_FLOAT32:  # also rejects NaN
        raise InvalidValueError("a finite number within the range of float32")
    return value


def _number_of_text(text: str) -> int | float:
    if text in BOOLEANS:
        return int(BOOLEANS[text])
    if not NUMBER.fullmatch(text):
        raise InvalidValueError("a number")
    return float(text) if set(text) & set(".eE") else int(text)


def parse_boolean(text: str) -> Value:
    """Return the boolean that the text spells ("1" and "0" too), or the text unchanged."""
    return BOOLEANS.get(text.strip(), {"1": True, "0": False}.get(text.strip(), text))


def parse_text(value: object) -> str:
    """Return text unchanged. Raises InvalidValueError for other types, and for text with a lone surrogate or NUL."""
    if not isinstance(value, str):
        raise InvalidValueError("text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidValueError("text in Unicode without lone surrogates") from None
    if "\0" in value:  # numpy drops a NUL at the end of text: scikit-learn and the compiled model would differ
        raise InvalidValueError("text without NUL")
    return value


def parse_date(value: object) -> str:
    """Return a date and time in ISO 8601 without UTC offset. A time with an offset is converted to UTC.

    Raises InvalidValueError if the value is not text in ISO 8601.
    """
    if not isinstance(value, str):
        raise InvalidValueError(DATE)
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise InvalidValueError(DATE) from None
    return moment.isoformat()


def parse_scalar(value: object) -> Value:
    """Return text, a boolean or a finite number unchanged.

    Raises InvalidValueError for other types, and for values that parse_text() or
    parse_number() rejects.
    """
    if isinstance(value, str):
        return parse_text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return parse_number(value)
    raise InvalidValueError("a single value")


def describe_value(value: object) -> object:
    """Return a short description of a value for an error message, or the value itself. JSON can represent both."""
    if isinstance(value, list):
        return f"a list of {len(value)} values"
    if isinstance(value, dict):
        return f"an object of {len(value)} values"
    if isinstance(value, str):
        return value if len(value) <= 40 else value[:40] + "…"
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= MAX_FLOAT32):
        return value
    return str(float(value)) if isinstance(value, float) else "a number of many digits"
