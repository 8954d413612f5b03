"""Facts of a pickle, also of one that cannot be loaded."""

import io
from typing import Any

import joblib
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_census.config import Config
from ml_census.models.checking import pickle_facts
from ml_census.models.checking.facts import Globals, ModelCheck
from ml_census.models.pickles.estimator import VERSION
from support.sample_models import LABELS, NUMBERS

FACTS = ModelCheck("model.pkl")
FORBIDDEN = b"cbuiltins\nset\n(cmylib\nHalf\ntR0csklearn.tree\nThird\n0cbuiltins\neval\n."


def dumped(model: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(model, file)
    return file.getvalue()


def test_loaded_pickle_has_version_packages_and_estimator() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(NUMBERS, LABELS)

    facts, loaded = pickle_facts.load(FACTS, Config("model.pkl"), dumped(model))

    assert type(loaded) is type(model)
    assert (facts.estimator, facts.packages) == ("Pipeline of StandardScaler, LogisticRegression", ("sklearn",))
    assert facts.sklearn_version == VERSION
    assert facts.load_seconds is not None and facts.problem is None


def test_forbidden_globals_are_sorted_by_their_remedy() -> None:
    facts, loaded = pickle_facts.load(FACTS, Config("model.pkl"), FORBIDDEN)

    assert loaded is None
    assert facts.globals == Globals(("mylib.Half",), ("builtins.eval", "sklearn.tree.Third"), ("mylib",))
    assert facts.packages == ("mylib", "sklearn")


@pytest.mark.parametrize("data", [b"", b"text", b"\x80\x04"], ids=["empty", "text", "cut"])
def test_file_that_is_no_pickle_has_a_problem_only(data: bytes) -> None:
    facts, loaded = pickle_facts.load(FACTS, Config("model.pkl"), data)

    assert loaded is None
    assert facts.problem
    assert (facts.packages, facts.sklearn_version, facts.globals) == ((), None, Globals())


def test_version_of_another_scikit_learn_is_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LogisticRegression().fit(NUMBERS, LABELS)
    with monkeypatch.context() as patch:
        patch.setattr("sklearn.base.__version__", "1.7.2")
        data = dumped(model)

    facts, loaded = pickle_facts.load(FACTS, Config("model.pkl"), data)

    assert loaded is None
    assert facts.sklearn_version == "1.7.2"
    assert facts.problem and facts.problem.startswith("trained with scikit-learn 1.7.2")
