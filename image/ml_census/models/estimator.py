"""Models as scikit-learn fits and pickles them. Importing this module imports scikit-learn."""

import errno
import lzma
import pickle
import re
import warnings
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import sklearn
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from ml_census.config import trusted_globals
from ml_census.engine import probe
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor, predict_example
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.errors import ArtifactError
from ml_census.models import foreign_files, restricted_unpickler, schema_inference
from ml_census.models.manifest import ModelFolder
from ml_census.schema import Schema, SchemaError, schema_from_json
from ml_census.storage import json_file

VERSION: str = sklearn.__version__
CUT = re.compile("truncated|end-of-stream|EOF|: index out of range|requires a buffer|incomplete")
"""In the texts of errors: the unpickler read past the end of the file."""
PICKLED = re.compile(rb"\x80[\x02-\x05]|\x1f\x8b|x[\x01\x5e\x9c\xda]|BZh|\xfd7zXZ|\x5d\0\0")
"""How a pickle begins, and one that joblib has compressed. An error that follows is of damage."""
SHORT = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
"""Errors that say nothing of the file: space, memory, processes or open files are short."""


class LoadedEstimator(NamedTuple):
    """A model as it came out of its pickle."""

    model: Any
    made_by: str | None
    """The version of scikit-learn that has made it, if it is another than this one."""
    remarks: list[str]
    """What scikit-learn warned of."""


def load_estimator(
    key: str, uri: str, data: bytes, trusted: Iterable[str] = (), any_version: bool = False
) -> LoadedEstimator:
    """Return the model. One that another scikit-learn has made is loaded with `any_version` only.

    `key` is the key of the configuration or the option that names the model. Raises ArtifactError.
    """
    if kind := foreign_files.kind_of(data):
        raise ArtifactError(key, uri, f"not a pickle but {kind}")
    try:
        made = restricted_unpickler.version(data)
    except Exception as error:
        raise _refusal(key, uri, error, _damaged(data, error)) from error
    if made in (None, VERSION) or any_version:
        model, remarks = _load(key, uri, data, trusted, made)
        nested = next((remark for remark in remarks if isinstance(remark, InconsistentVersionWarning)), None)
        if nested is None or any_version:
            others = made if made not in (None, VERSION) else nested and nested.original_sklearn_version
            texts = (str(remark).splitlines()[0] for remark in remarks)
            return LoadedEstimator(model, others, list(dict.fromkeys(texts)))
        made = nested.original_sklearn_version
    reason = (
        f"made by scikit-learn {made}, this is {VERSION}: fit the model with scikit-learn {VERSION} and dump it again"
    )
    if key == "model_path" and _answers(key, uri, data, trusted):
        reason += "; or set sklearn_version_mismatch: warn, by which this file loads and answers a row"
    raise ArtifactError(key, uri, reason)


def _load(key: str, uri: str, data: bytes, trusted: Iterable[str], made: str | None) -> tuple[Any, list[Any]]:
    """Return the model and the warnings of scikit-learn. Raises ArtifactError."""
    by = f"made by scikit-learn {made}: " if made not in (None, VERSION) else ""
    again = f"; fit the model with scikit-learn {VERSION} and dump it again" if by else ""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = restricted_unpickler.load(data, trusted)
    except restricted_unpickler.ForbiddenGlobalError as error:
        reason = f"scikit-learn {VERSION} has no {error}{again}" if by else _not_allowed(key, error.names)
        raise ArtifactError(key, uri, by + reason) from error
    except restricted_unpickler.ReadsFilesError as error:
        reason = f"its {error} takes the texts of clients for paths of files to open: fit it with input='content'"
        raise ArtifactError(key, uri, reason) from error
    except (Exception, SystemExit) as error:  # a pickle can raise any exception
        raise _refusal(key, uri, error, f"{by}{_damaged(data, error)}{again}") from error
    if isinstance(model, type):
        raise ArtifactError(key, uri, f"the class {model.__name__}, not a model: fit one, and dump that")
    if not callable(getattr(model, "predict", None)):
        raise ArtifactError(key, uri, _no_predict(model))
    if _is_unfitted(model):
        raise ArtifactError(key, uri, f"the {type(model).__name__} was never fitted: call fit, then dump it")
    return model, [warning.message for warning in caught]


def _no_predict(model: Any) -> str:
    reason = f"a {type(model).__name__} has no predict"
    if hasattr(model, "best_estimator_") or getattr(model, "refit", True) is False:
        return f"{reason}: fit it with refit=True, or dump the estimator that is to be served"
    members = model.values() if isinstance(model, dict) else model if isinstance(model, list | tuple) else ()
    if any(callable(getattr(member, "predict", None)) for member in members):
        return f"{reason}, but holds a model: dump the model alone"
    return reason


def _is_unfitted(model: Any) -> bool:
    try:
        check_is_fitted(model)
    except NotFittedError:
        return True
    except Exception:  # estimators of other packages keep to no rules
        return False
    return False


