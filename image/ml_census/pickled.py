"""Unpickle models, and nothing else: a pickle is a program, which may call only what a model is made of.

It may name what allowed_globals.txt lists (made by ci/allowed-globals) and what the configuration trusts, each by its
exact module and name. joblib's private names hold for the pinned version: NumpyUnpickler and its
find_class, _validate_fileobject_and_memmap.
"""

import io
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from joblib import numpy_pickle
from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap


class NotAllowed(Exception):
    """The pickle names what no model is made of."""


@cache
def allowed_globals() -> frozenset[tuple[str, str]]:
    """Module and name of all that a scikit-learn model may name."""
    lines = resources.files("ml_census").joinpath("allowed_globals.txt").read_text(encoding="utf-8").splitlines()
    return frozenset((module, name) for module, name in (line.split() for line in lines))


def load(data: bytes, trusted: Iterable[str]) -> Any:
    """The object that joblib or pickle wrote, compressed or not. `trusted` are more names, each "module.name".

    Raises NotAllowed before what is named is imported, and whatever a broken pickle raises.
    """
    names = allowed_globals() | {(module, name) for module, _, name in (each.rpartition(".") for each in trusted)}
    with _validate_fileobject_and_memmap(io.BytesIO(data), "", None) as (file, _):
        return _Unpickler(file, names).load()


class _Unpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
    def __init__(self, file: Any, names: frozenset[tuple[str, str]]) -> None:
        super().__init__("", file, ensure_native_byte_order=True)
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        """Also asked for what is named inside arrays of objects."""
        if (module, name) not in self._names:
            raise NotAllowed(f"it names {module}.{name}, of which no scikit-learn model is made")
        return super().find_class(module, name)
