"""Find the finished parts in the folder of the output, and create the files of a part."""

import hashlib
import io
import json
from collections.abc import Container, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from ml_census import storage
from ml_census.batch import repeated_storage
from ml_census.batch.part_scoring import ScoredPart
from ml_census.storage import StoredFile

SUCCESS = "_SUCCESS"
METRICS = "metrics.prom"


class OutputFolder:
    """The folder of the output of a run. Several processes may write the same part: one of the files remains."""

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/") or "/"

    def files(self) -> dict[str, StoredFile]:
        """Return the files in the folder by name. Raises StorageError."""
        found = repeated_storage.find(self.uri)
        return {storage.split(file.uri)[1]: file for file in found if storage.split(file.uri)[0] == self.uri}

    def finish(self, number: int, part: ScoredPart, report: dict[str, Any]) -> None:
        """Create the files of a part. The file part-k.json comes last: with this file, the part is finished.

        A Parquet file without part-k.json is of a killed process, or of a process that
        works on the same part. If it is whole, it remains, because its rows are the
        same. A damaged file is replaced. Raises StorageError.
        """
        if part.rejected:
            self._put(name("rejected", number, "parquet"), part.rejected, part.counts.rejected)
        content = self._put(name("part", number, "parquet"), part.predictions, report["rows_out"])
        facts = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        data = (json.dumps(report | facts) + "\n").encode()
        self.create(name("part", number, "json"), data)

    def create(self, file: str, data: bytes) -> None:
        """Create a file unless it exists. Raises StorageError."""
        repeated_storage.create(storage.join(self.uri, file), data)

    def _put(self, file: str, data: bytes, rows: int) -> bytes:
        """Create a Parquet file unless a whole one exists, and return its content. Raises StorageError."""
        uri = storage.join(self.uri, file)
        if repeated_storage.create(uri, data):
            return data
        version, existing = repeated_storage.fingerprint(uri), repeated_storage.read(uri)
        if existing == data or _is_whole(existing, data, rows):
            return existing
        repeated_storage.write(uri, data, unless_changed=version)
        return data


def name(kind: str, number: int, suffix: str) -> str:
    """Return the name of a file of a part, such as part-00042.parquet."""
    return f"{kind}-{number:05}.{suffix}"


def unfinished(numbers: Iterable[int], files: Container[str]) -> list[int]:
    """Return the numbers of the parts without part-k.json among the files of the output."""
    return [number for number in numbers if name("part", number, "json") not in files]


def _is_whole(existing: bytes, data: bytes, rows: int) -> bool:
    """Return whether a file can be read, with the number of rows and the columns of `data`.

    On another processor, the last bits of a probability can differ.
    """
    try:
        table = pa.parquet.read_table(io.BytesIO(existing))
    except (pa.ArrowException, OSError):
        return False
    return bool(table.num_rows == rows and table.schema == pa.parquet.read_schema(io.BytesIO(data)))
