"""A model of each kind that the server supports, fitted on a small synthetic census."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import LabelBinarizer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

NAMES = ["age", "workclass", "education-num", "sex"]
CATEGORIES = {"workclass": [" Private", " Self-emp", " State-gov", " ?"], "sex": [" Female", " Male"]}


@dataclass(frozen=True)
class SampleModel:
    """A fitted model, rows as a client sends them, and the model's own predictions for them."""

    model: Any
    rows: list[list[Any]]
    answers: list[Any]
    decoding: dict[str, str] | None = None

    def decoded(self) -> list[Any]:
        """Return the predictions as a client gets them."""
        return self.answers if self.decoding is None else [self.decoding[str(answer)] for answer in self.answers]


def census(count: int = 200) -> tuple[list[list[Any]], np.ndarray]:
    """Return rows of mixed values with UCI's leading spaces, and labels 0 and 1."""
    random = np.random.default_rng(7)
    rows = [
        [int(age), str(work), int(education), str(sex)]
        for age, work, education, sex in zip(
            random.integers(17, 90, count),
            random.choice(CATEGORIES["workclass"], count),
            random.integers(1, 17, count),
            random.choice(CATEGORIES["sex"], count),
            strict=True,
        )
    ]
    labels = np.array([int(int(str(row[2])) + (row[3] == " Male") * 3 + random.normal() > 11) for row in rows])
    return rows, labels


ROWS, LABELS = census()
NUMBERS = [[row[0], row[2]] for row in ROWS]
FRAME = pd.DataFrame(ROWS, columns=NAMES)
TEXT = {"0": "Annual Salary <50K", "1": "Annual Salary >50K"}


def made_by(version: str, pickle: bytes) -> bytes:
    """Return the pickle of an uncompressed model, with another version of scikit-learn in it."""
    before = b"_sklearn_version\x94\x8c"  # then the length of the text, and the text
    current, other = (before + bytes([len(text)]) + text.encode() for text in (sklearn.__version__, version))
    assert current in pickle
    return pickle.replace(current, other)


def only(index: int, width: int = 4) -> SelectKBest:
    """Return a selector of one of `width` columns, with scores set by hand as in the article."""
    selector = SelectKBest(k=1)
    selector.scores_ = np.eye(width)[index]
    return selector


def article() -> SampleModel:
    """Fit a FeatureUnion of SelectKBest and LabelBinarizer for each category, on lists."""
    parts = []
    for index in (1, 3):
        binarizer = LabelBinarizer().fit(only(index).transform(ROWS))
        parts.append((f"category-{index}", Pipeline([("select", only(index)), ("binarize", binarizer)])))
    numbers = SelectKBest(k=2)
    numbers.scores_ = np.array([1, 0, 1, 0])
    union = FeatureUnion([*parts, ("numbers", numbers)])
    forest = RandomForestClassifier(20, random_state=0, n_jobs=2).fit(union.transform(ROWS), LABELS)
    model = Pipeline([("union", union), ("classifier", forest)])
    return SampleModel(model, ROWS, model.predict(ROWS).tolist(), TEXT)


def dataframe() -> SampleModel:
    encode = ColumnTransformer(
        [("categories", OneHotEncoder(handle_unknown="ignore"), ["workclass", "sex"])], remainder=StandardScaler()
    )
    model = make_pipeline(encode, LogisticRegression()).fit(FRAME, LABELS)
    return SampleModel(model, ROWS, model.predict(FRAME).tolist(), TEXT)


def positions() -> SampleModel:
    """Fit a ColumnTransformer by column number, on lists."""
    encode = ColumnTransformer(
        [
            ("categories", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), [1, 3]),
            ("numbers", "passthrough", [0, 2]),
        ]
    )
    model = make_pipeline(encode, DecisionTreeClassifier(random_state=0)).fit(ROWS, LABELS)
    return SampleModel(model, ROWS, model.predict(ROWS).tolist(), TEXT)


def boosting_with_categories() -> SampleModel:
    frame = FRAME.astype({"workclass": "category", "sex": "category"})
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(frame, LABELS)
    return SampleModel(model, ROWS, model.predict(frame).tolist(), TEXT)


def logistic() -> SampleModel:
    model = LogisticRegression().fit(NUMBERS, LABELS)
    return SampleModel(model, NUMBERS, model.predict(NUMBERS).tolist(), TEXT)


def missing_values() -> SampleModel:
    """Fit an imputer, which accepts null."""
    rows = [[None if number % 5 == 0 else row[0], row[1]] for number, row in enumerate(NUMBERS)]
    model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(np.array(rows, dtype=float), LABELS)
    return SampleModel(model, rows, model.predict(np.array(rows, dtype=float)).tolist())


def multi_class() -> SampleModel:
    model = RandomForestClassifier(20, random_state=0).fit(NUMBERS, LABELS + np.arange(len(LABELS)) % 2)
    return SampleModel(model, NUMBERS, model.predict(NUMBERS).tolist(), {"0": "low", "1": "middle", "2": "high"})


def string_classes() -> SampleModel:
    model = RandomForestClassifier(20, random_state=0).fit(NUMBERS, np.where(LABELS == 1, ">50K", "<=50K"))
    return SampleModel(model, NUMBERS, model.predict(NUMBERS).tolist())


def regressor() -> SampleModel:
    model = LinearRegression().fit(NUMBERS, LABELS * 1000.5)
    return SampleModel(model, NUMBERS, model.predict(np.array(NUMBERS, dtype=float)).tolist())


def several_outputs() -> SampleModel:
    model = RandomForestRegressor(5, random_state=0).fit(NUMBERS, np.column_stack([LABELS, LABELS * 2]))
    return SampleModel(model, NUMBERS, model.predict(NUMBERS).tolist())


def searched() -> SampleModel:
    model = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [0.1, 1]})
    model.fit(NUMBERS, LABELS)
    return SampleModel(model, NUMBERS, model.predict(NUMBERS).tolist(), TEXT)


def voting() -> SampleModel:
    members = [("tree", DecisionTreeClassifier(max_depth=3)), ("linear", LogisticRegression())]
    model = VotingClassifier(members, voting="soft", weights=[1, 2]).fit(NUMBERS, LABELS)
    return SampleModel(model, NUMBERS, model.predict(NUMBERS).tolist(), TEXT)


def clusters() -> SampleModel:
    model = KMeans(3, random_state=0, n_init=1).fit(np.array(NUMBERS, dtype=float))
    return SampleModel(model, NUMBERS, model.predict(np.array(NUMBERS, dtype=float)).tolist())


def documents() -> SampleModel:
    texts = ["good work", "bad work", "good pay", "bad pay"] * 5
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0] * 10)
    return SampleModel(model, [[text] for text in texts], model.predict(texts).tolist())


SAMPLE_MODELS: dict[str, Callable[[], SampleModel]] = {
    make.__name__: make
    for make in (
        article,
        dataframe,
        positions,
        boosting_with_categories,
        logistic,
        missing_values,
        multi_class,
        string_classes,
        regressor,
        several_outputs,
        searched,
        voting,
        clusters,
        documents,
    )
}
