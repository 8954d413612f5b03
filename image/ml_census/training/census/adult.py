"""Column names of the UCI Adult data set, in the order of its files, and the texts for its two classes.

Source: Becker and Kohavi 1996, https://doi.org/10.24432/C5XW20
"""

NUMBERS = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
COLUMNS = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
)
CATEGORIES = tuple(name for name in COLUMNS if name not in NUMBERS)
DECODING = {"0": "Annual Salary <50K", "1": "Annual Salary >50K"}
