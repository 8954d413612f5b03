"""Load the estimator of a pickle, and check that the estimator is fitted and has a method predict.

The import of this module imports scikit-learn.
"""

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import sklearn
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from ml_census.engine.predictor import predict_example
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.errors import ArtifactError
from ml_census.models.pickles import foreign_files, load_errors, pickle_globals, restricted_unpickler
from ml_census.models.pickles.pickle_version import sklearn_version
from ml_census.models.pickles.placeholders import ReadsFilesError
from ml_census.models.pickles.predictor_factory import learn_schema

VERSION: str = sklearn.__version__
BOOSTER_REMEDY = "train with its scikit-learn interface, such as XGBClassifier or LGBMRegressor, and dump that model"


class LoadedEstimator(NamedTuple):
    """A fitted estimator from a pickle, and what was found while the pickle was loaded."""

    model: Any
    trained_with_sklearn: str | None
    """The scikit-learn version that wrote the pickle. None: the version is unknown or
    is the installed one."""
    warnings: list[str]
    """Warnings that Python issued while the pickle was loaded, one line each, without
    duplicates."""


def load_estimator(
    key: str, uri: str, data: bytes, trusted: Iterable[str] = (), any_version: bool = False
) -> LoadedEstimator:
    """Return the fitted estimator that a pickle contains. `data` is the content of the pickle.

    `key` is the configuration key or command-line option that names the file. `trusted`
    are classes and functions that the pickle may reference beside those in
    allowed_globals.txt, each "module.name". Raises ArtifactError if `data` is not a
    valid pickle, references a forbidden name, or has no fitted estimator. Unless
    `any_version` is true, raises ArtifactError also for a pickle of another
    scikit-learn version.
    """
    version = _read_version(key, uri, data)
    if version not in (None, VERSION) and not any_version:
        raise _version_error(key, uri, data, trusted, version)
    model, caught = _unpickle(key, uri, data, trusted, version)
    nested = _nested_version(caught)
    if nested and not any_version:
        raise _version_error(key, uri, data, trusted, nested)
    texts = (str(warning).splitlines()[0] for warning in caught)
    return LoadedEstimator(model, nested if version in (None, VERSION) else version, list(dict.fromkeys(texts)))


def _read_version(key: str, uri: str, data: bytes) -> str | None:
    """Return the scikit-learn version in the pickle, or None. Raises ArtifactError if the file is no valid pickle."""
    if format_name := foreign_files.foreign_format(data):
        raise ArtifactError(key, uri, f"not a pickle but {format_name}")
    try:
        return sklearn_version(data)
    except Exception as error:
        reason = load_errors.load_error_reason(data, error, VERSION)
        raise load_errors.to_artifact_error(key, uri, error, reason) from error


def _nested_version(caught: list[Warning]) -> str | None:
    """Return the version of an estimator inside the model, which may be another one than that of the model."""
    others = (each.original_sklearn_version for each in caught if isinstance(each, InconsistentVersionWarning))
    return next(others, None)


def _version_error(key: str, uri: str, data: bytes, trusted: Iterable[str], version: str | None) -> ArtifactError:
    remedy = f"train the model again with scikit-learn {VERSION}"
    reason = f"trained with scikit-learn {version}, installed is {VERSION}: {remedy}"
    if key == "model_path" and _predicts_a_row(key, uri, data, trusted):
        reason += "; or set sklearn_version_mismatch: warn, with which this file loads and predicts a row"
    return ArtifactError(key, uri, reason)


def _predicts_a_row(key: str, uri: str, data: bytes, trusted: Iterable[str]) -> bool:
    """Return whether a pickle of another version loads and predicts an example row. Raises transient ArtifactErrors."""
    try:
        with warnings.catch_warnings(action="ignore"):
            model, _ = _unpickle(key, uri, data, trusted, None)
            predict_example(SklearnPredictor(model, learn_schema(model)))
    except MemoryError as error:
        raise load_errors.to_artifact_error(key, uri, error, "") from error
    except Exception as error:
        if isinstance(error, ArtifactError) and error.is_transient:
            raise
        return False
    return True


