"""Models as scikit-learn fits and pickles them. Importing this module imports scikit-learn."""

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import sklearn
from sklearn.exceptions import InconsistentVersionWarning

from ml_census import introspect, pickled, schema
from ml_census.engine.original import Original
from ml_census.engine.predictor import Predictor
from ml_census.engine.proof import compiled_if_equal
from ml_census.published import ArtifactError, Folder
from ml_census.schema import SchemaError

VERSION: str = sklearn.__version__


class Unpickled(NamedTuple):
    """A model as it came out of its pickle."""

    model: Any
    made_by: str | None
    """The version of scikit-learn that has made it, if it is another than this one."""
    remarks: list[str]
    """What scikit-learn warned of."""


def unpickled(key: str, uri: str, data: bytes, trusted: Iterable[str] = (), any_version: bool = False) -> Unpickled:
    """The model. One that another scikit-learn has made is loaded with `any_version` alone. Raises ArtifactError."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if not any_version:
                warnings.simplefilter("error", InconsistentVersionWarning)
            model = pickled.load(data, trusted)
    except pickled.NotAllowed as error:
        reason = f"{error}; if you trust who made it, list the name under trusted_globals"
        raise ArtifactError(key, uri, reason) from error
    except InconsistentVersionWarning as error:
        made = getattr(error, "original_sklearn_version", "another version")
        reason = f"made by scikit-learn {made}, here is {VERSION}; version_mismatch: warn would load it"
        raise ArtifactError(key, uri, reason) from error
    except (Exception, SystemExit) as error:  # a pickle can raise whatever it likes
        reason = f"scikit-learn {VERSION} cannot load it: {type(error).__name__}: {error}"
        raise ArtifactError(key, uri, reason) from error
    if not callable(getattr(model, "predict", None)):
        raise ArtifactError(key, uri, f"a {type(model).__name__} has no predict")
    messages = [warning.message for warning in caught]
    others = (each.original_sklearn_version for each in messages if isinstance(each, InconsistentVersionWarning))
    return Unpickled(model, next(others, None), list(dict.fromkeys(str(each).splitlines()[0] for each in messages)))


def original(uri: str, model: Any, folder: Folder) -> Original:
    """scikit-learn itself, behind the columns of schema.json or those that it tells. Raises ArtifactError."""
    data = folder.beside("schema.json")
    try:
        return Original(model, introspect.learn(model) if data is None else schema.from_json(data))
    except SchemaError as error:
        raise ArtifactError("model_path", uri if data is None else folder.uri("schema.json"), str(error)) from error
    except Exception as error:  # an estimator that was never fitted, or is none, fails in its own ways
        reason = f"not a fitted scikit-learn model: {type(error).__name__}: {error}"
        raise ArtifactError("model_path", uri, reason) from error


def predictor(uri: str, model: Any, folder: Folder, compile: bool) -> tuple[Predictor, dict[str, Any]]:
    """What serves the model, and what /version says of it. Raises ArtifactError."""
    plain = original(uri, model, folder)
    if not compile:
        return plain, {"kind": "original", "reason": "the configuration says compile: false"}
    return compiled_if_equal(plain)
