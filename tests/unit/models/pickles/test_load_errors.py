"""The reason for a rejected pickle says what the author of the model can do."""

import errno
import pickle
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from ml_census.models.pickles.load_errors import (
    forbidden_globals_reason,
    load_error_reason,
    missing_modules_reason,
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
        (PICKLE, AttributeError("no attribute tree_"), "scikit-learn 1.9.0 cannot load it: AttributeError"),
    ],
    ids=["cut", "damaged", "text", "other"],
)
def test_reason_follows_the_exception_and_the_start(data: bytes, error: Exception, reason: str) -> None:
    assert reason in load_error_reason(data, error, "1.9.0")


def test_trustable_globals_have_the_options_to_repeat() -> None:
    assert forbidden_globals_reason(["mylib.Half", "mylib.Third"]).endswith(
        "repeat the command with --trusted-global mylib.Half --trusted-global mylib.Third; "
        "a config.yaml needs trusted_globals: [mylib.Half, mylib.Third], or model_sha256 of a published manifest.json"
    )


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        (["imblearn"], "module not installed: imblearn: pip install imbalanced-learn"),
        (["xgboost"], "module not installed: xgboost: pip install 'ml-census[xgboost]'"),
        (
            ["imblearn", "mylib", "skopt"],
            "modules not installed: imblearn, mylib, skopt: pip install imbalanced-learn scikit-optimize; "
            "install mylib beside the server, or add its folder to PYTHONPATH",
        ),
    ],
    ids=["package", "extra", "several"],
)
def test_missing_module_has_a_command_if_its_package_is_known(modules: list[str], reason: str) -> None:
    assert missing_modules_reason(modules) == reason


def test_global_that_runs_any_code_has_no_remedy_of_trust() -> None:
    reason = forbidden_globals_reason(["builtins.eval"])

    assert "builtins.eval cannot be trusted" in reason
    assert "--trusted-global" not in reason


@pytest.mark.parametrize("library", ["cloudpickle", "dill"])
def test_code_in_a_pickle_is_moved_to_a_module(library: str) -> None:
    reason = forbidden_globals_reason([f"{library}.loads", "mylib.Half"])

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
