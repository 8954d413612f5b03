"""One column of a model's input: which values it takes, and the model's own spelling of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, TypeGuard, cast

Kind = Literal["number", "category", "text", "date", "any"]
Value = str | int | float | bool | None

LARGEST = 3.4028234663852886e38
"""The largest float32: scikit-learn's trees compare in float32 and refuse what is beyond."""
NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
"""Text that is a number: also .94, 13. and +7, as databases and statistics programs write them."""
MISSING = frozenset(("", ".", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "none"))
"""Text that is a missing value, in lower case: the words of pandas, R, SQL, Excel and SAS."""
LONGEST = 1000
"""So many characters a category may have, unless the model knows longer ones."""
NAN = float("nan")
EXAMPLES: dict[str, str | int] = {"number": 0, "text": "a", "date": "2000-01-01T00:00:00"}
"""Kind -> a value that a column of it takes."""
BOOLEANS = {text: truth for truth in (True, False) for text in (str(truth), str(truth).lower(), str(truth).upper())}
"""How JSON, pandas and spreadsheets write true and false as text."""
DATE = "a date in ISO 8601, such as 2024-03-05 or 2024-03-05T10:00:00"
_NUMBERS = frozenset((int, float))  # not bool, which is an int to isinstance


class InvalidValueError(Exception):
    """What was expected, of one value or of a whole row."""


