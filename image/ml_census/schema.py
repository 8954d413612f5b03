"""The columns that a model takes, learnt from it or read from schema.json, and the check of rows against them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

Kind = Literal["number", "category", "any"]
Form = Literal["frame", "numbers", "text", "objects", "documents"]
Value = str | int | float | bool | None

MAX_DETAILS = 20
"""So many findings are listed in an answer; the rest are counted."""
LARGEST = 3.4028234663852886e38
"""The largest float32: scikit-learn's trees compare in float32 and refuse what is beyond."""
NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
NAN = float("nan")


class SchemaError(Exception):
    """A schema cannot be read, or not be learnt from the model; the message is the reason in one line."""


class RowsError(Exception):
    """Rows do not fit the columns. `details` says where: row (from 0), column, what was got and what was expected."""

    def __init__(self, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.details = details


class _Misfit(Exception):
    """What was expected, of one value or of a whole row."""


@dataclass(frozen=True)
class Column:
    """One column: its name (or, where the model knows none, its place) and which values it takes."""

    name: str | int
    kind: Kind = "any"
    categories: tuple[Value, ...] = ()
    nullable: bool = False
    refuse_unknown: bool = False

    @cached_property
    def _known(self) -> dict[Value, Value]:
        """Each spelling that is recognised -> the model's own. Text is the same with and without spaces around it."""
        known: dict[Value, Value] = {value: value for value in self.categories}
        for value in self.categories:
            if isinstance(value, str):
                known.setdefault(value.strip(), value)
        return known

    @cached_property
    def longest(self) -> int:
        """The length of the longest known category, in characters."""
        return max((len(value) for value in self.categories if isinstance(value, str)), default=0)

    def clean(self, value: object) -> tuple[Value, bool]:
        """The value as the model knows it, and whether it is known to the model. Raises _Misfit."""
        if value is None:
            return self._missing(), True
        if self.kind == "number":
            return _number(value), True
        if self.kind == "any":
            return _scalar(value), True
        return self._category(value)

    def _missing(self) -> Value:
        if not self.nullable:
            raise _Misfit("a number" if self.kind == "number" else "a value")
        return None if self.kind == "any" or None in self.categories else NAN

    def _category(self, value: object) -> tuple[Value, bool]:
        numeric = not any(isinstance(category, str) for category in self.categories)
        key: Value = _number(value) if numeric else _scalar(value)
        if isinstance(key, str):
            key = key.strip()
        elif not numeric and str(key) in self._known:
            key = str(key)  # categories that look like numbers: 1 means "1"
        if key in self._known:
            return self._known[key], True
        if self.refuse_unknown:
            raise _Misfit("one of " + ", ".join(str(category).strip() for category in self.categories[:10]))
        if not numeric and not isinstance(key, str):
            raise _Misfit("text")
        # One character longer than any known category it is as unknown as before, and a long one costs no memory.
        return key[: self.longest + 1] if isinstance(key, str) else key, False


@dataclass(frozen=True)
class Rows:
    """Rows that fit: one list of values a row, and the values that the model does not know."""

    values: list[list[Value]]
    unknown: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Schema:
    """The columns in the model's order, and the form in which the model was trained to take them.

    form: "frame" a DataFrame; "numbers" a float64 array; "text" an array of text, as numpy makes of mixed lists;
    "objects" an array of Python values; "documents" one text a row, as the text vectorizers take them.
    """

    columns: tuple[Column, ...]
    form: Form

    @cached_property
    def names(self) -> list[str]:
        """The columns' names as the keys of a JSON object spell them."""
        return [str(column.name) for column in self.columns]

    def clean(self, inputs: object) -> Rows:
        """Check rows (lists of values, or objects by column name). Raises RowsError."""
        if not isinstance(inputs, list):
            raise RowsError("inputs must be a list of rows", [])
        if not inputs:
            raise RowsError("inputs holds no rows", [])
        rows: list[list[Value]] = []
        unknown: list[dict[str, Any]] = []
        misfits: list[dict[str, Any]] = []
        for number, row in enumerate(inputs):
            try:
                given = self._in_order(row)
            except _Misfit as misfit:
                misfits.append({"row": number, "got": _shown(row), "expected": str(misfit)})
                continue
            values: list[Value] = []
            for column, value in zip(self.columns, given, strict=True):
                where = {"row": number, "column": column.name}
                try:
                    cleaned, known = column.clean(value)
                except _Misfit as misfit:
                    misfits.append({**where, "got": _shown(value), "expected": str(misfit)})
                    continue
                values.append(cleaned)
                if not known:
                    unknown.append({**where, "got": _shown(value), "expected": "a category that the model has learnt"})
            rows.append(values)
        if misfits:
            verb = "values or rows do" if len(misfits) > 1 else "value or row does"
            raise RowsError(f"{len(misfits)} {verb} not fit the model's columns", misfits[:MAX_DETAILS])
        return Rows(rows, unknown)

    def _in_order(self, row: object) -> Sequence[object]:
        """The row's values in the order of the columns. Raises _Misfit if there are not just the model's columns."""
        if isinstance(row, dict):
            if missing := [name for name in self.names if name not in row]:
                raise _Misfit(f"the model's columns by name, also {missing[0]}")
            if len(row) > len(self.columns):
                strange = next(name for name in row if name not in self.names)
                raise _Misfit(f"no column but the model's, so not {_shown(strange)}")
            return [row[name] for name in self.names]
        if not isinstance(row, list) or len(row) != len(self.columns):
            raise _Misfit(f"a list of {len(self.columns)} values")
        return row

    def to_json(self) -> dict[str, Any]:
        """As schema.json holds it; what is empty or the default is left out."""
        columns = []
        for column in self.columns:
            entry: dict[str, Any] = {"name": column.name, "type": column.kind}
            if column.categories:
                entry["categories"] = [None if value != value else value for value in column.categories]
            if column.nullable:
                entry["nullable"] = True
            if column.refuse_unknown:
                entry["refuse_unknown"] = True
            columns.append(entry)
        return {"form": self.form, "columns": columns}


def from_json(data: bytes) -> Schema:
    """The schema that schema.json holds. Raises SchemaError."""
    try:
        document = json.loads(data)
        columns = tuple(_column(entry) for entry in document["columns"])
        schema = Schema(columns, document["form"])
    except (ValueError, RecursionError) as error:
        raise SchemaError("not JSON") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise SchemaError('must hold "form" and "columns", each with "name" and "type"') from error
    if schema.form not in get_args(Form) or any(column.kind not in get_args(Kind) for column in columns):
        raise SchemaError(f"form must be one of {get_args(Form)}, a type one of {get_args(Kind)}")
    if not columns or len(set(schema.names)) < len(columns):
        raise SchemaError("needs at least one column, and names that differ")
    return schema


def _column(entry: Mapping[str, Any]) -> Column:
    return Column(
        name=entry["name"],
        kind=entry["type"],
        categories=tuple(entry.get("categories", ())),
        nullable=bool(entry.get("nullable")),
        refuse_unknown=bool(entry.get("refuse_unknown")),
    )


def _number(value: object) -> int | float:
    """A finite number, also one written as text, as clients that read CSV files send it."""
    if isinstance(value, str):
        text = value.strip()
        if not NUMBER.fullmatch(text):
            raise _Misfit("a number")
        value = float(text) if set(text) & set(".eE") else int(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Misfit("a number")
    if not -LARGEST <= value <= LARGEST:  # also refuses NaN
        raise _Misfit("a finite number within the range of float32")
    return value


def _scalar(value: object) -> Value:
    """One value of any type that JSON has."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Misfit("text in Unicode without lone surrogates") from None
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise _Misfit("a single value")


def _shown(value: object) -> object:
    """What an error says was got: short, and JSON."""
    if isinstance(value, list):
        return f"a list of {len(value)} values"
    if isinstance(value, dict):
        return f"an object of {len(value)} values"
    if isinstance(value, str):
        return value if len(value) <= 40 else value[:40] + "…"
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= LARGEST):
        return value
    return str(float(value)) if isinstance(value, float) else "a number of many digits"
