"""A published model, a table and an output folder for tests of batch scoring."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from conftest import write_published
from ml_census.batch import run
from ml_census.batch.completion import State
from ml_census.batch.plan import Settings
from support.sample_models import FRAME

TABLE = pa.Table.from_pandas(FRAME, preserve_index=False)
"""The 200 rows with which the sample model "dataframe" was fitted."""


class BatchFolder:
    """A folder with a published model, the input in.parquet in row groups of 50 rows, and the output folder out."""

    def __init__(self, path: Path, kind: str = "dataframe", table: pa.Table = TABLE) -> None:
        self.path = path
        (path / "model").mkdir()
        write_published(path / "model", kind)
        self.model, self.input, self.output = (str(path / name) for name in ("model", "in.parquet", "out"))
        self.write(table)

    def write(self, table: pa.Table, name: str = "in.parquet", rows: int = 50) -> None:
        pq.write_table(table, self.path / name, row_group_size=rows)

    def score(self, shard: run.Shard | None = None, threads: int = 1, **settings: Any) -> State:
        return run.score(
            self.model, self.output, Settings(self.input, **settings), shard or run.Shard(), threads=threads
        )

    def check(self, **settings: Any) -> State:
        return run.check(self.model, self.output, Settings(self.input, **settings))

    def json(self, name: str) -> Any:
        return json.loads((self.path / "out" / name).read_text())

    def table(self, kind: str = "part") -> pa.Table:
        """Return the rows of all files of a kind, in the order of their parts."""
        return pa.concat_tables(pq.read_table(path) for path in sorted((self.path / "out").glob(f"{kind}-*.parquet")))

    def names(self) -> list[str]:
        return sorted(path.name for path in (self.path / "out").iterdir())


def rows_of(table: pa.Table, names: Sequence[str]) -> list[list[Any]]:
    """Return the rows of a table as a client sends them."""
    return [list(row.values()) for row in table.select(list(names)).to_pylist()]
