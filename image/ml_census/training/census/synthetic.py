"""Generate synthetic census rows from a random seed, without network access.

The columns and categories are those of UCI Adult. The shares of the categories are
approximate. A formula with random noise determines the income. A model that is trained
on these rows is a demonstration and says nothing about people.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ml_census.training.census.adult import COLUMNS

TRAIN_ROWS = 8_000
TEST_ROWS = 4_000

# category -> relative frequency; EDUCATION has the order of the column education-num,
# which starts at 1
WORKCLASS = {
    "Private": 69, "Self-emp-not-inc": 8, "Local-gov": 6, "?": 5.6, "State-gov": 4, "Self-emp-inc": 3.5,
    "Federal-gov": 3, "Without-pay": 0.5, "Never-worked": 0.4,
}  # fmt: skip
EDUCATION = {
    "Preschool": 0.4, "1st-4th": 0.6, "5th-6th": 1, "7th-8th": 2, "9th": 1.6, "10th": 3, "11th": 3.6, "12th": 1.4,
    "HS-grad": 32, "Some-college": 22, "Assoc-voc": 4.3, "Assoc-acdm": 3.3, "Bachelors": 16.5, "Masters": 5.4,
    "Prof-school": 1.7, "Doctorate": 1.2,
}  # fmt: skip
OCCUPATION = {
    "Prof-specialty": 13, "Craft-repair": 13, "Exec-managerial": 12.5, "Adm-clerical": 11.5, "Sales": 11,
    "Other-service": 10, "Machine-op-inspct": 6, "?": 5.7, "Transport-moving": 5, "Handlers-cleaners": 4.2,
    "Farming-fishing": 3, "Tech-support": 3, "Protective-serv": 2, "Priv-house-serv": 0.6, "Armed-Forces": 0.3,
}  # fmt: skip
SKILLED = ("Exec-managerial", "Prof-specialty", "Tech-support", "Protective-serv")
MARRIED = ("Married-civ-spouse", "Married-AF-spouse")
MARITAL_STATUS = {
    "Married-civ-spouse": 46, "Never-married": 33, "Divorced": 13.5, "Separated": 3, "Widowed": 3,
    "Married-spouse-absent": 1.3, "Married-AF-spouse": 0.3,
}  # fmt: skip
SINGLE_RELATIONSHIP = {"Not-in-family": 48, "Own-child": 28, "Unmarried": 19, "Other-relative": 5}
RACE = {"White": 85, "Black": 9.6, "Asian-Pac-Islander": 3.2, "Amer-Indian-Eskimo": 1, "Other": 0.8}
COUNTRY = {
    "United-States": 89, "Mexico": 2, "?": 1.8, "Philippines": 0.6, "Germany": 0.45, "Canada": 0.4, "Puerto-Rico": 0.35,
    "El-Salvador": 0.33, "India": 0.3, "Cuba": 0.3, "England": 0.3, "Jamaica": 0.25, "South": 0.25, "China": 0.25,
    "Italy": 0.2, "Dominican-Republic": 0.2, "Vietnam": 0.2, "Guatemala": 0.2, "Japan": 0.2, "Poland": 0.2,
    "Columbia": 0.2, "Taiwan": 0.15, "Haiti": 0.15, "Iran": 0.15, "Portugal": 0.12, "Nicaragua": 0.12, "Peru": 0.1,
    "France": 0.1, "Greece": 0.1, "Ecuador": 0.1, "Ireland": 0.1, "Hong": 0.1, "Cambodia": 0.1, "Trinadad&Tobago": 0.1,
    "Laos": 0.1, "Thailand": 0.1, "Yugoslavia": 0.1, "Outlying-US(Guam-USVI-etc)": 0.1, "Honduras": 0.1,
    "Hungary": 0.1, "Scotland": 0.1, "Holand-Netherlands": 0.1,
}  # fmt: skip


Columns = dict[str, np.ndarray]
"""Column name -> values of the column: (rows,), int64 or text."""


def generate(rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return `rows` synthetic rows, and their labels: int64 (rows,), 1 for an income above 50,000 dollars, else 0.

    About a quarter of the labels are 1. The same `seed` gives the same rows. Raises
    ValueError for fewer than 42 rows: the column native-country has 42 categories, and
    each category must occur.
    """
    sampler = _Sampler(rows, seed)
    people = _demography(sampler)
    people |= _work(sampler)
    labels = (_wealth(sampler, people) > 0).astype(int)
    people |= _other_columns(sampler)
    return pd.DataFrame({name: pd.Series(people[name], dtype=_dtype(people[name])) for name in COLUMNS}), labels


