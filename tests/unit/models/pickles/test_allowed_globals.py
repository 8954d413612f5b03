"""The pickles of all estimators of scikit-learn load, with all options that add globals to the pickle."""

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
def test_option_of_an_estimator_is_allowed(data: str, name: str, make: Any) -> None:
    model = estimators.fitted(make(), data)
    assert model is not None, "the options must fit"

    again = loaded(model)

    assert type(again) is type(getattr(model, "best_estimator_", model))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of estimators that will be removed
@pytest.mark.parametrize("name", INSTANCES)
def test_estimator_is_allowed(name: str) -> None:
    for data in ("classes", "binary", "regression", "labels", "outputs", "documents"):
        if (model := estimators.fitted(INSTANCES[name], data)) is not None:
            loaded(model)
            return
    loaded(INSTANCES[name])  # takes none of these, as DictVectorizer


def test_dropped_attributes_do_not_change_predictions() -> None:
    """The scorer of early stopping and the distributions of a search reference globals that can run any code."""
    for data, name, make in OPTIONS:
        if name in ("hgb early stopping", "RandomizedSearchCV scipy"):
            model: Any = estimators.fitted(make(), data)

            again = loaded(model)

            rows = estimators.DATA[data].rows
            assert again.predict(rows).tolist() == model.predict(rows).tolist()
            assert again.predict_proba(rows).tolist() == model.predict_proba(rows).tolist()
