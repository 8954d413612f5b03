"""Unpickle models, and nothing else: a pickle is a program, which may call only what a model is made of.

A pickle may use the names in allowed_globals.txt (made by ci/generate-allowed-globals.py) and those that an operator
trusts. Any other name is replaced by a placeholder that does nothing. Placeholders in attributes that prediction does
not read are dropped; with any other the model is refused, and the error lists all names. The guard rests on joblib's
private names NumpyUnpickler, its find_class, and _validate_fileobject_and_memmap, and on
NumpyArrayWrapper.read_array, which must read arrays of objects by the same find_class: joblib 1.6 does, 1.5 does not.
"""

import _compat_pickle
import io
import pickle
import pickletools
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import joblib
import numpy as np
from joblib import numpy_pickle
from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap

from ml_census.config import trusted_globals
from ml_census.engine.sklearn_internals import PICKLED_VERSION_KEY, UNUSED_BY_PREDICT

UNUSED = UNUSED_BY_PREDICT | frozenset(
    "scorer_ scoring memory cv cv_results_ param_distributions param_grid best_params_".split()
)
"""Attributes of scikit-learn's estimators that prediction does not read."""
TEXTS = "sklearn.feature_extraction.text"
BLOCK = 1024**2


class ForbiddenGlobalError(Exception):
    """The pickle uses names that no scikit-learn model is made of."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__(", ".join(self.names))


class ReadsFilesError(Exception):
    """A vectorizer of texts takes these for paths: clients could read the server's files."""


@cache
def allowed_globals() -> frozenset[tuple[str, str]]:
    """Return module and name of all that a scikit-learn model may name."""
    lines = resources.files("ml_census.models").joinpath("allowed_globals.txt").read_text(encoding="utf-8").splitlines()
    return frozenset((module, name) for module, name in (line.split() for line in lines))


def restricted_load(data: bytes, trusted: Iterable[str]) -> Any:
    """Return the model that joblib or pickle wrote, compressed or not; of a search, its best_estimator_.

    `trusted` are more names, each "module.name". Raises ForbiddenGlobalError before a name that is not allowed
    is imported, ReadsFilesError, and any exception that a broken pickle leads to.
    """
    with _validate_fileobject_and_memmap(io.BytesIO(data), "", None) as (file, _):
        unpickler = _Unpickler(file, frozenset(trusted))
        try:
            model = unpickler.load()
        except ForbiddenGlobalError:
            raise
        except Exception as error:
            if unpickler.refused:  # what is built of placeholders fails in many ways
                raise ForbiddenGlobalError(unpickler.refused) from error
            raise
    model = getattr(model, "best_estimator_", model)
    if (unpickler.refused or unpickler.takes_texts) and (left := _placeholders(model)):
        raise ForbiddenGlobalError(left)
    return model


def sklearn_version(data: bytes) -> str | None:
    """Return the version of scikit-learn that wrote the pickle, if the pickle says so. Nothing is unpickled.

    Raises any exception that a broken compressed file leads to.
    """
    with _validate_fileobject_and_memmap(io.BytesIO(data), "", None) as (file, _):
        held = b""
        while block := file.read(BLOCK):
            held += block
            if (at := held.find(PICKLED_VERSION_KEY)) >= 0:
                return _text(held[at + len(PICKLED_VERSION_KEY) :] + file.read(64))
            held = held[-len(PICKLED_VERSION_KEY) :]
    return None


def _text(after: bytes) -> str | None:
    """Return the text that follows a key in a pickle's dict."""
    try:
        for opcode, argument, _ in pickletools.genops(after.removeprefix(b"\n")):
            if isinstance(argument, str):
                return argument
            if opcode.name not in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
                break
    except ValueError:
        pass
    return None


class _Unpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
    def __init__(self, file: Any, trusted: frozenset[str]) -> None:
        super().__init__("", file, ensure_native_byte_order=True)
        self._trusted = trusted
        self.refused: set[str] = set()
        self.takes_texts = False

    def find_class(self, module: str, name: str) -> Any:
        """Return the object, or a placeholder. Also asked for the names inside arrays of objects."""
        if self.proto < 3:  # Python 2's names
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        full = f"{module}.{name}"
        self.takes_texts |= module == TEXTS
        if (module, name) in allowed_globals():
            return super().find_class(module, name)
        if full in self._trusted and trusted_globals.rejection_reason(full) is None:
            found = super().find_class(module, name)
            if trusted_globals.object_rejection_reason(found) is None:
                self.takes_texts |= _is_vectorizer(found)
                return found
        self.refused.add(full)
        return type("Placeholder", (_Placeholder,), {"name": full})


class _Placeholder:
    """Stands for an object whose name is not allowed: it takes what a pickle does to objects, and does nothing."""

    name: str

    def __new__(cls, *_: Any, **__: Any) -> "_Placeholder":
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> "_Placeholder":
        return self

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    append = extend = add = __call__


def _placeholders(model: Any) -> set[str]:
    """Drop the placeholders that prediction does not use; return the names of the others."""
    found: set[str] = set()
    _Walk(found).dump(model)
    return found


class _Walk(pickle.Pickler):
    """Visits all objects of a model as a pickler does."""

    def __init__(self, found: set[str]) -> None:
        super().__init__(_Nowhere())
        self._found = found

    def persistent_id(self, each: Any) -> Any:
        """Called for each object. A result other than None keeps the pickler from looking into it."""
        if isinstance(each, _Placeholder) or (isinstance(each, type) and issubclass(each, _Placeholder)):
            self._found.add(each.name)
            return 0
        if isinstance(each, np.ndarray) and not each.dtype.hasobject:
            return 0
        if _is_vectorizer(type(each)) and getattr(each, "input", "content") != "content":
            raise ReadsFilesError(f"{type(each).__name__}(input={each.input!r})")
        if type(each).__module__.startswith("sklearn."):
            for name in UNUSED & getattr(each, "__dict__", {}).keys():
                if _placeholders(each.__dict__[name]):
                    del each.__dict__[name]
                    if not hasattr(each, name):
                        setattr(each, name, None)
        return None


def _is_vectorizer(kind: Any) -> bool:
    """Return whether this is a vectorizer of texts, or a class made from one."""
    return any(base.__module__ == TEXTS for base in getattr(kind, "__mro__", ()))


class _Nowhere(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)


def _check_guard() -> None:
    """Raise ImportError unless names inside arrays of objects are refused: joblib 1.5 reads these past find_class."""
    file = io.BytesIO()
    joblib.dump(np.array([ForbiddenGlobalError], dtype=object), file)
    try:
        restricted_load(file.getvalue(), ())
    except ForbiddenGlobalError:
        return
    raise ImportError(f"joblib {joblib.__version__} unpickles arrays of objects unguarded: install joblib>=1.6,<1.7")


_check_guard()
