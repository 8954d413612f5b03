"""Facts about the input columns of a model, and the schema that follows from these facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml_census.schema import Column, Form, SchemaError, Value

REMEDY = "turn the column into text before fitting, as by astype(str)"


@dataclass
class ColumnFacts:
    """Facts about the input columns of a pipeline, by the position of the column (from 0)."""

    numbers: set[int] = field(default_factory=set)
    """Columns that must contain numbers."""
    texts: set[int] = field(default_factory=set)
    """Columns that a text vectorizer takes."""
    categories: dict[int, np.ndarray] = field(default_factory=dict)
    """Known categories of a column: (categories,), of any dtype."""
    missing_categories: dict[int, Value] = field(default_factory=dict)
    """The text or integer that a SimpleImputer replaces in a column as a missing value,
    such as "?"."""
    reject_unknown: set[int] = field(default_factory=set)
    """Columns whose encoder raises an exception for an unknown category."""
    nullable: set[int] = field(default_factory=set)
    """Columns that may contain missing values."""
    complete: set[int] = field(default_factory=set)
    """Columns in which an estimator rejects missing values."""
    dropped: set[int] = field(default_factory=set)
    """Columns that a part of a ColumnTransformer drops."""
    used: set[int] = field(default_factory=set)
    """Columns that a part of a ColumnTransformer uses, even if another part drops
    them."""
    dtypes: dict[int, str] = field(default_factory=dict)
    """pandas dtype of a column, such as "category"."""

    def add_categories(self, columns: Sequence[int | None], categories: Sequence[np.ndarray], rejects: bool) -> None:
        """Store the categories of each column for which no earlier step has stated categories or numbers.

        `columns` are positions of input columns, or None for a column that a step has
        computed. `categories` has an array of shape (categories,) for each column.
        `rejects` states whether the encoder raises an exception for an unknown
        category. If the two sequences differ in length, the method stores nothing.
        """
        if len(columns) != len(categories):
            return
        for column, values in zip(columns, categories, strict=True):
            if column is not None and column not in self.categories and column not in self.numbers:
                self.categories[column] = values
                if rejects:
                    self.reject_unknown.add(column)

    def _add_new_categories(self, categories: Mapping[int, Any]) -> None:
        """Add the categories of the columns that have neither categories nor numbers."""
        for column, values in categories.items():
            if column not in self.categories and column not in self.numbers:
                self.categories[column] = values

    def add_all(self, facts: Sequence["ColumnFacts"]) -> None:
        """Add the facts of several estimators that all get the same rows.

        A column may have missing values only if no estimator rejects them. Only columns
        that all estimators drop are dropped.
        """
        for each in facts:
            self._add_new_categories(each.categories)
            for name in ("numbers", "texts", "reject_unknown", "complete", "used"):
                getattr(self, name).update(getattr(each, name))
            self.missing_categories |= each.missing_categories
            self.dtypes |= each.dtypes
        self.nullable |= set().union(*(each.nullable for each in facts)) - self.complete
        self.dropped |= set.intersection(*(each.dropped for each in facts)) if facts else set()

    def column(self, index: int, name: str | int) -> Column:
        """Return the schema column at position `index`. Raises SchemaError if JSON cannot represent a category."""
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
        """Return the form of the input array for a model that was fitted without column names.

        The form is "numbers" if all columns are numbers, and "objects" if a column has
        the type "any". Otherwise the form is "text" if an encoder has categories of a
        NumPy text dtype, as after fitting on lists of mixed values. In all other cases
        the form is "objects".
        """
        types = {column.type for column in columns}
        if types <= {"number"}:
            return "numbers"
        if "any" in types:
            return "objects"  # an array of objects holds text of any length
        return "text" if any(values.dtype.kind == "U" for values in self.categories.values()) else "objects"


def _check_categories(name: str | int, dtype: np.dtype[Any], categories: Sequence[Value]) -> None:
    """Raise SchemaError for categories that JSON cannot represent, such as dates: no client could send them."""
    types = {type(value).__name__ for value in categories if not isinstance(value, str | int | float | None)}
    if dtype.kind in "Mm":
        types = {str(dtype)}
    if types:
        raise SchemaError(f"column {name}: JSON cannot hold its categories ({', '.join(sorted(types))}): {REMEDY}")


def _to_python(value: Any) -> Value:
    python: Value = value.item() if isinstance(value, np.generic) else value
    return python
