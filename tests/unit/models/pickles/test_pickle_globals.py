"""All globals of a pickle, also those after a global that cannot be loaded."""

import io
import pickle
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ml_census.errors import ArtifactError
from ml_census.models.pickles import estimator
from ml_census.models.pickles.pickle_globals import forbidden_globals, missing_modules

NAMES = (
    b"(lp0\ncmylib\nHalf\nacother.lib\nthing\nac"
    b"sklearn.linear_model._logistic\nLogisticRegression\nacnumpy\nvectorize\na."
)
"""A list of four globals. Two are of modules that do not exist."""


def dumped(what: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(what, file)
    return file.getvalue()


def test_allowed_and_trusted_globals_are_not_listed() -> None:
    assert forbidden_globals(NAMES, frozenset({"mylib.Half"})) == {"other.lib.thing", "numpy.vectorize"}


@pytest.mark.parametrize("model", [LogisticRegression().fit(np.eye(3), [0, 1, 0]), np.array([{}, None], dtype=object)])
def test_globals_after_an_array_are_listed(model: Any) -> None:
    """joblib writes the bytes of an array between the opcodes of the pickle."""
    data = dumped([model, np.eye(50), np.vectorize])

    assert forbidden_globals(data, frozenset()) == {"numpy.vectorize"}


def test_globals_before_a_damage_are_listed() -> None:
    assert forbidden_globals(b"(lp0\ncmylib\nHalf\nacother.lib\nthing\na\xff", frozenset()) == {
        "mylib.Half",
        "other.lib.thing",
    }


def test_no_global_is_called() -> None:
    class Exit:
        def __reduce__(self) -> Any:
            return exit, ()

    assert forbidden_globals(pickle.dumps(Exit()), frozenset()) == {"_sitebuiltins.Quitter"}


def test_missing_modules_are_those_of_needed_globals() -> None:
    assert missing_modules(NAMES, ["mylib.Half", "numpy.vectorize", "__main__.Own"]) == ["mylib"]


def test_names_after_a_failing_one_are_in_the_first_message() -> None:
    """set() of a placeholder raises TypeError, so the second global was not read."""
    data = b"cbuiltins\nset\n(cmylib\nHalf\ntR0cmylib\nThird\n."

    with pytest.raises(ArtifactError) as raised:
        estimator.load_estimator("--model", "model.pkl", data)

    assert "--trusted-global mylib.Half --trusted-global mylib.Third" in raised.value.reason
    assert "module not installed: mylib: " in raised.value.reason
