"""OpenML's copy of UCI Adult: both files merged, adult.test first, split again into the standard parts."""

import os

import numpy as np
import pandas as pd
import pytest

from ml_census.training import datasets
from ml_census.training.adult import CATEGORIES, NUMBERS


def merged(*parts: tuple[pd.DataFrame, np.ndarray]) -> tuple[pd.DataFrame, pd.Series]:
    """Rows as fetch_openml gives them: numbers are floats, categories categorical, "?" is NaN."""
    rows = pd.concat([frame for frame, _ in parts], ignore_index=True)
    kinds = {name: "float64" for name in NUMBERS} | {name: "category" for name in CATEGORIES}
    labels = np.concatenate([labels for _, labels in parts])
    return rows.where(rows != "?").astype(kinds), pd.Series(np.where(labels, ">50K", "<=50K")).astype("category")


def test_a_copy_of_other_rows_is_refused() -> None:
    """Without the rows of the standard split there is no telling what would be trained on."""
    demo = datasets.load("demo")

    with pytest.raises(datasets.DataError, match="openml: .*the standard split is lost"):
        datasets.split_openml(*merged((demo.test, demo.test_labels), (demo.train, demo.train_labels)))


@pytest.mark.adult
def test_openml_gives_the_same_split_as_the_uci_files() -> None:
    """Row by row and label by label: the fingerprint is that of the folder."""
    uci = datasets.load(os.environ["ADULT_DATA"])

    copy = datasets.split_openml(*merged((uci.test, uci.test_labels), (uci.train, uci.train_labels)))

    assert copy.fingerprint == uci.fingerprint
    assert not copy.synthetic


@pytest.mark.adult
def test_a_copy_in_another_order_is_refused() -> None:
    """With adult.data first, all rows of adult.test would be trained on."""
    uci = datasets.load(os.environ["ADULT_DATA"])

    with pytest.raises(datasets.DataError, match="the standard split is lost"):
        datasets.split_openml(*merged((uci.train, uci.train_labels), (uci.test, uci.test_labels)))
