"""Models as scikit-learn fits and pickles them. Importing this module imports scikit-learn."""

import io
import warnings
from typing import Any

import joblib
import sklearn

from ml_census import introspect, schema
from ml_census.engine.original import Original
from ml_census.engine.predictor import Predictor
from ml_census.engine.proof import compiled_if_equal
from ml_census.published import ArtifactError, Folder
from ml_census.schema import SchemaError

VERSION: str = sklearn.__version__


def unpickled(key: str, uri: str, pickled: bytes) -> tuple[Any, list[str]]:
    """The model, and what scikit-learn remarks on it, such as another version's. Raises ArtifactError."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = joblib.load(io.BytesIO(pickled))
    except (Exception, SystemExit) as error:  # a pickle can raise whatever it likes
        reason = f"scikit-learn {VERSION} cannot load it: {type(error).__name__}: {error}"
        raise ArtifactError(key, uri, reason) from error
    if not callable(getattr(model, "predict", None)):
        raise ArtifactError(key, uri, f"a {type(model).__name__} has no predict")
    return model, list(dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught))


def predictor(uri: str, model: Any, folder: Folder, compile: bool) -> tuple[Predictor, dict[str, Any]]:
    """What serves the model, and what /version says of it. Raises ArtifactError."""
    data = folder.beside("schema.json")
    try:
        original = Original(model, introspect.learn(model) if data is None else schema.from_json(data))
    except SchemaError as error:
        raise ArtifactError("model_path", uri if data is None else folder.uri("schema.json"), str(error)) from error
    except Exception as error:  # an estimator that was never fitted, or is none, fails in its own ways
        reason = f"not a fitted scikit-learn model: {type(error).__name__}: {error}"
        raise ArtifactError("model_path", uri, reason) from error
    if not compile:
        return original, {"kind": "original", "reason": "the configuration says compile: false"}
    return compiled_if_equal(original)
