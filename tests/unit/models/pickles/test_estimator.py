"""A pickle is loaded, or rejected with a reason that names its version, its globals or its damage."""

import io
import pickle
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from ml_census.errors import ArtifactError
from ml_census.models.pickles import estimator
from support.harmful_pickles import EVALUATE, evaluating

ROWS, LABELS = [[0.0], [1.0]] * 20, [0, 1] * 20


def dumped(model: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(model, file, **options)
    return file.getvalue()


MODEL = LogisticRegression().fit(ROWS, LABELS)
FOREST = RandomForestClassifier(20, random_state=0).fit(ROWS, LABELS)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("library", [pickle, joblib])
def test_each_pickle_protocol_is_loaded(tmp_path: Path, library: Any, protocol: int) -> None:
    with (tmp_path / "model.pkl").open("wb") as file:
        library.dump(MODEL, file, protocol=protocol)

    loaded = estimator.load_estimator("--model", "model.pkl", (tmp_path / "model.pkl").read_bytes())

    assert loaded.model.predict(ROWS).tolist() == LABELS


OTHER = b"_sklearn_version\x94\x8c\x051.9.1", b"_sklearn_version\x94\x8c\x050.9.1"


def test_version_mismatch_is_reported_before_globals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that another version had are no names to trust."""
    data = dumped(MODEL).replace(*OTHER).replace(b"LogisticRegression", b"LogisticRegressoin")
    assert b"0.9.1" in data

    for any_version, words in (
        (False, "installed is"),
        (True, "no sklearn.linear_model._logistic.LogisticRegressoin"),
    ):
        with pytest.raises(ArtifactError) as raised:
            estimator.load_estimator("model_path", "model.pkl", data, (), any_version)

        assert raised.value.reason.startswith("trained with scikit-learn 0.9.1")
        assert words in raised.value.reason
        assert "trusted_globals" not in raised.value.reason
        assert f"train the model again with scikit-learn {estimator.VERSION}" in raised.value.reason


@pytest.mark.parametrize(
    ("key", "data", "works"),
    [
        ("model_path", dumped(MODEL).replace(*OTHER), True),
        ("--model", dumped(MODEL).replace(*OTHER), False),  # publish has no such key
        ("model_path", dumped(MODEL).replace(*OTHER).replace(b"coef_", b"cofe_"), False),
    ],
    ids=["serve", "publish", "serve what cannot predict"],
)
def test_sklearn_version_mismatch_is_advised_only_where_it_helps(key: str, data: bytes, works: bool) -> None:
    with pytest.raises(ArtifactError) as raised:
        estimator.load_estimator(key, "model.pkl", data)

    assert ("sklearn_version_mismatch: warn" in raised.value.reason) is works


NAMES = b"(lp0\ncmylib\nHalf\nacother.lib\nthing\nacnumpy\nvectorize\nac__main__\nOwn\na."


def test_forbidden_globals_are_listed_with_a_remedy_each() -> None:
    with pytest.raises(ArtifactError) as raised:
        estimator.load_estimator("--model", "model.pkl", NAMES)

    reason = raised.value.reason
    assert "--trusted-global mylib.Half --trusted-global other.lib.thing" in reason
    assert "numpy.vectorize cannot be trusted" in reason
    assert "__main__.Own was defined in a script or notebook" in reason
    for name in ("numpy.vectorize", "__main__.Own"):
        assert f"--trusted-global {name}" not in reason


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3)], ids=["plain", "zlib", "gzip"])
def test_truncated_pickle_is_reported_as_truncated(compress: Any) -> None:
    data = dumped(FOREST, compress=compress)

    for end in range(40, len(data), len(data) // 60):
        with pytest.raises(ArtifactError, match="truncated or damaged"):
            estimator.load_estimator("--model", "model.pkl", data[:end])


@pytest.mark.parametrize(("harm", "reason"), [("bytearray(2**60)", "MemoryError"), ("sys.exit(0)", "SystemExit")])
def test_pickle_that_raises_is_rejected_by_the_exception(harm: str, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        estimator.load_estimator("model_path", "model.pkl", evaluating(harm), [EVALUATE])


class ShortOfMemory(BaseEstimator):
    """An estimator that needs more memory than there is after it was loaded."""

    def fit(self, rows: Any, labels: Any = None) -> "ShortOfMemory":
        self.fitted_ = True
        return self

    def transform(self, rows: Any) -> Any:
        return rows

    @property
    def n_features_in_(self) -> int:
        raise MemoryError


def test_shortage_while_another_version_loads_is_transient() -> None:
    model = make_pipeline(ShortOfMemory(), LogisticRegression()).fit(ROWS, LABELS)
    file = io.BytesIO()
    joblib.dump(model, file)
    data = file.getvalue().replace(b"_sklearn_version\x94\x8c\x051.9.1", b"_sklearn_version\x94\x8c\x050.9.1")

    with pytest.raises(ArtifactError) as raised:
        estimator.load_estimator("model_path", "model.joblib", data, [f"{__name__}.ShortOfMemory"])

    assert raised.value.is_transient
    assert "not enough memory" in raised.value.reason


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_booster_alone_has_the_remedy_in_the_error(library: str) -> None:
    """The training functions of both libraries return a Booster, which knows no classes and takes no DataFrame."""
    columns, target = np.random.default_rng(0).uniform(size=(60, 2)), np.arange(60.0)
    if library == "lightgbm":
        booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(columns, target), 2)
    else:
        booster = xgboost.train({}, xgboost.DMatrix(columns, target), 2)

    with pytest.raises(ArtifactError, match=f"a Booster of {library}, not an estimator: train with its scikit-learn"):
        estimator.load_estimator("--model", "model.pkl", dumped(booster))
