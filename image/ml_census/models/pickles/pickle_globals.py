"""List the classes and functions that a pickle references. No module of the pickle is imported."""

import contextlib
import io
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from joblib import numpy_pickle
from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap

from ml_census.config import trusted_globals
from ml_census.models.pickles.placeholders import placeholder_class
from ml_census.models.pickles.restricted_unpickler import allowed_globals, current_name

READ_BY_JOBLIB = ("joblib", "numpy")
"""Packages whose allowed globals are imported: joblib reads the arrays inside a pickle
with them."""


def forbidden_globals(data: bytes, trusted: frozenset[str]) -> set[str]:
    """Return all globals of a pickle ("module.name") that are neither allowed nor trusted.

    `data` is the content of the file. The result can contain globals that the model
    does not need to predict. After a damaged part of the pickle, globals are missing in
    the result.
    """
    names = {(module, name) for module, name in references(data)} - allowed_globals()
    return {f"{module}.{name}" for module, name in names} - trusted


def missing_modules(data: bytes, needed: Iterable[str]) -> list[str]:
    """Return the packages that the pickle needs and that are not installed, in alphabetical order.

    The pickle needs all allowed globals that the pickle references, and the globals in
    `needed`, each "module.name".
    """
    allowed = {f"{module}.{name}" for module, name in allowed_globals().intersection(references(data))}
    trustable = {name for name in needed if trusted_globals.rejection_reason(name) is None}
    packages = {name.partition(".")[0] for name in allowed | trustable}
    return sorted(package for package in packages if find_spec(package) is None)


def references(data: bytes) -> list[tuple[str, str]]:
    """Return (module, name) of each global in the order of the pickle."""
    with _validate_fileobject_and_memmap(io.BytesIO(data), "", None) as (file, _):
        unpickler = _ListingUnpickler(file)
        with contextlib.suppress(Exception):  # a damaged pickle: the names before the damage are known
            unpickler.load()
    return unpickler.references


class _ListingUnpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
    """An unpickler that collects all globals, and uses placeholders in place of the classes and functions."""

    def __init__(self, file: Any) -> None:
        super().__init__("", file, ensure_native_byte_order=True)
        self.references: list[tuple[str, str]] = []

    def find_class(self, module: str, name: str) -> Any:
        """Return a placeholder, or the class itself if joblib needs it to read an array."""
        module, name = current_name(self.proto, module, name)
        self.references.append((module, name))
        if module.partition(".")[0] in READ_BY_JOBLIB and (module, name) in allowed_globals():
            return super().find_class(module, name)
        return placeholder_class(f"{module}.{name}")
