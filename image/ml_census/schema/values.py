"""Parsing of single values: numbers, booleans, dates and text as JSON and CSV files spell them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeGuard

from ml_census.schema.errors import InvalidValueError

Value = str | int | float | bool | None

MAX_FLOAT32 = 3.4028234663852886e38
"""Maximum of float32. scikit-learn's trees compare in float32 and reject larger numbers."""
NAN = float("nan")
NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
"""Text that is a number: also .94, 13. and +7, as databases and statistics programs write them."""
MISSING_WORDS = frozenset(("", ".", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "none"))
"""Text that is a missing value, in lower case: the words of pandas, R, SQL, Excel and SAS."""
MAX_MISSING_LENGTH = 20
"""Length in characters from which a text is not compared with MISSING_WORDS; the longest has 4, blanks aside."""
BOOLEANS = {text: truth for truth in (True, False) for text in (str(truth), str(truth).lower(), str(truth).upper())}
"""Spellings of true and false as text in JSON, pandas and spreadsheets."""
DATE = "a date in ISO 8601, such as 2024-03-05 or 2024-03-05T10:00:00"


def is_missing_word(value: object) -> TypeGuard[str]:
    """Return whether the value is text that spells a missing value."""
    return isinstance(value, str) and len(value) < MAX_MISSING_LENGTH and value.strip().lower() in MISSING_WORDS


def are_booleans(values: Sequence[object]) -> bool:
    """Return whether all values are true or false."""
    return set(map(type, values)) == {bool}


def parse_number(value: object) -> int | float:
    """Return a finite number. Text is parsed, as from CSV files; true is 1 and false is 0.

    Raises InvalidValueError.
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
    """Return true or false if the text spells one of them, and any other text unchanged."""
    return BOOLEANS.get(text.strip(), {"1": True, "0": False}.get(text.strip(), text))


def parse_text(value: object) -> str:
    """Return text as it is. Raises InvalidValueError for other types, lone surrogates and NUL."""
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
    """Return a date and time in ISO 8601 without offset; one with an offset is converted to UTC.

    Raises InvalidValueError.
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
    """Return text, a boolean or a finite number as it is. Raises InvalidValueError for anything else."""
    if isinstance(value, str):
        return parse_text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return parse_number(value)
    raise InvalidValueError("a single value")


def describe_value(value: object) -> object:
    """Return what an error shows of a value: short, and representable in JSON."""
    if isinstance(value, list):
        return f"a list of {len(value)} values"
    if isinstance(value, dict):
        return f"an object of {len(value)} values"
    if isinstance(value, str):
        return value if len(value) <= 40 else value[:40] + "…"
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= MAX_FLOAT32):
        return value
    return str(float(value)) if isinstance(value, float) else "a number of many digits"
