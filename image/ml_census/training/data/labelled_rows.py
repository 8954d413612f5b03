"""Rows of a table with the true class or number of each row."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class LabelledRows:
    """Training rows or test rows of a model.

    The first columns of `rows` are the columns of the model, in its order. Further
    columns are group columns. `target` has a class of the model or a number for each
    row. Both have the index 0, 1, 2 and so on.
    """

    rows: pd.DataFrame
    target: pd.Series

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)
