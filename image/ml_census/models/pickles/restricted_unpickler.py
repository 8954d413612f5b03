"""Unpickle models with a list of allowed globals: a pickle is a program that can call any global that it references.

https://docs.python.org/3/library/pickle.html#restricting-globals

A pickle may reference the globals of allowed_globals.txt (written by ci/generate-allowed-globals.py) and those that an
operator trusts. Any other global becomes a placeholder. A model that needs a placeholder to predict is rejected, and
the error lists all forbidden globals.

The guard uses private names of joblib: NumpyUnpickler with its find_class, _validate_fileobject_and_memmap, and
NumpyArrayWrapper.read_array, which must read arrays of objects by the same find_class: joblib 1.6 does, 1.5 does not.
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


class ForbiddenGlobalError(Exception):
    """Report a pickle that references globals beyond the allowed and the trusted ones."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the globals, each "module.name"."""
        self.names = sorted(names)
        super().__init__(", ".join(self.names))


@cache
def allowed_globals() -> frozenset[tuple[str, str]]:
    """Return module and name of all globals that a scikit-learn model may reference."""
    lines = (
        resources.files("ml_census.models.pickles")
        .joinpath("allowed_globals.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    return frozenset((module, name) for module, name in (line.split() for line in lines))


def restricted_load(data: bytes, trusted: Iterable[str]) -> Any:
    """Return the model that joblib or pickle wrote, compressed or not; of a search, its best_estimator_.

    `trusted` are further allowed globals, each "module.name". A forbidden global is not imported.
    Raises ForbiddenGlobalError, ReadsFilesError, and any exception that a damaged pickle leads to.
    """
    with _validate_fileobject_and_memmap(io.BytesIO(data), "", None) as (file, _):
        unpickler = _Unpickler(file, frozenset(trusted))
        try:
            model = unpickler.load()
        except Exception as error:
            if unpickler.forbidden:  # a placeholder in the place of another object can cause any exception
                raise ForbiddenGlobalError(unpickler.forbidden) from error
            raise
    model = getattr(model, "best_estimator_", model)
    if (unpickler.forbidden or unpickler.has_vectorizer) and (names := drop_unused_placeholders(model)):
        raise ForbiddenGlobalError(names)
    return model


class _Unpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
    """An unpickler that imports only allowed and trusted globals."""

    def __init__(self, file: Any, trusted: frozenset[str]) -> None:
        super().__init__("", file, ensure_native_byte_order=True)
        self._trusted = trusted
        self.forbidden: set[str] = set()
        """The forbidden globals, each "module.name"."""
        self.has_vectorizer = False

    def find_class(self, module: str, name: str) -> Any:
        """Return an allowed or trusted global, or a placeholder. joblib also calls it for arrays of objects."""
        if self.proto < 3:  # these protocols have the names of Python 2
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        full_name = f"{module}.{name}"
        self.has_vectorizer |= module == TEXT_MODULE
        if (module, name) in allowed_globals():
            return super().find_class(module, name)
        if full_name in self._trusted and trusted_globals.rejection_reason(full_name) is None:
            target = super().find_class(module, name)
            if trusted_globals.object_rejection_reason(target) is None:
                self.has_vectorizer |= is_vectorizer(target)
                return target
        self.forbidden.add(full_name)
        return placeholder_class(full_name)


def _check_guard() -> None:
    """Raise ImportError if joblib imports the globals inside arrays of objects without find_class, as 1.5 does."""
    file = io.BytesIO()
    joblib.dump(np.array([ForbiddenGlobalError], dtype=object), file)
    try:
        restricted_load(file.getvalue(), ())
    except ForbiddenGlobalError:
        return
    raise ImportError(f"joblib {joblib.__version__} unpickles arrays of objects unguarded: install joblib>=1.6,<1.7")


_check_guard()
