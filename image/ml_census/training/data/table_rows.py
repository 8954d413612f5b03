"""The rows of a table that have a target, validated for a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.schema import Schema
from ml_census.training.data.labelled_rows import LabelledRows
from ml_census.training.data.model_columns import model_columns
from ml_census.training.data.tables import Table
from ml_census.training.data.targets import read_target
from ml_census.training.data.validation import validate_rows
from ml_census.training.progress import console


@dataclass(frozen=True)
class TableRows:
    """Labelled rows, the table from which they come, and the position of each row in the table: int64 (rows,)."""

    labelled: LabelledRows
    table: Table
    positions: np.ndarray

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.positions)

    def sample(self, maximum: int) -> "TableRows":
        """Return at most `maximum` rows at random. The same number of rows always gives the same sample."""
        return self.take(np.sort(np.random.default_rng(0).permutation(len(self))[:maximum]))

    def take(self, places: np.ndarray) -> "TableRows":
        """Return the rows at these places."""
        if len(places) == len(self):
            return self
        rows = self.labelled.rows.iloc[places].reset_index(drop=True)
        target = self.labelled.target.iloc[places].reset_index(drop=True)
        return TableRows(LabelledRows(rows, target), self.table, self.positions[places])


@dataclass(frozen=True)
class TargetColumn:
    """The target column and the group columns of a table, the classes of the model, and the text of each class.

    `classes` is None for a regressor, and `labels` is None without texts.
    """

    name: str
    groups: Sequence[str]
    classes: list[Any] | None
    labels: Mapping[Any, str] | None


def find_columns(table: Table, schema: Schema, target: TargetColumn) -> list[str | None]:
    """Return the name in the table of each column of the model; None for a missing column that the model ignores.

    Raises ArtifactError if a column is missing.
    """
    try:
        return model_columns(schema, list(table.frame.columns), target.name, target.groups)
    except KeyError as error:
        raise table.error(str(error.args[0])) from error


def label_rows(table: Table, schema: Schema, target: TargetColumn) -> TableRows:
    """Return the rows that have a target. Raises ArtifactError if a column is missing, or a value is invalid."""
    values = read_target(table, target.name, target.classes, target.labels)
    rows = validate_rows(schema, table, find_columns(table, schema, target))
    for group in target.groups:
        if group not in rows:
            rows[group] = table.frame[group].to_numpy()
    positions = np.flatnonzero(values.notna().to_numpy())
    if not len(positions):
        raise table.error(f"no row has a value in the target column {target.name}")
    if without := len(values) - len(positions):
        console.print(f"{table.source}: {without:,} rows have no value in {target.name} and are left out")
    return TableRows(LabelledRows(rows, values), table, np.arange(len(values))).take(positions)
