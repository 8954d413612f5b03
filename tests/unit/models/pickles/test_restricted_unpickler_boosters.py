"""A pickle may restore the models of XGBoost and LightGBM, and may not call their classes that open files."""

import io
import os
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pytest
import xgboost

from ml_census.models.pickles import restricted_unpickler

COLUMNS = np.random.default_rng(0).uniform(size=(60, 3))
MODELS = {
    "XGBClassifier": xgboost.XGBClassifier(n_estimators=2, callbacks=[xgboost.callback.EarlyStopping(rounds=2)]),
    "XGBRegressor": xgboost.XGBRegressor(n_estimators=2),
    "XGBRFClassifier": xgboost.XGBRFClassifier(n_estimators=2),
    "XGBRFRegressor": xgboost.XGBRFRegressor(n_estimators=2),
    "XGBRanker": xgboost.XGBRanker(n_estimators=2),
    "LGBMClassifier": lightgbm.LGBMClassifier(n_estimators=2, verbose=-1),
    "LGBMRegressor": lightgbm.LGBMRegressor(n_estimators=2, verbose=-1),
    "LGBMRanker": lightgbm.LGBMRanker(n_estimators=2, verbose=-1),
}


def dumped(what: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(what, file)
    return file.getvalue()


def fitted(name: str) -> Any:
    labels = (COLUMNS[:, 0] > 0.5).astype(int)
    options: dict[str, Any] = {}
    if name == "XGBClassifier":
        options = {"eval_set": [(COLUMNS, labels)], "verbose": False}
    if name.endswith("Ranker"):
        options = {"group": [30, 30]}
    return MODELS[name].fit(COLUMNS, labels, **options)


@pytest.mark.parametrize("name", MODELS)
def test_booster_is_unpickled(name: str) -> None:
    model = fitted(name)

    again = restricted_unpickler.restricted_load(dumped(model), ())

    booster = again.get_booster() if name.startswith("XGB") else again.booster_
    assert type(booster) in (xgboost.Booster, lightgbm.Booster)
    np.testing.assert_array_equal(again.predict(COLUMNS), model.predict(COLUMNS))


class Call:
    """An object whose pickle calls a function."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __reduce__(self) -> Any:
        return self.function, ()


@pytest.mark.parametrize("booster", [xgboost.Booster, lightgbm.Booster], ids=["xgboost", "lightgbm"])
def test_class_of_a_booster_is_not_called(booster: Any, tmp_path: Path) -> None:
    """The class opens `model_file`. A FIFO without a writer would block the process."""
    os.mkfifo(tmp_path / "model")
    data = pickle.dumps(Call(partial(booster, model_file=str(tmp_path / "model"))))

    with pytest.raises(restricted_unpickler.ForbiddenGlobalError, match="Booster"):
        restricted_unpickler.restricted_load(data, ())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "module"), [("XGBRegressor", "xgboost"), ("LGBMRegressor", "lightgbm")])
def test_missing_library_is_reported_with_its_extra(name: str, module: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    joblib.dump(fitted(name), path)
    program = f"import sys; sys.modules[{module!r}] = None; from ml_census.cli.main import main; main()"

    done = subprocess.run(
        [sys.executable, "-c", program, "publish", "--model", path, "--output", tmp_path / "out"],
        capture_output=True,
        text=True,
    )

    assert f"module not installed: {module}: pip install 'ml-census[{module}]'" in done.stderr
