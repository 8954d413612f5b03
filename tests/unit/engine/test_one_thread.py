"""A request is answered on one thread, and serving a model changes nothing in it."""

from collections.abc import Callable
from typing import Any

import joblib
import pytest
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models import schema_inference


@pytest.mark.parametrize(
    "wrap",
    [
        lambda part: part,
        lambda part: VotingClassifier([("a", part)]),
        lambda part: StackingClassifier([("a", part)], cv=2),
        lambda part: GridSearchCV(part, {"l__C": [1]}, cv=2),
        lambda part: MultiOutputClassifier(part),
    ],
    ids=["model", "voting", "stacking", "search", "outputs"],
)
def test_a_model_predicts_on_one_thread_and_is_left_as_it_is(wrap: Callable[[Any], Any]) -> None:
    """Whatever n_jobs says in the model, and in the fitted parts of it."""
    part = Pipeline([("jobs", FunctionTransformer(_note_jobs)), ("l", LogisticRegression())])
    targets = [[0], [1]] * 20 if isinstance(wrap(part), MultiOutputClassifier) else [0, 1] * 20
    model = wrap(part).fit([[0.0], [1.0]] * 20, targets)
    if "n_jobs" in model.get_params():
        model.set_params(n_jobs=2)  # not before, or joblib would start processes to fit it
    before = model.get_params()
    JOBS.clear()

    SklearnPredictor(model, schema_inference.infer_schema(model, ["a"])).predict([[1.0]])

    assert set(JOBS) == {1}
    assert repr(model.get_params()) == repr(before)


JOBS: list[int] = []


def _note_jobs(rows: Any) -> Any:
    JOBS.append(joblib.effective_n_jobs(2))
    return rows
