"""All input columns of a model, inferred from the model or read from schema.json, and the validation of rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, cast

from ml_census.schema.column import Column
from ml_census.schema.errors import InvalidRowsError, InvalidValueError
from ml_census.schema.rows import MAX_DETAILS, Columns, Detail, OrderedRows, Rows
from ml_census.schema.values import Value, describe_value

Form = Literal["frame", "numbers", "text", "objects", "documents"]
ColumnChanges = dict[str, Any]
"""Name of an attribute of Column -> its new value."""

ANY_EXAMPLES: tuple[Value, ...] = (0, "a", True)
"""Example values for a column of type "any", which accepts a value of any type."""
MAX_NAMES = 5
"""Maximum number of missing columns, and of unknown columns, that an error message names (5)."""


@dataclass(frozen=True)
class Schema:
    """Input columns of a model in the model's order, and `form`, the container type of the model's input.

    "frame" is a pandas DataFrame. "numbers", "text" and "objects" are arrays of shape
    (rows, columns) with dtype float64, str or object. "documents" is a list with one
    text per row, the input of a text vectorizer.
    """

    columns: tuple[Column, ...]
    form: Form

    @cached_property
    def names(self) -> list[str]:
        """Column names as text. A column without a name has its index as text, such as "0"."""
        return [str(column.name) for column in self.columns]

    @cached_property
    def required(self) -> list[str]:
        """Names of the columns that each row must have. Clients can omit the columns that the model ignores."""
        return [str(column.name) for column in self.columns if not column.dropped]

    def with_changes(self, changes: Mapping[int, ColumnChanges]) -> "Schema":
        """Return a schema with changed columns, by the position of the column.

        The form "objects" becomes "numbers" if all columns have the type number, and
        the reverse.
        """
        columns = tuple(replace(column, **changes.get(index, {})) for index, column in enumerate(self.columns))
        form = self.form
        if form in ("objects", "numbers"):
            form = "numbers" if all(column.type == "number" for column in columns) else "objects"
        return Schema(columns, form)

    def validate_rows(self, inputs: object, reject_extra: bool = False) -> Rows:
        """Return the valid rows of `inputs`, a list of rows in parsed JSON.

        A row is a list of values, a dict of column name to value, or a single value if
        the model has one column. Columns that the model does not have are ignored and
        counted; `reject_extra` makes their row invalid. Raises InvalidRowsError if a
        row is invalid, or if `inputs` is not a list or has no rows.
        """
        if not isinstance(inputs, list):
            raise InvalidRowsError("inputs must be a list of rows", [])
        if not inputs:
            raise InvalidRowsError("inputs holds no rows", [])
        if set(map(type, inputs)) == {list} and set(map(len, inputs)) == {len(self.columns)}:
            ordered = OrderedRows(cast(list[Sequence[object]], inputs))
        else:
            ordered = self._order_rows(inputs, reject_extra)
        columns = None if ordered.problems else self._validate_columnwise(ordered.rows)
        if columns is not None:
            return Rows(columns, ignored=ordered.ignored)
        return replace(self._validate_rowwise(ordered), ignored=ordered.ignored)

    @cached_property
    def typical_row(self) -> Columns | None:
        """The typical values of the training data as one row; None if a column has no typical value.

        Dropped columns have the value None.
        """
        columns = [column for column in self.columns if not column.dropped]
        if any(column.training is None or column.training.typical is None for column in columns):
            return None
        return [[column.training.typical if column.training else None] for column in self.columns]

    def example_rows(self) -> Iterator[Columns]:
        """Yield valid rows, one at a time.

        If a column has type "any" and is not nullable, yield three rows, with a number,
        a text and a boolean there. The model may reject some of these rows.
        """
        accepts_any = [column.type == "any" and not column.nullable for column in self.columns]
        for value in ANY_EXAMPLES if any(accepts_any) else (None,):
            yield [[value if is_any else column.example]
                   for column, is_any in zip(self.columns, accepts_any, strict=True)]  # fmt: skip

    def _validate_columnwise(self, rows: Sequence[Sequence[object]]) -> Columns | None:
        """Return the valid values column by column, or None if a value needs Column.validate() or is invalid."""
        columns: list[Sequence[Value]] = []
        for column, values in zip(self.columns, zip(*rows, strict=True), strict=True):
            valid = column.validate_batch(values)
            if valid is None:
                return None
            columns.append(valid)
        return columns

    def _validate_rowwise(self, ordered: OrderedRows) -> Rows:
        rows: list[list[Value]] = []
        unknown: list[Detail] = []
        problems: list[Detail] = []
        for index, row in enumerate(ordered.rows):
            if index in ordered.problems:
                problems.append(ordered.problems[index])
            else:
                rows.append(self._validate_row(index, row, unknown, problems))
        if problems:
            verb = "values or rows do" if len(problems) > 1 else "value or row does"
            raise InvalidRowsError(f"{len(problems)} {verb} not fit the model's columns", problems[:MAX_DETAILS])
        return Rows(list(zip(*rows, strict=True)), unknown)

    def _validate_row(
        self, index: int, row: Sequence[object], unknown: list[Detail], problems: list[Detail]
    ) -> list[Value]:
        """Return the valid values of a row. Append descriptions to `unknown` and `problems`."""
        values: list[Value] = []
        for column, value in zip(self.columns, row, strict=True):
            detail = {"row": index, "column": column.name, "got": describe_value(value)}
            try:
                valid, is_known = column.validate(value)
            except InvalidValueError as error:
                problems.append({**detail, "expected": str(error)})
                continue
            values.append(valid)
            if not is_known:
                unknown.append({**detail, "expected": "a category that the model has learnt"})
        return values

    def _order_rows(self, inputs: list[object], reject_extra: bool) -> OrderedRows:
        rows: list[Sequence[object]] = []
        problems: dict[int, Detail] = {}
        extra: set[str] = set()
        for index, row in enumerate(inputs):
            try:
                rows.append(self._ordered_values(row))
                extra |= self._extra_names(row, reject_extra)
            except InvalidValueError as error:
                rows[index:] = [()]
                problems[index] = {"row": index, "got": describe_value(row), "expected": str(error)}
        return OrderedRows(rows, problems, len(extra))

    def _ordered_values(self, row: object) -> Sequence[object]:
        """Return the row's values in the order of the columns. Raises InvalidValueError for a row of another form."""
        if isinstance(row, dict):
            if missing := [name for name in self.required if name not in row]:
                if self.form == "documents" and len(row) == 1:
                    return list(row.values())  # a text vectorizer has no column name
                raise InvalidValueError(f"an object with all columns of the model; {self._differences(missing, row)}")
            return [row.get(name) for name in self.names]
        if not isinstance(row, list) and len(self.columns) == 1:
            return [row]
        if not isinstance(row, list) or len(row) != len(self.columns):
            raise InvalidValueError(f"a list of {len(self.columns)} values")
        return row

    def _differences(self, missing: Sequence[str], row: dict[str, object]) -> str:
        """Return the names of the missing columns and of the keys that are no columns: a key may be misspelled."""
        extra = [str(describe_value(name)) for name in row if name not in self._name_set]
        texts = [
            f"{len(names)} {kind}: {_listed(names)}"
            for kind, names in (("missing", missing), ("unknown", extra))
            if names
        ]
        return "; ".join(texts)

    def _extra_names(self, row: object, reject_extra: bool) -> set[str]:
        """Return the keys of a dict that are no column. Raises InvalidValueError for such a key with `reject_extra`."""
        if not isinstance(row, dict) or len(row) <= len(self.required):
            return set()
        extra: set[str] = row.keys() - self._name_set
        if extra and reject_extra:
            raise InvalidValueError(f"no column but the model's, so not {describe_value(min(extra))}")
        return extra

    @cached_property
    def _name_set(self) -> frozenset[str]:
        return frozenset(self.names)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_NAMES]) + (", …" if len(names) > MAX_NAMES else "")
