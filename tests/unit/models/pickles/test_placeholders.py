"""Forbidden globals are dropped where a prediction does not read them, and reported elsewhere."""

from typing import Any

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from ml_census.models.pickles.placeholders import ReadsFilesError, drop_unused_placeholders, placeholder_class

FORBIDDEN = placeholder_class("mylib.score")
ROWS, LABELS = [[0.0], [1.0]] * 20, [0, 1] * 20


def search() -> Any:
    return GridSearchCV(LogisticRegression(), {"C": [1]}, cv=2).fit(ROWS, LABELS)


@pytest.mark.parametrize("attribute", ["scoring", "cv_results_", "param_grid"])
def test_attribute_that_no_prediction_reads_is_dropped(attribute: str) -> None:
    model = search()
    setattr(model, attribute, FORBIDDEN())

    assert drop_unused_placeholders(model) == set()
    assert getattr(model, attribute) is None
    assert model.predict([[0.0], [1.0]]).tolist() == [0, 1]


@pytest.mark.parametrize("value", [FORBIDDEN, FORBIDDEN(), [FORBIDDEN()], {"a": (FORBIDDEN(),)}])
def test_global_in_another_attribute_is_reported(value: Any) -> None:
    model = search()
    model.best_estimator_.coef_ = value

    assert drop_unused_placeholders(model) == {"mylib.score"}


def test_unused_attribute_without_placeholder_is_kept() -> None:
    model = search()

    assert drop_unused_placeholders(model) == set()
    assert model.param_grid == {"C": [1]}


@pytest.mark.parametrize("source", ["filename", "file"])
def test_vectorizer_that_reads_files_is_reported(source: str) -> None:
    with pytest.raises(ReadsFilesError, match=source):
        drop_unused_placeholders(make_pipeline(CountVectorizer(input=source), LogisticRegression()))


def test_placeholder_accepts_each_operation_of_an_unpickler() -> None:
    placeholder = FORBIDDEN(1, key=2)

    placeholder["key"] = 3
    placeholder.__setstate__({"key": 4})
    for operation in (placeholder, placeholder.append, placeholder.extend, placeholder.add):
        assert operation(5) is placeholder
    assert vars(placeholder).keys() == {"contents"}


def test_global_inside_another_forbidden_one_is_reported() -> None:
    inner = placeholder_class("mylib.Booster")
    outer = FORBIDDEN((inner(),))
    outer.__setstate__({"self": outer, "booster": placeholder_class("mylib.Tree")})

    assert drop_unused_placeholders([outer]) == {"mylib.score", "mylib.Booster", "mylib.Tree"}
