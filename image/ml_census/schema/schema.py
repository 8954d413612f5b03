"""All columns that a model takes, as learnt from it or read from schema.json, and the check of rows against them."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal, cast, get_args

from ml_census.schema.column import LARGEST, Column, InvalidValueError, Kind, TrainingDistribution, Value

Form = Literal["frame", "numbers", "text", "objects", "documents"]

Columns = Sequence[Sequence[Value]]
"""One or more rows, column by column in the order of the schema."""

OPEN: tuple[Value, ...] = (0, "a", True)
"""Values of a column that takes any."""
MAX_DETAILS = 20
"""So many findings are listed in an answer; the rest are counted."""
DTYPE = re.compile(
    r"category|bool|boolean|str|string|object|float(32|64)|Float(32|64)|[Uu]?[Ii]nt(8|16|32|64)"
    r"|datetime64\[(s|ms|us|ns)(, UTC)?\]"
)
MAX_NAMES = 5
"""Maximum number of missing columns that an error names."""


DOCUMENT_KEYS = ("form", "columns", "classes", "outputs")
"""Of schema.json. GET /schema adds the classes, and its answer may be saved as the file."""
COLUMN_KEYS = ("name", "type", "categories", "nullable", "refuse_unknown", "training", "dropped", "dtype")


class SchemaError(Exception):
    """A schema cannot be read, or not be learnt from the model; the message is the reason in one line."""


class InvalidRowsError(Exception):
    """Rows do not fit the columns. `details` says where: row (from 0), column, what was got and what was expected."""

    def __init__(self, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.details = details


@dataclass(frozen=True)
class Rows:
    """Rows that fit: the values of each column, and the values that the model does not know."""

    columns: Columns
    unknown: list[dict[str, Any]] = field(default_factory=list)
    ignored: int = 0
    """The number of columns that the rows have and the model has not."""


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

    @cached_property
    def required(self) -> list[str]:
        """The names of the columns that each row must have: a column that the model drops can be left out."""
        return [str(column.name) for column in self.columns if not column.dropped]

    def clean(self, inputs: object, refuse_extra: bool = False) -> Rows:
        """Check rows: lists of values, objects by column name, or bare values where the model has one column.

        Columns that the model has not are ignored and counted, or refused. Raises InvalidRowsError.
        """
        if not isinstance(inputs, list):
            raise InvalidRowsError("inputs must be a list of rows", [])
        if not inputs:
            raise InvalidRowsError("inputs holds no rows", [])
        rows, ignored = cast(list[Sequence[object]], inputs), 0
        misfits: dict[int, dict[str, Any]] = {}
        if set(map(type, inputs)) != {list} or set(map(len, inputs)) != {len(self.columns)}:
            rows, misfits, ignored = self._all_in_order(inputs, refuse_extra)
        columns = None if misfits else self._validate_columnwise(rows)
        if columns is not None:
            return Rows(columns, ignored=ignored)
        return replace(self._clean_one_by_one(rows, misfits), ignored=ignored)

    def _validate_columnwise(self, rows: list[Sequence[object]]) -> Columns | None:
        """The columns if all values are as expected, None if each must be looked at."""
        cleaned: list[Sequence[Value]] = []
        for column, values in zip(self.columns, zip(*rows, strict=True), strict=True):
            usual = column.validate_batch(values)
            if usual is None:
                return None
            cleaned.append(usual)
        return cleaned

    def _clean_one_by_one(self, given: list[Sequence[object]], odd: Mapping[int, dict[str, Any]]) -> Rows:
        rows: list[list[Value]] = []
        unknown: list[dict[str, Any]] = []
        misfits: list[dict[str, Any]] = []
        for number, row in enumerate(given):
            if number in odd:
                misfits.append(odd[number])
                continue
            values: list[Value] = []
            for column, value in zip(self.columns, row, strict=True):
                where = {"row": number, "column": column.name}
                try:
                    cleaned, known = column.clean(value)
                except InvalidValueError as misfit:
                    misfits.append({**where, "got": _shown(value), "expected": str(misfit)})
                    continue
                values.append(cleaned)
                if not known:
                    unknown.append({**where, "got": _shown(value), "expected": "a category that the model has learnt"})
            rows.append(values)
        if misfits:
            verb = "values or rows do" if len(misfits) > 1 else "value or row does"
            raise InvalidRowsError(f"{len(misfits)} {verb} not fit the model's columns", misfits[:MAX_DETAILS])
        return Rows(list(zip(*rows, strict=True)), unknown)

    def _all_in_order(
        self, inputs: list[object], refuse_extra: bool
    ) -> tuple[list[Sequence[object]], dict[int, dict[str, Any]], int]:
        """The rows with their values in the order of the columns, what is wrong with a row by its number, and the
        number of columns that are ignored."""
        rows: list[Sequence[object]] = []
        misfits: dict[int, dict[str, Any]] = {}
        extra: set[str] = set()
        for number, row in enumerate(inputs):
            try:
                rows.append(self._ordered_values(row))
                if isinstance(row, dict) and len(row) > len(self.required):
                    extra |= (strange := row.keys() - self._names_as_set)
                    if strange and refuse_extra:
                        raise InvalidValueError(f"no column but the model's, so not {_shown(min(strange))}")
            except InvalidValueError as misfit:
                rows[number:] = [()]
                misfits[number] = {"row": number, "got": _shown(row), "expected": str(misfit)}
        return rows, misfits, len(extra)

    @cached_property
    def _names_as_set(self) -> frozenset[str]:
        return frozenset(self.names)

    def _ordered_values(self, row: object) -> Sequence[object]:
        """Return the row's values in the order of the columns. Raises InvalidValueError if a column is missing."""
        if isinstance(row, dict):
            if missing := [name for name in self.required if name not in row]:
                if self.form == "documents" and len(row) == 1:
                    return list(row.values())  # a text vectorizer knows no name of its column
                names = ", ".join(missing[:MAX_NAMES]) + (", …" if len(missing) > MAX_NAMES else "")
                raise InvalidValueError(f"an object with all columns of the model; {len(missing)} missing: {names}")
            return [row.get(name) for name in self.names]
        if not isinstance(row, list) and len(self.columns) == 1:
            return [row]
        if not isinstance(row, list) or len(row) != len(self.columns):
            raise InvalidValueError(f"a list of {len(self.columns)} values")
        return row

    def examples(self) -> Iterator[Columns]:
        """Single rows that fit. There are more than one where a column does not tell what it takes: the model may
        answer some of them only."""
        open_ = [column.kind == "any" and not column.nullable for column in self.columns]
        for value in OPEN if any(open_) else (None,):
            yield [[value if is_open else column.example]
                   for column, is_open in zip(self.columns, open_, strict=True)]  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As schema.json holds it; what is empty or the default is left out."""
        columns = []
        for column in self.columns:
            entry: dict[str, Any] = {"name": column.name, "type": column.kind}
            if column.categories:
                entry["categories"] = column.listed
            if column.nullable:
                entry["nullable"] = True
            if column.refuse_unknown:
                entry["refuse_unknown"] = True
            if column.dropped:
                entry["dropped"] = True
            if column.dtype:
                entry["dtype"] = column.dtype
            if column.training:
                entry["training"] = {key: value for key, value in asdict(column.training).items() if value is not None}
            columns.append(entry)
        return {"form": self.form, "columns": columns}


def from_json(document: Any) -> Schema:
    """Return the schema that schema.json holds. Raises SchemaError."""
    try:
        _check_keys("the schema", document, DOCUMENT_KEYS)
        columns = tuple(_column(entry) for entry in document["columns"])
        schema = Schema(columns, document["form"])
    except (KeyError, TypeError, AttributeError) as error:
        raise SchemaError('must hold "form" and "columns", each with "name" and "type"') from error
    if schema.form not in get_args(Form) or any(column.kind not in get_args(Kind) for column in columns):
        raise SchemaError(f"form must be one of {get_args(Form)}, a type one of {get_args(Kind)}")
    if any(column.kind == "category" and not column.categories and not column.nullable for column in columns):
        raise SchemaError("a column of type category needs categories")
    if not columns or len(set(schema.names)) < len(columns):
        raise SchemaError("needs at least one column, and names that differ")
    return schema


def _check_keys(where: str, entry: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := sorted(str(key) for key in entry.keys() - set(known)):
        raise SchemaError(f"{where}: unknown key {unknown[0]}; known are {', '.join(known)}")


def _column(entry: Mapping[str, Any]) -> Column:
    _check_keys(f"column {entry['name']}", entry, COLUMN_KEYS)
    categories = entry.get("categories", []) if entry["type"] == "category" else []
    if not isinstance(categories, list) or any(isinstance(value, list | dict) for value in categories):
        raise SchemaError(f"the categories of {entry['name']} must be a list of single values")
    column = Column(
        name=entry["name"],
        kind=entry["type"],
        categories=tuple(categories),
        nullable=bool(entry.get("nullable")),
        refuse_unknown=bool(entry.get("refuse_unknown")),
        dropped=bool(entry.get("dropped")),
        dtype=_dtype(entry),
    )
    return replace(column, training=_training(column, entry["training"])) if "training" in entry else column


def _dtype(entry: Mapping[str, Any]) -> str | None:
    dtype = entry.get("dtype")
    if dtype is not None and not (isinstance(dtype, str) and DTYPE.fullmatch(dtype)):
        raise SchemaError(
            f"column {entry['name']}: dtype must be the name of a pandas dtype, such as category or Int64"
        )
    return dtype


def _training(column: Column, entry: Mapping[str, Any]) -> TrainingDistribution:
    """What schema.json says of the training, if it fits the column."""
    _check_keys(f"the training of {column.name}", entry, [field.name for field in fields(TrainingDistribution)])
    numbers = [*entry["shares"], *entry.get("bounds", []), *(entry.get(key, 0) for key in ("minimum", "maximum"))]
    bounds = tuple(entry.get("bounds", []))
    bins = len(bounds) + 1 if column.kind == "number" else len(column.listed)
    if (
        any(type(number) not in (int, float) or not math.isfinite(number) for number in numbers)
        or len(entry["shares"]) != bins + 1
        or list(bounds) != sorted(set(bounds))
        or column.kind == "any"
    ):
        raise SchemaError(
            f"the training of {column.name} needs a share for each of its bins, and one for all other values"
        )
    return TrainingDistribution(tuple(entry["shares"]), bounds, entry.get("minimum"), entry.get("maximum"))


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
