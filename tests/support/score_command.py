"""The command `ml-census score` in real processes, with the boosted census model and rows that have an id."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from support.census_rows import census_rows
from support.live_server import SECONDS


def numbered_rows(start: int, stop: int) -> pa.Table:
    """Return census rows with a column `id`, whose values differ."""
    return census_rows(start, stop).append_column("id", pa.array(np.arange(start, stop)))


def write_input(folder: Path, files: int, rows: int) -> None:
    """Write Parquet files of `rows` rows each: each file is a part of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        pq.write_table(numbered_rows(number * rows, (number + 1) * rows), folder / f"{number:03}.parquet")


@dataclass
class ScoreCommand:
    """`ml-census score MODEL INPUT OUTPUT --keep id` in a folder. The paths can be gs:// URIs."""

    folder: Path
    model: str
    input: str = "in"
    output: str = "out"
    env: dict[str, str] = field(default_factory=dict)

    def start(self, *options: str, preexec: Callable[[], Any] | None = None) -> subprocess.Popen[str]:
        paths = [self.model, self.input, self.output]
        command = [sys.executable, "-m", "ml_census", "score", *paths, "--keep", "id", *options]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=preexec,
        )

    def run(self, *options: str, preexec: Callable[[], Any] | None = None) -> tuple[int, list[str]]:
        """Run the command to its end; return the exit code and the lines on stderr."""
        return end(self.start(*options, preexec=preexec))

    def files(self) -> list[Path]:
        return sorted((self.folder / self.output).glob("*"))

    def unfinished(self) -> list[str]:
        """Return the names of files that are neither part of the output nor whole."""
        strange = [path.name for path in self.files() if path.name.startswith(".")]
        for path in self.files():
            if path.suffix == ".parquet":
                pq.read_table(path)
        return strange

    def ids(self) -> Counter[int]:
        """Return how often each id is in the output."""
        parts = [path for path in self.files() if path.match("part-*.parquet")]
        return Counter(value for path in parts for value in pq.read_table(path)["id"].to_pylist())


def end(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Wait for the end of a process; return the exit code and the lines on stderr without the progress."""
    _, err = process.communicate(timeout=SECONDS)
    return process.returncode, [line for line in err.splitlines() if " rows/s" not in line]


def each_once(ids: Counter[int], rows: int) -> bool:
    """Return whether the ids are 0, 1, ... up to before `rows`, each once."""
    return ids == Counter(range(rows))