@dataclass(frozen=True)
class TrainingDistribution:
    """How a column's values were spread in training.

    The bins of a number are up to and with each of the `bounds`, in order, then above the last; those of a category are
    its categories. One more is for values that are missing or unknown.
    """

    shares: tuple[float, ...]
    """Of each bin."""
    bounds: tuple[float, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Column:
    """One column: its name (or, where the model knows none, its place) and which values it takes."""

    name: str | int
    kind: Kind = "any"
    categories: tuple[Value, ...] = ()
    nullable: bool = False
    refuse_unknown: bool = False
    training: TrainingDistribution | None = None
    dropped: bool = False
    """The model does not use the column: clients can leave it out."""
    dtype: str | None = None
    """The pandas dtype of the column in the frame that the model was fitted on, where it is not the usual one."""

    @cached_property
    def listed(self) -> list[Value]:
        """The categories that JSON can hold: NaN among them is what nullable says."""
        return [value for value in self.categories if value == value]

    @cached_property
    def _known(self) -> dict[Value, Value]:
        """Each spelling that is recognised -> the model's own. Text is the same with and without spaces around it."""
        known: dict[Value, Value] = {value: value for value in self.categories}
        for value in self.categories:
            if isinstance(value, str):
                known.setdefault(value.strip(), value)
        return known

    def knows(self, value: Value) -> bool:
        """Whether the value, as the model spells it, is one of the categories."""
        return value in self._known

    @cached_property
    def longest(self) -> int:
        """The length of the longest known category, in characters."""
        return max((len(value) for value in self.categories if isinstance(value, str)), default=0)

    @property
    def example(self) -> Value:
        """A value that fits."""
        if self.kind in EXAMPLES:
            return EXAMPLES[self.kind]
        return self.categories[0] if self.categories else self._missing()

    def clean(self, value: object) -> tuple[Value, bool]:
        """The value as the model knows it, and whether it is known to the model. Raises InvalidValueError."""
        if value is None or (_is_missing(value) and self._takes_missing_words(value)):
            return self._missing(), True
        if self.kind == "number":
            return _number(value), True
        if self.kind == "any":
            return _scalar(value), True
        if self.kind == "date":
            return _date(value), True
        if self.kind == "text":
            return _text(value), True
        return self._category(value)

    def validate_batch(self, values: Sequence[object]) -> Sequence[Value] | None:
        """Many values at once, much faster, if all are as expected; None if each must be looked at by itself."""
        if self.kind == "number":
            for value in values:  # all(...) takes twice as long for one value, and as long for a thousand
                if type(value) not in _NUMBERS or not -LARGEST <= value <= LARGEST:  # type: ignore[operator]
                    return [int(each) for each in cast(Sequence[bool], values)] if _are_booleans(values) else None
            return cast(Sequence[Value], values)
        if not self._text:
            return None
        known = cast(Mapping[object, Value], self._known)
        try:
            return [known[value] for value in values]
        except (KeyError, TypeError):  # TypeError: a list or an object
            return None

    def _takes_missing_words(self, value: str) -> bool:
        """Whether a word such as NA is a missing value here: not if it is a category, such as a country's code."""
        return self.kind in ("number", "date") or (
            self.kind == "category" and self.nullable and value.strip() not in self._known
        )

    def _missing(self) -> Value:
        if not self.nullable:
            raise InvalidValueError("a number" if self.kind == "number" else "a value")
        return None if self.kind in ("any", "date", "text") or self._none_is_known else NAN

    @cached_property
    def _none_is_known(self) -> bool:
        return self.kind == "category" and None in self.categories

    def _category(self, value: object) -> tuple[Value, bool]:
        key: Value = _number(value) if self._numeric else _scalar(value)
        if self._boolean:
            key = _truth(key) if isinstance(key, str) else key
        elif isinstance(key, bool):
            key = self._spelt(key)
        if self._digits and not isinstance(key, str | bool):
            key = str(key)  # categories that look like numbers: 1 means "1"
        if isinstance(key, str) and key not in self._known:
            key = key.strip()
        if key in self._known:
            return self._known[key], True
        if self.refuse_unknown:
            raise InvalidValueError("one of " + ", ".join(str(category).strip() for category in self.categories[:10]))
        if not self._numeric and not isinstance(key, str):
            raise InvalidValueError("text")
        if isinstance(key, str) and len(key) > max(LONGEST, self.longest):
            raise InvalidValueError(f"text of at most {max(LONGEST, self.longest)} characters")
        return key, False

    def _spelt(self, value: bool) -> Value:
        """True and false among categories of text: numpy and pandas write them as the text True and False."""
        return next((text for text, truth in BOOLEANS.items() if truth == value and text in self._known), value)

    @cached_property
    def _boolean(self) -> bool:
        """Whether the categories are true and false; a missing value may be among them."""
        return any(isinstance(value, bool) for value in self.categories) and all(
            isinstance(value, bool) or value is None or value != value for value in self.categories
        )

    @cached_property
    def _text(self) -> bool:
        """Whether all categories are text: 1, 1.0 and true are one key of a dictionary, and three values here."""
        return self.kind == "category" and all(isinstance(value, str) for value in self.categories)

    @cached_property
    def _digits(self) -> bool:
        """Whether the categories are text that looks like numbers."""
        return all(isinstance(value, str) and NUMBER.fullmatch(value.strip()) for value in self.categories)

    @cached_property
    def _numeric(self) -> bool:
        """Whether the categories are numbers, such as codes; a missing value may be among them."""
        return {type(value) for value in self.categories} <= {int, float, type(None)}


def _is_missing(value: object) -> TypeGuard[str]:
    """Whether it is text that is a missing value."""
    return isinstance(value, str) and len(value) < 20 and value.strip().lower() in MISSING


def _number(value: object) -> int | float:
    """A finite number, also one written as text, as clients that read CSV files send it. True is 1 and false is 0."""
    if isinstance(value, str):
        text = value.strip()
        if text in BOOLEANS:
            return int(BOOLEANS[text])
        if not NUMBER.fullmatch(text):
            raise InvalidValueError("a number")
        value = float(text) if set(text) & set(".eE") else int(text)
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, int | float):
        raise InvalidValueError("a number")
    if not -LARGEST <= value <= LARGEST:  # also refuses NaN
        raise InvalidValueError("a finite number within the range of float32")
    return value


def _are_booleans(values: Sequence[object]) -> bool:
    return set(map(type, values)) == {bool}


def _truth(text: str) -> Value:
    """Text as true or false where it is one of these, any other text as it is."""
    return BOOLEANS.get(text.strip(), {"1": True, "0": False}.get(text.strip(), text))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError("text")
    return str(_scalar(value))


def _date(value: object) -> str:
    """A date in ISO 8601 in full. One with an offset is converted to UTC."""
    if not isinstance(value, str):
        raise InvalidValueError(DATE)
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise InvalidValueError(DATE) from None
    return moment.isoformat()


def _scalar(value: object) -> Value:
    """One value of any type that JSON has."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidValueError("text in Unicode without lone surrogates") from None
        if "\0" in value:  # numpy drops it at the end of text: what is unknown to one engine were known to another
            raise InvalidValueError("text without NUL")
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise InvalidValueError("a single value")
