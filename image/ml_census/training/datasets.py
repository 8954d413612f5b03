"""Census data for training and test: the UCI files, the copy of OpenML, or a synthetic census."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml_census import storage
from ml_census.training import synthetic
from ml_census.training.adult import CATEGORIES, COLUMNS, NUMBERS

TEST_ROWS = 16_281
TRAIN_ROWS = 32_561
"""Rows of adult.test and adult.data, the standard split. The copy of OpenML has them in this order."""

TRAIN_WEIGHT = 6_179_373_392
"""Sum of fnlwgt over adult.data, a checksum of the standard split."""


class DataError(Exception):
    """The data cannot be used. The message names the file, the line and the reason."""


@dataclass(frozen=True)
class Dataset:
    """Rows with the columns of UCI Adult, and labels: 1 for an income above 50K."""

    train: pd.DataFrame
    train_labels: np.ndarray
    test: pd.DataFrame
    test_labels: np.ndarray
    source: str
    synthetic: bool = False

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all rows and labels."""
        digest = hashlib.sha256()
        for frame, labels in ((self.train, self.train_labels), (self.test, self.test_labels)):
            digest.update(frame.assign(label=labels).to_csv(index=False).encode())
        return digest.hexdigest()


def load(source: str) -> Dataset:
    """Return the census from "demo", "openml", or a folder (local, gs:// or https://) with adult.data and adult.test.

    Raises DataError, StorageError.
    """
    if source == "demo":
        train, train_labels = synthetic.generate(synthetic.TRAIN_ROWS, seed=1)
        test, test_labels = synthetic.generate(synthetic.TEST_ROWS, seed=2)
        return Dataset(train, train_labels, test, test_labels, "synthetic census", synthetic=True)
    if source == "openml":
        return _from_openml()
    train, train_labels = _read(storage.join(source, "adult.data"))
    test, test_labels = _read(storage.join(source, "adult.test"))
    return Dataset(train, train_labels, test, test_labels, "UCI Adult, adult.data and adult.test")


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
    """Return the 14 values of a line, then the label as 0 or 1.

    UCI has a space before each value, and a full stop after the labels of adult.test.
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
    """Return a field as a number or a category."""
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
    """Return the standard split of the merged copy of OpenML, in which a missing value is NaN and numbers are floats.

    Raises DataError if the rows are not those of adult.test and then those of adult.data.
    """
    rows = table.astype(object).where(table.notna(), "?")[list(COLUMNS)].to_numpy().tolist()
    frame = _frame(rows)
    labels = (target.astype(str).str.strip() == ">50K").to_numpy().astype(int)
    train, test = frame[TEST_ROWS:].reset_index(drop=True), frame[:TEST_ROWS]
    # the copy does not mark the split: in another order, the model would be trained on test rows
    if len(train) != TRAIN_ROWS or train["fnlwgt"].sum() != TRAIN_WEIGHT:
        raise DataError("openml: not the rows of adult.test, then those of adult.data: the standard split is lost")
    return Dataset(train, labels[TEST_ROWS:], test, labels[:TEST_ROWS], "OpenML adult, version 2")
