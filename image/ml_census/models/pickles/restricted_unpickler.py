"""Unpickle models, but import only allowed classes and functions. An unrestricted pickle can run any code.

https://docs.python.org/3/library/pickle.html#restricting-globals

A global is a class or function that a pickle references as "module.name". A pickle may
reference the globals in allowed_globals.txt (written by ci/generate-allowed-globals.py)
and the globals that an operator trusts. Any other global is forbidden. The unpickler
does not import a forbidden global, and uses a placeholder object in its place. A model
that needs a placeholder to predict is rejected. The error lists all forbidden globals.

This module uses private names of joblib: NumpyUnpickler.find_class,
_validate_fileobject_and_memmap and NumpyArrayWrapper.read_array. The method read_array
must call find_class for each global inside an array of objects. joblib 1.6 does this,
and joblib 1.5 does not.
"""

import _compat_pickle
import io
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import joblib
import numpy as np
from joblib import numpy_pickle
from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap

from ml_census.config import trusted_globals
from ml_census.models.pickles.placeholders import (
    TEXT_MODULE,
    drop_unused_placeholders,
    is_vectorizer,
    placeholder_class,
)

BOOSTERS = {("lightgbm.basic", "Booster"), ("xgboost.core", "Booster")}
"""Allowed classes that open files if they are called. A pickle restores such objects
and cannot call the classes."""


class ForbiddenGlobalError(Exception):
    """Report a pickle that references classes or functions that are neither allowed nor trusted."""

    def __init__(self, names: Iterable[str]) -> None:
        """Store the forbidden classes and functions, each "module.name", in alphabetical order as `names`."""
        self.names = sorted(names)
        super().__init__(", ".join(self.names))


@cache
def allowed_globals() -> frozenset[tuple[str, str]]:
    """Return (module, name) of each class and function in allowed_globals.txt. Any pickle may reference these."""
    lines = (
        resources.files("ml_census.models.pickles")
        .joinpath("allowed_globals.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    return frozenset((module, name) for module, name in (line.split() for line in lines))


def current_name(protocol: int, module: str, name: str) -> tuple[str, str]:
    """Return module and name of a global in Python 3. Pickles of the protocols 0 to 2 have the names of Python 2."""
    if protocol < 3:
        module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return module, name


def restricted_load(data: bytes, trusted: Iterable[str]) -> Any:
    """Return the model that joblib or pickle wrote, compressed or not.

    For a search such as GridSearchCV, the model is its best_estimator_. `trusted` are
    classes and functions that the pickle may reference beside those in
    allowed_globals.txt, each "module.name". Raises ForbiddenGlobalError if the model
    needs any other one, and ReadsFilesError for a text vectorizer that opens files. A
    damaged pickle, or the code of a trusted class, can raise any other exception.
    """
    with _validate_fileobject_and_memmap(io.BytesIO(data), "", None) as (file, _):
        unpickler = _Unpickler(file, frozenset(trusted))
        model = unpickler.load_model()
    if (unpickler.forbidden or unpickler.has_vectorizer) and (names := drop_unused_placeholders(model)):
        raise ForbiddenGlobalError(names)
    return model


class _Unpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
    """An unpickler that imports only allowed and trusted classes and functions."""

    def __init__(self, file: Any, trusted: frozenset[str]) -> None:
        super().__init__("", file, ensure_native_byte_order=True)
        self._trusted = trusted
        self.forbidden: set[str] = set()
        """The forbidden classes and functions that the pickle references, each
        "module.name"."""
        self.has_vectorizer = False

    def load_model(self) -> Any:
        """Return the model, of a search its best_estimator_. Raises ForbiddenGlobalError as restricted_load() does."""
        try:
            model = self.load()
        except Exception as error:
            if self.forbidden:  # a placeholder can cause any exception
                raise ForbiddenGlobalError(self.forbidden) from error
            raise
        return getattr(model, "best_estimator_", model)

    def find_class(self, module: str, name: str) -> Any:
        """Return the class or function `name` of `module` if it is allowed or trusted. Otherwise return a placeholder.

        joblib calls this also for the classes and functions inside arrays of objects.
        """
        module, name = current_name(self.proto, module, name)
        full_name = f"{module}.{name}"
        self.has_vectorizer |= module == TEXT_MODULE
        if (module, name) in BOOSTERS:
            return _restorable(super().find_class(module, name))
        if (module, name) in allowed_globals():
            return super().find_class(module, name)
        if full_name in self._trusted and trusted_globals.rejection_reason(full_name) is None:
            return self._trusted_or_placeholder(full_name, super().find_class(module, name))
        return self._placeholder(full_name)

    def _trusted_or_placeholder(self, full_name: str, target: Any) -> Any:
        """Return a class or function that the operator trusts, unless the name refers to another object."""
        if trusted_globals.object_rejection_reason(target) is not None:
            return self._placeholder(full_name)
        self.has_vectorizer |= is_vectorizer(target)
        return target

    def _placeholder(self, full_name: str) -> type:
        self.forbidden.add(full_name)
        return placeholder_class(full_name)


def _restorable(booster: type) -> type:
    """Return a subclass that an unpickler can restore and cannot call. A restored object has the class `booster`."""

    def __init__(self: Any, *_: Any, **__: Any) -> None:
        raise ForbiddenGlobalError([f"{booster.__module__}.{booster.__name__}"])

    def __setstate__(self: Any, state: Any) -> None:
        self.__class__ = booster
        self.__setstate__(state)

    def __del__(self: Any) -> None:
        """Do nothing. The method of `booster` reads attributes that an object without a state does not have."""

    return type(booster.__name__, (booster,), {f.__name__: f for f in (__init__, __setstate__, __del__)})


def _check_guard() -> None:
    """Raise ImportError if joblib does not call find_class for globals inside arrays of objects (joblib 1.5)."""
    file = io.BytesIO()
    joblib.dump(np.array([ForbiddenGlobalError], dtype=object), file)
    try:
        restricted_load(file.getvalue(), ())
    except ForbiddenGlobalError:
        return
    raise ImportError(f"joblib {joblib.__version__} unpickles arrays of objects unguarded: install joblib>=1.6,<1.7")


_check_guard()
