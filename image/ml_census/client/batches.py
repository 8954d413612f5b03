"""Division of rows into batches. The client sends one request for each batch."""

from collections.abc import Iterator
from dataclasses import dataclass

BATCH_BYTES = 512 * 1024
"""Maximum size of a batch, in bytes: half of the server's default max_body_bytes. A
larger row is sent alone."""


@dataclass
class EncodedRow:
    """Row with its index (from 0), its JSON text, and the reason if the row gets no prediction (else "")."""

    number: int
    text: bytes
    problem: str = ""


class Batches:
    """Batches of maximum `max_rows` rows and BATCH_BYTES each. A larger row is a batch of one row."""

    def __init__(self, rows: Iterator[EncodedRow], max_rows: int) -> None:
        self._rows = rows
        self._put_back: list[EncodedRow] = []
        self._max_rows = max_rows

    def take(self) -> list[EncodedRow]:
        """Return the next batch, or an empty list after the last row."""
        batch: list[EncodedRow] = []
        size = 0
        while len(batch) < self._max_rows and (row := self._next()):
            size += len(row.text) + 2
            if batch and size > BATCH_BYTES:
                self._put_back.append(row)
                break
            batch.append(row)
        return batch

    def halve(self, rows: list[EncodedRow]) -> None:
        """Put the rows of a rejected batch back. The next batches have maximum half the rows of that batch."""
        self._max_rows = (len(rows) + 1) // 2
        self._put_back += reversed(rows)

    def _next(self) -> EncodedRow | None:
        return self._put_back.pop() if self._put_back else next(self._rows, None)
