"""A pickle may reference the globals of scikit-learn models, and those that the operator trusts."""

import io
import operator
import os
import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import Birch
from sklearn.ensemble import GradientBoostingClassifier, IsolationForest
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, SplineTransformer
from sklearn.svm import SVC

from ml_census.models.pickles import restricted_unpickler
from support.sample_models import SAMPLE_MODELS

ROOT = Path(__file__).parents[4]


def dumped(what: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(what, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", SAMPLE_MODELS)
@pytest.mark.parametrize("compress", [0, 3])
def test_each_sample_model_is_unpickled(kind: str, compress: int) -> None:
    model = SAMPLE_MODELS[kind]().model

    again = restricted_unpickler.restricted_load(dumped(model, compress=compress), ())

    assert type(again) is type(getattr(model, "best_estimator_", model))


@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier(max_iter=5),
        KNeighborsClassifier(algorithm="kd_tree"),
        SVC(),
        SGDClassifier(),
        GradientBoostingClassifier(n_estimators=2),
        GaussianProcessClassifier(),
        make_pipeline(SplineTransformer(), FunctionTransformer(np.log1p), SGDClassifier()),
        Birch(),
        IsolationForest(n_estimators=2),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_model_with_helper_objects_is_unpickled(model: Any) -> None:
    columns = np.random.default_rng(0).uniform(size=(40, 3))
    model.fit(columns, columns[:, 0] > 0.5)

    again = restricted_unpickler.restricted_load(dumped(model), ())

    assert np.array_equal(again.predict(columns), model.predict(columns))


@pytest.mark.slow
def test_allowed_globals_are_those_of_the_generator() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "ci/generate-allowed-globals.py"], capture_output=True, text=True, check=True
    )

    assert (ROOT / "image/ml_census/models/pickles/allowed_globals.txt").read_text() == done.stdout


class Call:
    """An object whose pickle calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def touch(canary: Path) -> str:
    return f"touch {canary}"


EVIL: dict[str, Callable[[Path], bytes]] = {
    "system": lambda canary: dumped(Call(os.system, touch(canary))),
    "plain pickle": lambda canary: pickle.dumps(Call(os.system, touch(canary))),
    "eval": lambda canary: dumped(Call(eval, f"open({str(canary)!r}, 'w')")),
    "exec": lambda canary: dumped(Call(exec, f"open({str(canary)!r}, 'w')")),
    "open": lambda canary: dumped(Call(open, str(canary), "w")),
    "partial": lambda canary: dumped(partial(os.system, touch(canary))),
    "methodcaller": lambda canary: dumped(operator.methodcaller("system", touch(canary))),
    "zlib": lambda canary: zlib.compress(pickle.dumps(Call(os.system, touch(canary)))),
    "compressed": lambda canary: dumped(Call(os.system, touch(canary)), compress=("gzip", 3)),
    "after an array": lambda canary: dumped([np.arange(1000), Call(os.system, touch(canary))]),
    "in an array of objects": lambda canary: dumped(np.array([Call(os.system, touch(canary))], dtype=object)),
    "in a model": lambda canary: dumped(make_pipeline(FunctionTransformer(Call(os.system, touch(canary))))),
    "dotted name": lambda canary: b"\x80\x04\x8c\x0csklearn.base\x8c\x09os.system\x93\x8c"
    + bytes([len(touch(canary))]) + touch(canary).encode() + b"\x85R.",
    "module's import": lambda canary: b"csklearn.base\nwarnings\n.",
    "getattr": lambda canary: b"cbuiltins\ngetattr\n(cbuiltins\nobject\nV__subclasses__\ntR.",
    "old joblib array": lambda canary: b"cjoblib.numpy_pickle_compat\nNDArrayWrapper\n.",
    "f2py": lambda canary: b"cnumpy.f2py.crackfortran\nparam_eval\n.",
    "unknown ufunc": lambda canary: b"cnumpy._core\n_ufunc_reconstruct\n(Vos\nVsystem\ntR.",
}  # fmt: skip


@pytest.mark.parametrize("case", EVIL)
def test_forbidden_global_is_not_called(case: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    data = EVIL[case](canary)

    with pytest.raises(restricted_unpickler.ForbiddenGlobalError, match=r"^[\w.]+"):
        restricted_unpickler.restricted_load(data, ())

    assert not canary.exists()


class OwnEstimator(BaseEstimator):
    """An estimator of a package that the operator has added to the image."""


def test_trusted_global_is_unpickled() -> None:
    name = f"{OwnEstimator.__module__}.OwnEstimator"

    with pytest.raises(restricted_unpickler.ForbiddenGlobalError, match=name):
        restricted_unpickler.restricted_load(dumped(OwnEstimator()), ())
    assert isinstance(restricted_unpickler.restricted_load(dumped(OwnEstimator()), [name]), OwnEstimator)
