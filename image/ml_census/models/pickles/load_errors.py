"""Error messages for rejected pickles: the reason, and what the author of the model can do."""

import errno
import lzma
import pickle
import re
import zlib
from collections.abc import Sequence
from typing import Any

from ml_census.config import trusted_globals
from ml_census.errors import ArtifactError

TRUNCATED = re.compile("truncated|end-of-stream|EOF|: index out of range|requires a buffer|incomplete")
"""Regular expression for the text of an exception that a truncated file causes."""
PICKLE_START = re.compile(rb"\x80[\x02-\x05]|\x1f\x8b|x[\x01\x5e\x9c\xda]|BZh|\xfd7zXZ|\x5d\0\0")
"""Regular expression for the first bytes of a pickle, plain or compressed by joblib."""
SHORTAGES = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
"""Values of OSError.errno for a lack of disk space, memory, processes or file
descriptors."""
PACKAGES = {
    "catboost": "catboost",
    "category_encoders": "category_encoders",
    "feature_engine": "feature-engine",
    "imblearn": "imbalanced-learn",
    "lightgbm": "'ml-census[lightgbm]'",
    "mlxtend": "mlxtend",
    "ngboost": "ngboost",
    "sklego": "scikit-lego",
    "skopt": "scikit-optimize",
    "skrub": "skrub",
    "sksurv": "scikit-survival",
    "statsmodels": "statsmodels",
    "xgboost": "'ml-census[xgboost]'",
}
"""Module -> the package or the extra of ml-census that pip installs."""

CODE_REMEDY = (
    "cloudpickle and dill store lambdas and functions of scripts as code, which the server does not run: "
    "move the function into a module that is installed beside the server"
)

SCRIPT_REMEDY = (
    "was defined in a script or notebook: move it into a module that is installed beside the server, fit and dump again"
)
UNTRUSTED_REMEDY = (
    "cannot be trusted, since a pickle could run any code by it: call it in a function of your own module instead"
)


def to_artifact_error(key: str, uri: str, error: BaseException, reason: str) -> ArtifactError:
    """Return the ArtifactError for an exception that occurred while a pickle was loaded.

    `reason` is the message, except for a MemoryError. The ArtifactError is transient (a
    later attempt may succeed) for a MemoryError, and for an OSError with an errno in
    SHORTAGES.
    """
    if isinstance(error, MemoryError):
        return ArtifactError(key, uri, "not enough memory to load it (MemoryError)", is_transient=True)
    return ArtifactError(key, uri, reason, is_transient=isinstance(error, OSError) and error.errno in SHORTAGES)


def load_error_reason(data: bytes, error: BaseException, sklearn_version: str) -> str:
    """Return the message for a pickle whose loading raised the exception `error`.

    `data` is the content of the file. `sklearn_version` is the installed version of
    scikit-learn.
    """
    text = f"{type(error).__name__}: {error}"
    is_of_unpickler = isinstance(error, pickle.UnpicklingError | LookupError | ValueError)
    is_truncated = isinstance(error, EOFError | zlib.error | lzma.LZMAError) or TRUNCATED.search(text)
    if is_truncated or (is_of_unpickler and PICKLE_START.match(data)):
        return f"the file is truncated or damaged ({len(data)} bytes): copy it again and compare its SHA-256"
    if is_of_unpickler:
        return "not a pickle, or a damaged one: write the fitted scikit-learn model with joblib.dump"
    return f"scikit-learn {sklearn_version} cannot load it: {text}"


def no_predict_reason(model: Any) -> str:
    """Return the message for an unpickled object that has no method predict, with advice for its author."""
    reason = f"a {type(model).__name__} has no predict"
    if hasattr(model, "best_estimator_") or getattr(model, "refit", True) is False:
        return f"{reason}: fit it with refit=True, or dump the estimator to be served"
    members = model.values() if isinstance(model, dict) else model if isinstance(model, list | tuple) else ()
    if any(callable(getattr(member, "predict", None)) for member in members):
        return f"{reason}, but contains a model: dump the model alone"
    return reason


def missing_modules_reason(modules: Sequence[str]) -> str:
    """Return the message for a pickle that needs modules that are not installed, with the command that installs them.

    A module that is not in PACKAGES has no command: a package of the same name could be
    a package of somebody else.
    """
    packages = " ".join(PACKAGES[module] for module in modules if module in PACKAGES)
    others = ", ".join(module for module in modules if module not in PACKAGES)
    remedies = [f"pip install {packages}"] if packages else []
    remedies += [f"install {others} beside the server, or add its folder to PYTHONPATH"] if others else []
    noun = "module" if len(modules) == 1 else "modules"
    return f"{noun} not installed: {', '.join(modules)}: {'; '.join(remedies)}"


def forbidden_globals_reason(names: Sequence[str], missing: Sequence[str] = ()) -> str:
    """Return the message for a pickle that references forbidden classes or functions, with advice for its author.

    `names` are these classes and functions, each "module.name". `missing` are modules
    that are not installed.
    """
    plural = "s" if len(names) > 1 else ""
    remedies = _remedies(names) + ([missing_modules_reason(missing)] if missing else [])
    return f"pickle references forbidden global{plural} {', '.join(names)}; {'; '.join(remedies)}"


def _remedies(names: Sequence[str]) -> list[str]:
    if any(name.startswith(("cloudpickle.", "dill.")) for name in names):
        return [CODE_REMEDY]
    trustable = [name for name in names if trusted_globals.rejection_reason(name) is None]
    scripts = [name for name in names if name.startswith("__main__.")]
    others = [name for name in names if name not in trustable + scripts]
    remedies = []
    if scripts:
        remedies.append(f"{', '.join(scripts)} {SCRIPT_REMEDY}")
    if others:
        remedies.append(f"{', '.join(others)} {UNTRUSTED_REMEDY}")
    if trustable:
        remedies.append(_trust_remedy(trustable))
    return remedies


def _trust_remedy(names: Sequence[str]) -> str:
    options = " ".join(f"--trusted-global {name}" for name in names)
    return (
        f"if you trust the author of the model, repeat the command with {options}; "
        f"a config.yaml needs trusted_globals: [{', '.join(names)}], or model_sha256 of a published manifest.json"
    )
