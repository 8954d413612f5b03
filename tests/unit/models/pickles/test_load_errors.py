"""The reason for a rejected pickle says what the author of the model can do."""

import errno
import pickle
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from ml_census.models.pickles.load_errors import (
    forbidden_globals_reason,
    load_error_reason,
    no_predict_reason,
    to_artifact_error,
)

PICKLE = pickle.dumps([1])


@pytest.mark.parametrize(
    ("error", "is_transient"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOSPC, "no space"), True),
        (OSError(errno.EMFILE, "too many open files"), True),
        (OSError(errno.EACCES, "permission denied"), False),
        (ValueError("damaged"), False),
    ],
    ids=["memory", "space", "open-files", "permission", "damage"],
)
def test_shortage_is_transient_and_damage_is_not(error: Exception, is_transient: bool) -> None:
    assert to_artifact_error("model_path", "model.pkl", error, "a reason").is_transient is is_transient


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        (PICKLE, EOFError("Ran out of input"), "truncated or damaged"),
        (PICKLE, pickle.UnpicklingError("invalid load key"), "truncated or damaged"),
        (b"text", pickle.UnpicklingError("invalid load key"), "not a pickle, or a damaged one"),
        (PICKLE, ModuleNotFoundError("No module", name="mylib"), "the module mylib is not installed"),
        (PICKLE, ModuleNotFoundError("No module", name="xgboost"), "install the extra ml-census[xgboost]"),
        (PICKLE, AttributeError("no attribute tree_"), "scikit-learn 1.9.0 cannot load it: AttributeError"),
    ],
    ids=["cut", "damaged", "text", "module", "extra", "other"],
)
def test_reason_follows_the_exception_and_the_start(data: bytes, error: Exception, reason: str) -> None:
    assert reason in load_error_reason(data, error, "1.9.0")


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("--model", "publish it with --trusted-global mylib.Half"),
        ("model_path", "add mylib.Half to trusted_globals"),
    ],
)
def test_trustable_global_is_trusted_where_the_key_is_read(key: str, remedy: str) -> None:
    assert remedy in forbidden_globals_reason(key, ["mylib.Half"])


def test_global_that_runs_any_code_has_no_remedy_of_trust() -> None:
    reason = forbidden_globals_reason("--model", ["builtins.eval"])

    assert "builtins.eval cannot be trusted" in reason
    assert "--trusted-global" not in reason


@pytest.mark.parametrize("library", ["cloudpickle", "dill"])
def test_code_in_a_pickle_is_moved_to_a_module(library: str) -> None:
    reason = forbidden_globals_reason("--model", [f"{library}.loads", "mylib.Half"])

    assert "move the function into a module" in reason


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        ({"model": LogisticRegression()}, "dump the model alone"),
        ([LogisticRegression()], "dump the model alone"),
        ({"columns": ["a"]}, ""),
    ],
    ids=["dict", "list", "no-model"],
)
def test_container_of_a_model_is_named(model: Any, remedy: str) -> None:
    reason = no_predict_reason(model)

    assert reason.startswith(f"a {type(model).__name__} has no predict")
    assert reason.endswith(remedy)
    assert ("contains a model" in reason) == bool(remedy)
