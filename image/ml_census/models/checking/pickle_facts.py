"""Facts of a pickled model. The import of this module imports scikit-learn."""

import sys
import timeit
from dataclasses import replace
from typing import Any

from ml_census.config import Config, trusted_globals
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.errors import ArtifactError
from ml_census.models.checking.facts import Globals, ModelCheck
from ml_census.models.manifest import ModelFolder
from ml_census.models.pickles import estimator, pickle_globals
from ml_census.models.pickles.pickle_version import sklearn_version
from ml_census.models.pickles.predictor_factory import sklearn_predictor

BASE_PACKAGES = sys.stdlib_module_names | {"joblib", "numpy", "scipy", "__builtin__", "copy_reg"}
"""Packages that nearly each pickle references."""


def load(facts: ModelCheck, config: Config, data: bytes) -> tuple[ModelCheck, Any]:
    """Return the facts of the pickle and its fitted estimator, or the facts with a problem and None.

    `data` is the content of the file.
    """
    start = timeit.default_timer()
    try:
        loaded = estimator.load_estimator("--model", config.model_path, data, config.trusted_globals)
    except ArtifactError as error:
        names = estimator.forbidden_names(data, config.trusted_globals, error)
        missing = pickle_globals.missing_modules(data, [*names, *config.trusted_globals])
        return replace(_about_file(facts, data), problem=error.reason, globals=_globals(names, missing)), None
    seconds = timeit.default_timer() - start
    return replace(_about_file(facts, data), load_seconds=seconds, estimator=describe(loaded.model)), loaded.model


def compile_model(config: Config, folder: ModelFolder, model: Any) -> tuple[SklearnPredictor, Predictor, EngineInfo]:
    """Return the predictor that calls scikit-learn, the predictor that a server uses, and the engine of the latter.

    Raises ArtifactError if the columns of the model cannot be read.
    """
    original = sklearn_predictor(config.model_path, model, folder)
    return original, *compile_and_verify(original)


def describe(model: Any) -> str:
    """Return the class of an estimator, and the classes of the steps of a pipeline."""
    steps = [type(step).__name__ for _name, step in getattr(model, "steps", ())]
    return type(model).__name__ + (f" of {', '.join(steps)}" if steps else "")


def _about_file(facts: ModelCheck, data: bytes) -> ModelCheck:
    try:
        version = sklearn_version(data)
        packages = {module.partition(".")[0] for module, _name in pickle_globals.references(data)}
    except Exception:  # the file is no pickle, or damaged: the problem says so
        return facts
    return replace(facts, sklearn_version=version, packages=tuple(sorted(packages - BASE_PACKAGES)))


def _globals(names: list[str], missing: list[str]) -> Globals:
    can_be_trusted = {name: trusted_globals.rejection_reason(name) is None for name in names}
    return Globals(
        tuple(name for name in names if can_be_trusted[name]),
        tuple(name for name in names if not can_be_trusted[name]),
        tuple(missing),
    )
