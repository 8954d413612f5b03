"""Check whether a server can serve a model, and measure the model."""

import tempfile
import timeit
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.errors import ArtifactError
from ml_census.models import loading
from ml_census.models.checking.facts import ColumnFacts, ModelCheck
from ml_census.models.checking.trial_row import find_trial_row
from ml_census.models.location import local_config
from ml_census.models.manifest import MODEL, ModelFolder
from ml_census.storage.snapshot import Snapshot

NO_ROW = "the model predicts no example row: publish it with --golden rows, or with a --schema of the columns' types"


def check(model: Any, trusted: Sequence[str] = ()) -> ModelCheck:
    """Return all facts about a model, also about a model that no server can serve.

    `model` is a path or gs:// URI of a model file, or of the folder of a published
    model, or a fitted estimator. A pickle is loaded as a server loads it: only with
    allowed globals, and with those in `trusted`, each "module.name". Raises MemoryError
    if memory is short.
    """
    if isinstance(model, str | Path):
        return _check_uri(str(model), trusted)
    import joblib

    with tempfile.TemporaryDirectory() as folder:
        joblib.dump(model, Path(folder, MODEL))
        return replace(_check_uri(folder, trusted), uri="")


def _check_uri(uri: str, trusted: Sequence[str]) -> ModelCheck:
    facts = ModelCheck(uri)
    try:
        config = local_config(uri, trusted)
        folder = ModelFolder(config.model_path, Snapshot())
        data = folder.read("--model", config.model_path, config.max_model_bytes)
        facts = replace(facts, bytes=len(data))
        is_published = loading.is_published(config, folder)
        return _check_published(facts, config, folder) if is_published else _check_pickle(facts, config, folder, data)
    except ArtifactError as error:
        return replace(facts, problem=error.reason)


def _check_published(facts: ModelCheck, config: Config, folder: ModelFolder) -> ModelCheck:
    """Return the facts of a model with a compiled form, which is not unpickled. Raises ArtifactError."""
    start = timeit.default_timer()
    model = loading.load_published(config, folder)
    seconds = timeit.default_timer() - start
    facts = replace(facts, load_seconds=seconds, sklearn_version=model.sklearn_version, engine=model.engine)
    facts = _with_trial(facts, model.predictor)
    return replace(facts, compiled_microseconds=_microseconds(facts, model.predictor))


def _check_pickle(facts: ModelCheck, config: Config, folder: ModelFolder, data: bytes) -> ModelCheck:
    """Return the facts of a pickled model."""
    try:
        from ml_census.models.checking import pickle_facts  # imports scikit-learn
    except ImportError as error:
        return replace(facts, problem=f"{error}: pip install 'ml-census[sklearn]'")
    with warnings.catch_warnings(action="ignore"):  # NumPy warns about extreme numbers in the sampled rows
        facts, model = pickle_facts.load(facts, config, data)
        if model is None:
            return facts
        try:
            predictors = pickle_facts.compile_model(config, folder, model)
        except ArtifactError as error:
            return replace(facts, problem=error.reason)
        return _with_times(facts, *predictors)


def _with_times(facts: ModelCheck, original: Predictor, predictor: Predictor, engine: EngineInfo) -> ModelCheck:
    """Return the facts with a trial row, and the times to predict it with scikit-learn and with the compiled form."""
    facts = _with_trial(replace(facts, engine=engine), original)
    compiled = _microseconds(facts, predictor) if engine.kind == "compiled" else None
    return replace(facts, sklearn_microseconds=_microseconds(facts, original), compiled_microseconds=compiled)


def _with_trial(facts: ModelCheck, predictor: Predictor) -> ModelCheck:
    """Return the facts with columns, a row and its prediction, or with a problem if the model predicts no row."""
    facts = replace(facts, columns=tuple(map(ColumnFacts.of, predictor.schema.columns)))
    trial = find_trial_row(predictor)
    if trial is None:
        return replace(facts, problem=NO_ROW)
    return replace(facts, row=trial.row, prediction=trial.prediction)


def _microseconds(facts: ModelCheck, predictor: Predictor) -> float | None:
    """Return the time to predict the row of the facts, or None without a row."""
    if facts.row is None:
        return None
    columns = predictor.schema.validate_rows([facts.row]).columns
    calls, seconds = timeit.Timer(lambda: predictor.predict(columns)).autorange()
    return seconds / calls * 1e6
