"""Census data: the UCI files, and the copy of OpenML, which merges both files with adult.test first."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml_census.training.census import datasets
from ml_census.training.census.adult import CATEGORIES, COLUMNS, NUMBERS

LINE = "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2, 0, 40, ?, {}\n"


def write(folder: Path, text: str) -> str:
    """Write the text as adult.data beside a small adult.test, and return the folder."""
    (folder / "adult.data").write_text(text)
    (folder / "adult.test").write_text("|1x3 Cross validator\n" + LINE.format("<=50K.") + LINE.format(">50K.") + "\n")
    return str(folder)


def test_uci_files_are_read_without_spaces_and_full_stops(tmp_path: Path) -> None:
    census = datasets.load(write(tmp_path, LINE.format("<=50K") + LINE.format(">50K") * 2 + "\n"))

    assert list(census.train.columns) == list(COLUMNS)
    assert census.train.iloc[0].tolist()[:4] == [39, "State-gov", 77516, "Bachelors"]
    assert census.train["native-country"].tolist() == ["?"] * 3
    assert census.train_labels.tolist() == [0, 1, 1]
    assert census.test_labels.tolist() == [0, 1]
    assert not census.synthetic


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("39, Private\n", "line 1: 2 values, expected 15"),
        (LINE.format("<=50K") + LINE.format("maybe"), "line 2: the label is 'maybe'"),
        (LINE.format("<=50K").replace("77516", "many"), "line 1: fnlwgt is 'many', expected a number"),
        ("", "no rows with both incomes"),
        (LINE.format("<=50K"), "no rows with both incomes"),
    ],
)
def test_unusable_file_is_rejected_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(datasets.DataError) as raised:
        datasets.load(write(tmp_path, text))

    assert str(raised.value).startswith(f"{tmp_path}/adult.data: ")
    assert reason in str(raised.value)


def test_folder_without_the_files_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(datasets.DataError, match=r"adult\.data: not found"):
        datasets.load(str(tmp_path))


def test_demo_is_marked_as_synthetic() -> None:
    demo = datasets.load("demo")

    assert demo.synthetic
    assert "synthetic" in demo.source


def test_demo_has_the_same_fingerprint_each_time() -> None:
    assert datasets.load("demo").fingerprint == datasets.load("demo").fingerprint


def merged(*parts: tuple[pd.DataFrame, np.ndarray]) -> tuple[pd.DataFrame, pd.Series]:
    """Return rows as fetch_openml does: numbers are floats, categories categorical, "?" is NaN."""
    rows = pd.concat([frame for frame, _ in parts], ignore_index=True)
    kinds = {name: "float64" for name in NUMBERS} | {name: "category" for name in CATEGORIES}
    labels = np.concatenate([labels for _, labels in parts])
    return rows.where(rows != "?").astype(kinds), pd.Series(np.where(labels, ">50K", "<=50K")).astype("category")


def test_openml_copy_of_other_rows_is_rejected() -> None:
    demo = datasets.load("demo")

    with pytest.raises(datasets.DataError, match="openml: .*the standard split is lost"):
        datasets.split_openml(*merged((demo.test, demo.test_labels), (demo.train, demo.train_labels)))


@pytest.mark.adult
def test_openml_copy_has_the_split_of_the_uci_files() -> None:
    """Compare the fingerprint of all rows and labels."""
    uci = datasets.load(os.environ["ADULT_DATA"])

    copy = datasets.split_openml(*merged((uci.test, uci.test_labels), (uci.train, uci.train_labels)))

    assert copy.fingerprint == uci.fingerprint
    assert not copy.synthetic


@pytest.mark.adult
def test_openml_copy_in_another_order_is_rejected() -> None:
    """Put adult.data first. A model would be trained on all rows of adult.test."""
    uci = datasets.load(os.environ["ADULT_DATA"])

    with pytest.raises(datasets.DataError, match="the standard split is lost"):
        datasets.split_openml(*merged((uci.train, uci.train_labels), (uci.test, uci.test_labels)))
