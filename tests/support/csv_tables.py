"""CSV files of a test, opened as the input of `ml-census predict`."""

from pathlib import Path

from ml_census.client import csv_input
from ml_census.client.csv_input import CsvInput


def write(folder: Path, text: str | bytes) -> Path:
    """Write the text to rows.csv and return its path."""
    (path := folder / "rows.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def open_table(folder: Path, text: str | bytes, columns: list[str], encoding: str = "") -> CsvInput:
    """Write the text to rows.csv and open it for a model with these columns."""
    return csv_input.open_input(write(folder, text), columns, None, encoding)