def _unpickle(
    key: str, uri: str, data: bytes, trusted: Iterable[str], version: str | None
) -> tuple[Any, list[Warning]]:
    """Return the model, and the warnings that Python issued while the pickle was loaded. Raises ArtifactError."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = restricted_unpickler.restricted_load(data, trusted)
    except ReadsFilesError as error:
        advice = "fit the vectorizer with input='content'"
        raise ArtifactError(key, uri, f"{error} opens files whose paths are in a request: {advice}") from error
    except (Exception, SystemExit) as error:  # a pickle can raise any exception
        raise _unpickle_error(key, uri, data, trusted, version, error) from error
    _require_fitted_model(key, uri, model)
    return model, [_as_warning(warning) for warning in caught]


def _unpickle_error(
    key: str, uri: str, data: bytes, trusted: Iterable[str], version: str | None, error: BaseException
) -> ArtifactError:
    """Return the error for a pickle that cannot be loaded. The message names `version` if another one is installed."""
    is_other = version not in (None, VERSION)
    origin = f"trained with scikit-learn {version}: " if is_other else ""
    remedy = f"; train the model again with scikit-learn {VERSION}" if is_other else ""
    if isinstance(error, restricted_unpickler.ForbiddenGlobalError):
        unknown = f"{origin}scikit-learn {VERSION} has no {error}{remedy}"
        return ArtifactError(key, uri, unknown if is_other else _forbidden_reason(data, trusted, error))
    if isinstance(error, ModuleNotFoundError):
        missing = pickle_globals.missing_modules(data, trusted) or [str(error.name)]
        return ArtifactError(key, uri, f"{origin}{load_errors.missing_modules_reason(missing)}")
    reason = f"{origin}{load_errors.load_error_reason(data, error, VERSION)}{remedy}"
    return load_errors.to_artifact_error(key, uri, error, reason)


def _forbidden_reason(data: bytes, trusted: Iterable[str], error: BaseException) -> str:
    names = forbidden_names(data, trusted, error)
    return load_errors.forbidden_globals_reason(names, pickle_globals.missing_modules(data, [*names, *trusted]))


def forbidden_names(data: bytes, trusted: Iterable[str], error: BaseException) -> list[str]:
    """Return all forbidden globals of a pickle, each "module.name", in alphabetical order.

    `error` is the error of the pickle, or its ArtifactError. The list is empty if
    forbidden globals did not cause the error.
    """
    cause = error.__cause__ if isinstance(error, ArtifactError) else error
    if not isinstance(cause, restricted_unpickler.ForbiddenGlobalError):
        return []
    # an exception that a placeholder caused ends the unpickler before the end of the
    # pickle
    others = pickle_globals.forbidden_globals(data, frozenset(trusted)) if cause.__cause__ else ()
    return sorted({*cause.names, *others})


def _as_warning(warning: warnings.WarningMessage) -> Warning:
    return warning.message if isinstance(warning.message, Warning) else UserWarning(warning.message)


def _require_fitted_model(key: str, uri: str, model: Any) -> None:
    if isinstance(model, type):
        raise ArtifactError(key, uri, f"the class {model.__name__}, not a model: dump a fitted instance of it")
    if (type(model).__module__, type(model).__name__) in restricted_unpickler.BOOSTERS:
        library = type(model).__module__.partition(".")[0]
        raise ArtifactError(key, uri, f"a Booster of {library}, not an estimator: {BOOSTER_REMEDY}")
    if not callable(getattr(model, "predict", None)):
        raise ArtifactError(key, uri, load_errors.no_predict_reason(model))
    if _is_unfitted(model):
        raise ArtifactError(key, uri, f"the {type(model).__name__} was never fitted: call fit, then dump it")


def _is_unfitted(model: Any) -> bool:
    try:
        check_is_fitted(model)
    except NotFittedError:
        return True
    except Exception:  # an estimator of another package can raise any exception
        return False
    return False
