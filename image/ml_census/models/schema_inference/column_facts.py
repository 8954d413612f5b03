"""Facts that the steps of a pipeline state about its input columns, and the schema's columns that follow from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml_census.schema import Column, Form, SchemaError, Value

REMEDY = "turn the column into text before fitting, as by astype(str)"


@dataclass
class ColumnFacts:
    """Facts about input columns by their position. The first step that states what a column holds decides."""

    numbers: set[int] = field(default_factory=set)
    texts: set[int] = field(default_factory=set)
    categories: dict[int, np.ndarray] = field(default_factory=dict)
    missing_categories: dict[int, Value] = field(default_factory=dict)
    """The value that means a missing one to an imputer, such as "?"."""
    reject_unknown: set[int] = field(default_factory=set)
    """Columns whose encoder raises an exception for an unknown category."""
    nullable: set[int] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    """Columns that a part of a ColumnTransformer takes, also if another part drops them."""
    dtypes: dict[int, str] = field(default_factory=dict)

    def add_categories(self, columns: Sequence[int | None], categories: Sequence[np.ndarray], rejects: bool) -> None:
        """Note the categories of each column, unless an earlier step has stated what it holds."""
        if len(columns) != len(categories):
            return
        for column, values in zip(columns, categories, strict=True):
            if column is not None and column not in self.categories and column not in self.numbers:
                self.categories[column] = values
                if rejects:
                    self.reject_unknown.add(column)

    def column(self, index: int, name: str | int) -> Column:
        """Return the schema's column at this position. Raises SchemaError for categories that JSON does not have."""
        nullable = index in self.nullable
        if index in self.categories:
            return self._category_column(index, name)
        if index in self.numbers:
            return Column(name, "number", nullable=nullable)
        if index in self.dropped - self.used:
            return Column(name, "any", nullable=True, dropped=True)
        return Column(name, "text" if index in self.texts else "any", nullable=nullable)

    def _category_column(self, index: int, name: str | int) -> Column:
        categories = tuple(_to_python(value) for value in self.categories[index])
        if index in self.missing_categories and self.missing_categories[index] not in categories:
            categories = (*categories, self.missing_categories[index])
        _check_categories(name, self.categories[index].dtype, categories)
        has_missing = any(value is None or value != value for value in categories)
        return Column(
            name,
            "category",
            categories,
            nullable=has_missing or index in self.nullable,
            reject_unknown=index in self.reject_unknown,
            dtype=self.dtypes.get(index),
        )

    def form(self, columns: Iterable[Column]) -> Form:
        """Return the form of the rows of a model that was fitted without column names.

        A model that was fitted on lists of mixed values has learnt its categories as NumPy text, others as objects.
        """
        types = {column.type for column in columns}
        if types <= {"number"}:
            return "numbers"
        if "any" in types:
            return "objects"  # text of any length
        return "text" if any(values.dtype.kind == "U" for values in self.categories.values()) else "objects"


def _check_categories(name: str | int, dtype: np.dtype[Any], categories: Sequence[Value]) -> None:
    """Raise SchemaError for categories that JSON does not have: each of them would be unknown to the model."""
    types = {type(value).__name__ for value in categories if not isinstance(value, str | int | float | None)}
    if dtype.kind in "Mm":
        types = {str(dtype)}
    if types:
        raise SchemaError(f"column {name}: JSON cannot hold its categories ({', '.join(sorted(types))}): {REMEDY}")


def _to_python(value: Any) -> Value:
    python: Value = value.item() if isinstance(value, np.generic) else value
    return python
