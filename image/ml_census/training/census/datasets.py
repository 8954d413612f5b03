"""Load census data for training and test: the UCI Adult files, their copy on OpenML, or synthetic rows."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml_census import storage
from ml_census.training.census import synthetic
from ml_census.training.census.adult import CATEGORIES, COLUMNS, NUMBERS

TEST_ROWS = 16_281
TRAIN_ROWS = 32_561
"""Number of rows in adult.test and adult.data. The copy on OpenML has the rows of
adult.test first."""

TRAIN_WEIGHT = 6_179_373_392
"""Sum of the column fnlwgt over the rows of adult.data. The sum serves as a checksum of
these rows."""


class DataError(Exception):
    """Report training data that cannot be used. The message names the source and the reason."""


@dataclass(frozen=True)
class Dataset:
    """Training rows and test rows with the columns of UCI Adult, and their labels.

    The labels are int64 (rows,): 1 for an income above 50,000 dollars a year, otherwise
    0.
    """

    train: pd.DataFrame
    train_labels: np.ndarray
    test: pd.DataFrame
    test_labels: np.ndarray
    source: str
    """Description of the source for the report and manifest.json."""
    synthetic: bool = False
    """True if the rows are random and not data of real people."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all rows and labels, in hex digits."""
        digest = hashlib.sha256()
        for frame, labels in ((self.train, self.train_labels), (self.test, self.test_labels)):
            digest.update(frame.assign(label=labels).to_csv(index=False).encode())
        return digest.hexdigest()


def load(source: str) -> Dataset:
    """Return the census data of a source.

    `source` is "demo" for synthetic rows, "openml" for a download from openml.org, or a
    folder (local, gs:// or https://) with adult.data and adult.test. Raises DataError
    if a file cannot be read or is invalid.
    """
    if source == "demo":
        return _synthetic()
    if source == "openml":
        return _from_openml()
    train, train_labels = _read(storage.join(source, "adult.data"))
    test, test_labels = _read(storage.join(source, "adult.test"))
    return Dataset(train, train_labels, test, test_labels, "UCI Adult, adult.data and adult.test")


def _synthetic() -> Dataset:
    train, train_labels = synthetic.generate(synthetic.TRAIN_ROWS, seed=1)
    test, test_labels = synthetic.generate(synthetic.TEST_ROWS, seed=2)
    return Dataset(train, train_labels, test, test_labels, "synthetic census", synthetic=True)


def _read(uri: str) -> tuple[pd.DataFrame, np.ndarray]:
    rows, labels = [], []
    for number, line in enumerate(_read_text(uri).splitlines(), start=1):
        if line.strip() and not line.startswith("|"):  # adult.test begins with a comment
            *values, label = _fields(line, f"{uri}: line {number}")
            rows.append(values)
            labels.append(label)
    if not rows or len(set(labels)) < 2:
        raise DataError(f"{uri}: holds no rows with both incomes")
    return _frame(rows), np.array(labels)


def _read_text(uri: str) -> str:
    try:
        return storage.read(uri).decode("utf-8")
    except storage.StorageError as error:
        raise DataError(f"{uri}: {error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{uri}: not UTF-8 text") from error


def _fields(line: str, where: str) -> list[object]:
    """Return the 14 values of a line, then the label as 0 or 1. `where` names the line in errors.

    UCI Adult has a space before each value. In adult.test, a full stop follows each
    label.
    """
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != len(COLUMNS) + 1:
        raise DataError(f"{where}: {len(fields)} values, expected {len(COLUMNS) + 1}")
    label = fields[-1].rstrip(".")
    if label not in ("<=50K", ">50K"):
        raise DataError(f"{where}: the label is {label[:20]!r}, expected <=50K or >50K")
    values = [_value(name, field, where) for name, field in zip(COLUMNS, fields[:-1], strict=True)]
    return [*values, int(label == ">50K")]


def _value(column: str, field: str, where: str) -> object:
    """Return a field as an int or as the text of a category."""
    if column not in NUMBERS:
        return field
    try:
        return int(field)
    except ValueError:
        raise DataError(f"{where}: {column} is {field[:20]!r}, expected a number") from None


def _frame(rows: list[list[object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({name: "int64" for name in NUMBERS} | {name: object for name in CATEGORIES})


def _from_openml() -> Dataset:
    from sklearn.datasets import fetch_openml

    try:
        copy = fetch_openml("adult", version=2, as_frame=True, parser="liac-arff")
    except (OSError, ValueError) as error:  # ValueError: OpenML answers, but with an error
        raise DataError(f"openml: {error}") from error
    return split_openml(copy.data, copy.target)


def split_openml(table: pd.DataFrame, target: pd.Series) -> Dataset:
    """Split the copy of UCI Adult on OpenML, one table, into the training rows and the test rows of UCI.

    `table` has the 14 columns of UCI Adult, where a missing value is NaN. `target` has
    the income of each row as text, "<=50K" or ">50K". Raises DataError if `table` is
    not the rows of adult.test, followed by the rows of adult.data.
    """
    rows = table.astype(object).where(table.notna(), "?")[list(COLUMNS)].to_numpy().tolist()
    frame = _frame(rows)
    labels = (target.astype(str).str.strip() == ">50K").to_numpy().astype(int)
    train, test = frame[TEST_ROWS:].reset_index(drop=True), frame[:TEST_ROWS]
    # OpenML does not mark the test rows: another order would train the model on them
    if len(train) != TRAIN_ROWS or train["fnlwgt"].sum() != TRAIN_WEIGHT:
        raise DataError("openml: not the rows of adult.test, then those of adult.data: the standard split is lost")
    return Dataset(train, labels[TEST_ROWS:], test, labels[:TEST_ROWS], "OpenML adult, version 2")
