"""Synthetic census: every category occurs, and the rows are plausible."""

import numpy as np
import pandas as pd
import pytest

from ml_census.training.census import synthetic
from ml_census.training.census.adult import CATEGORIES, NUMBERS

Sample = tuple[pd.DataFrame, np.ndarray]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return synthetic.generate(synthetic.TRAIN_ROWS, seed=1)


def test_every_category_occurs(sample: Sample) -> None:
    rows, _labels = sample

    assert {name: rows[name].nunique() for name in CATEGORIES} == {
        "workclass": 9,
        "education": 16,
        "marital-status": 7,
        "occupation": 15,
        "relationship": 6,
        "race": 5,
        "sex": 2,
        "native-country": 42,
    }


def test_ages_are_those_of_adults(sample: Sample) -> None:
    rows, _labels = sample

    assert rows["age"].between(17, 90).all()


def test_husbands_are_the_married_men(sample: Sample) -> None:
    rows, _labels = sample
    married_men = rows["marital-status"].isin(synthetic.MARRIED) & (rows["sex"] == "Male")

    assert ((rows["relationship"] == "Husband") == married_men).all()


def test_education_and_its_number_agree(sample: Sample) -> None:
    rows, _labels = sample

    assert rows.groupby("education")["education-num"].nunique().eq(1).all()


def test_about_a_quarter_earns_more_than_50k(sample: Sample) -> None:
    _rows, labels = sample

    assert 0.2 < labels.mean() < 0.3


def test_numbers_are_integers(sample: Sample) -> None:
    rows, _labels = sample

    assert {rows[name].dtype for name in NUMBERS} == {np.dtype("int64")}


def test_another_seed_gives_other_rows(sample: Sample) -> None:
    rows, _labels = sample

    assert not synthetic.generate(synthetic.TRAIN_ROWS, seed=2)[0].equals(rows)