class _Sampler:
    """A source of random columns. The values depend on the seed and the order of the calls."""

    def __init__(self, rows: int, seed: int) -> None:
        self.rows = rows
        self.random = np.random.default_rng(seed)

    def happens(self, probability: float) -> np.ndarray:
        """Return for each row whether an event of this probability happens: bool (rows,)."""
        return self.random.random(self.rows) < probability

    def pick(self, shares: Mapping[str, float]) -> np.ndarray:
        """Return a random category for each row: object (rows,). `shares` are weights. Each category occurs."""
        weights = np.array(list(shares.values()))
        picked = self.random.choice(np.array(list(shares), dtype=object), self.rows, p=weights / weights.sum())
        picked[self.random.permutation(self.rows)[: len(shares)]] = list(shares)
        return picked


def _demography(sampler: _Sampler) -> Columns:
    age = np.clip(17 + sampler.random.gamma(2.4, 9.2, sampler.rows), 17, 90).astype(int)
    education = sampler.pick(EDUCATION)
    sex = np.where(sampler.happens(0.67), "Male", "Female")
    marital_status = np.where((age < 22) & sampler.happens(0.8), "Never-married", sampler.pick(MARITAL_STATUS))
    spouse = np.where(sex == "Male", "Husband", "Wife")
    return {
        "age": age,
        "education": education,
        "education-num": np.array([list(EDUCATION).index(name) + 1 for name in education]),
        "sex": sex,
        "marital-status": marital_status,
        "relationship": np.where(np.isin(marital_status, MARRIED), spouse, sampler.pick(SINGLE_RELATIONSHIP)),
    }


def _work(sampler: _Sampler) -> Columns:
    random, rows = sampler.random, sampler.rows
    occupation = sampler.pick(OCCUPATION)
    gain = np.where(sampler.happens(0.08), random.lognormal(8.4, 1.1, rows), 0).clip(0, 99_999).astype(int)
    loss = np.where((gain == 0) & sampler.happens(0.05), random.normal(1870, 350, rows), 0).clip(0).astype(int)
    hours = np.clip(random.normal(40.5, 12, rows), 1, 99).astype(int)
    return {"occupation": occupation, "capital-gain": gain, "capital-loss": loss, "hours-per-week": hours}


def _wealth(sampler: _Sampler, people: Columns) -> np.ndarray:
    """Return a score for each row: float64 (rows,). A score above 0 means an income above 50,000 dollars."""
    return np.asarray(
        2.3 * np.isin(people["marital-status"], MARRIED) + 0.32 * (people["education-num"] - 9)
        + 0.9 * np.isin(people["occupation"], SKILLED) + 0.03 * (people["hours-per-week"] - 40)
        + 0.0004 * people["capital-gain"].clip(0, 9000) + 0.9 * (people["capital-loss"] > 1800)
        - 0.0016 * (people["age"] - 49) ** 2 - 2.6 + sampler.random.logistic(0, 0.75, sampler.rows)
    )  # fmt: skip


def _other_columns(sampler: _Sampler) -> Columns:
    """Return the columns on which the income does not depend."""
    return {
        "workclass": sampler.pick(WORKCLASS),
        "fnlwgt": sampler.random.lognormal(12, 0.5, sampler.rows).astype(int),
        "race": sampler.pick(RACE),
        "native-country": sampler.pick(COUNTRY),
    }


def _dtype(values: np.ndarray) -> type:
    return np.int64 if values.dtype.kind == "i" else object