def _not_allowed(key: str, names: list[str]) -> str:
    """Return the reason for names that are not allowed: what each kind needs, all at once."""
    reasons = {name: trusted_globals.rejection_reason(name) for name in names}
    own = [name for name in names if reasons[name] is None]
    scripts = [name for name in names if name.startswith("__main__.")]
    others = [name for name in names if name not in own + scripts]
    parts = []
    if any(name.startswith(("cloudpickle.", "dill.")) for name in names):
        return (
            "it holds a function by value, as cloudpickle and dill store lambdas and functions of scripts, and the "
            "server runs no code out of a pickle: move the function into a module that is installed beside the server"
        )
    if scripts:
        parts.append(
            f"{', '.join(scripts)} was defined in a script or notebook: move it into a module that is installed beside "
            "the server, fit and dump again"
        )
    if others:
        parts.append(
            f"{', '.join(others)} can be part of no model, since a pickle could reach anything by it: wrap what you "
            "need of it in a class or function of your own module"
        )
    if own:
        option = " ".join(f"--trusted-global {name}" for name in own)
        setting = f"trusted_globals: [{', '.join(own)}]"
        parts.append(
            f"{', '.join(own)} is of no package that the server knows: if you trust who made the model, "
            + (
                f"publish it with {option}"
                if key == "--model"
                else f"set {setting}, or publish it with {option} and set model_sha256 to the hash of its manifest.json"
            )
        )
    return "the pickle uses names that are not allowed: " + "; ".join(parts)


def _refusal(key: str, uri: str, error: BaseException, reason: str) -> ArtifactError:
    """Return the error for a model that cannot be used; what says nothing of the model is transient."""
    if isinstance(error, MemoryError):
        return ArtifactError(key, uri, "not enough memory to load it (MemoryError)", is_transient=True)
    return ArtifactError(key, uri, reason, is_transient=isinstance(error, OSError) and error.errno in SHORT)


def _damaged(data: bytes, error: BaseException) -> str:
    """Return the reason for a pickle that does not load."""
    text = f"{type(error).__name__}: {error}"
    of_the_machine = isinstance(error, pickle.UnpicklingError | LookupError | ValueError)
    is_cut = isinstance(error, EOFError | zlib.error | lzma.LZMAError) or CUT.search(text)
    if is_cut or (of_the_machine and PICKLED.match(data)):
        return f"the file is cut off or damaged ({len(data)} bytes): copy it again and compare its SHA-256"
    if of_the_machine:
        return "not a pickle, or a damaged one: dump the fitted scikit-learn model with joblib.dump"
    if isinstance(error, ModuleNotFoundError):
        return f"it needs the module {error.name}, which is not installed here: install it beside the server"
    return f"scikit-learn {VERSION} cannot load it: {text}"


def _answers(key: str, uri: str, data: bytes, trusted: Iterable[str]) -> bool:
    """Whether a model of another scikit-learn loads here, and answers a row made from its columns."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = _load(key, uri, data, trusted, None)[0]
            predict_example(SklearnPredictor(model, learnt(model)))
    except MemoryError as error:
        raise _refusal(key, uri, error, "") from error
    except ArtifactError as error:
        if error.is_transient:
            raise
        return False
    except Exception:
        return False
    return True


def learnt(model: Any) -> Schema:
    """The columns that the model tells of, and what its predictions tell of the others. Raises SchemaError."""
    return probe.probe_schema(model, schema_inference.infer_schema(model))


def with_dtypes(model: Any, given: Schema) -> Schema:
    """The schema with the dtypes that the model tells of, where the schema names none."""
    try:
        told = {column.name: column.dtype for column in schema_inference.infer_schema(model).columns if column.dtype}
    except Exception:  # the schema was given since the model does not tell its columns
        return given
    columns = (replace(column, dtype=column.dtype or told.get(column.name)) for column in given.columns)
    return Schema(tuple(columns), given.form)


def original(uri: str, model: Any, folder: ModelFolder) -> SklearnPredictor:
    """Return scikit-learn's model with the columns of schema.json, or those it tells. Raises ArtifactError."""
    data = folder.read_optional("schema.json")
    try:
        given = None if data is None else schema_from_json(json_file.parse(data))
        plain = SklearnPredictor(model, learnt(model) if given is None else with_dtypes(model, given))
    except (SchemaError, json_file.JsonError) as error:
        raise ArtifactError("model_path", uri if data is None else folder.uri("schema.json"), str(error)) from error
    except Exception as error:  # estimators of other packages fail in their own ways
        reason = f"its columns cannot be read from it: {type(error).__name__}: {error}"
        raise _refusal("model_path", uri, error, reason) from error
    return plain


def predictor(uri: str, model: Any, folder: ModelFolder, compile: bool) -> tuple[Predictor, EngineInfo]:
    """What serves the model, and what /version says of it. Raises ArtifactError."""
    plain = original(uri, model, folder)
    if not compile:
        return plain, EngineInfo("sklearn", reason="the configuration says compile: false")
    return compile_and_verify(plain)
