"""The pickle of every estimator of scikit-learn is allowed, with every option that changes what it names."""

import io
from typing import Any

import joblib
import pytest

from ml_census.models.pickles import restricted_unpickler
from support import estimator_options, estimators

OPTIONS = [(data, name, make) for data, name, make in estimator_options.options()]
QUICK = ("hgb squared", "hgb poisson", "gb ", "sgd ", "function ", "target ", "halving", "random state", "knn kd_tree")
INSTANCES = dict(estimators.instances())


def loaded(model: Any) -> Any:
    file = io.BytesIO()
    joblib.dump(model, file)
    return restricted_unpickler.restricted_load(file.getvalue(), ())


@pytest.mark.parametrize(
    ("data", "name", "make"),
    [pytest.param(*each, id=each[1], marks=() if each[1].startswith(QUICK) else pytest.mark.slow) for each in OPTIONS],
)
def test_options_of_estimators_are_allowed(data: str, name: str, make: Any) -> None:
    model = estimators.fitted(make(), data)
    assert model is not None, "the test must fit what it is about"

    again = loaded(model)

    assert type(again) is type(getattr(model, "best_estimator_", model))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of estimators that will be removed
@pytest.mark.parametrize("name", INSTANCES)
def test_estimators_are_allowed(name: str) -> None:
    for data in ("classes", "binary", "regression", "labels", "outputs", "documents"):
        if (model := estimators.fitted(INSTANCES[name], data)) is not None:
            loaded(model)
            return
    loaded(INSTANCES[name])  # takes none of these, as DictVectorizer


def test_what_only_fitting_uses_is_dropped_and_answers_stay() -> None:
    """The scorer of early stopping, and distributions of a search, would need names that reach anything."""
    for data, name, make in OPTIONS:
        if name in ("hgb early stopping", "RandomizedSearchCV scipy"):
            model = estimators.fitted(make(), data)

            again = loaded(model)

            rows = estimators.DATA[data].rows
            assert again.predict(rows).tolist() == model.predict(rows).tolist()
            assert again.predict_proba(rows).tolist() == model.predict_proba(rows).tolist()
