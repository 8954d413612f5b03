"""All columns that a model takes, as learnt from it or read from schema.json, and the validation of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, cast

from ml_census.schema.column import Column
from ml_census.schema.errors import InvalidRowsError, InvalidValueError
from ml_census.schema.rows import MAX_DETAILS, Columns, Detail, OrderedRows, Rows
from ml_census.schema.values import Value, describe_value

Form = Literal["frame", "numbers", "text", "objects", "documents"]

ANY_EXAMPLES: tuple[Value, ...] = (0, "a", True)
"""Values of a column that accepts any value."""
MAX_MISSING_NAMES = 5
"""Maximum number of missing columns that an error names."""


@dataclass(frozen=True)
class Schema:
    """The columns in the model's order, and the form of the model's training data.

    Forms: "frame" a DataFrame; "numbers" a float64 array; "text" an array of text, as numpy makes of mixed lists;
    "objects" an array of Python values; "documents" one text per row, as text vectorizers take them.
    """

    columns: tuple[Column, ...]
    form: Form

    @cached_property
    def names(self) -> list[str]:
        """The columns' names as keys of a JSON object."""
        return [str(column.name) for column in self.columns]

    @cached_property
    def required(self) -> list[str]:
        """The names of the columns that each row must have: clients can leave out a dropped column."""
        return [str(column.name) for column in self.columns if not column.dropped]

    def validate_rows(self, inputs: object, reject_extra: bool = False) -> Rows:
        """Return valid rows column by column.

        A row is a list of values, an object by column name, or a bare value if the model has one column. Columns that
        the model does not have are ignored and counted, or rejected with `reject_extra`. Raises InvalidRowsError.
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

    def example_rows(self) -> Iterator[Columns]:
        """Yield single valid rows: several if a column accepts any value, since the model may reject some of them."""
        accepts_any = [column.type == "any" and not column.nullable for column in self.columns]
        for value in ANY_EXAMPLES if any(accepts_any) else (None,):
            yield [[value if is_any else column.example]
                   for column, is_any in zip(self.columns, accepts_any, strict=True)]  # fmt: skip

    def _validate_columnwise(self, rows: Sequence[Sequence[object]]) -> Columns | None:
        """Return the columns, or None if a value needs a conversion or is invalid."""
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
        """Return the valid values of a row; append unknown and invalid ones to the lists."""
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
        """Return the row's values in the order of the columns. Raises InvalidValueError if a column is missing."""
        if isinstance(row, dict):
            if missing := [name for name in self.required if name not in row]:
                if self.form == "documents" and len(row) == 1:
                    return list(row.values())  # a text vectorizer knows no name of its column
                names = ", ".join(missing[:MAX_MISSING_NAMES]) + (", …" if len(missing) > MAX_MISSING_NAMES else "")
                raise InvalidValueError(f"an object with all columns of the model; {len(missing)} missing: {names}")
            return [row.get(name) for name in self.names]
        if not isinstance(row, list) and len(self.columns) == 1:
            return [row]
        if not isinstance(row, list) or len(row) != len(self.columns):
            raise InvalidValueError(f"a list of {len(self.columns)} values")
        return row

    def _extra_names(self, row: object, reject_extra: bool) -> set[str]:
        """Return the keys of an object that name no column. Raises InvalidValueError if they are to be rejected."""
        if not isinstance(row, dict) or len(row) <= len(self.required):
            return set()
        extra: set[str] = row.keys() - self._name_set
        if extra and reject_extra:
            raise InvalidValueError(f"no column but the model's, so not {describe_value(min(extra))}")
        return extra

    @cached_property
    def _name_set(self) -> frozenset[str]:
        return frozenset(self.names)
