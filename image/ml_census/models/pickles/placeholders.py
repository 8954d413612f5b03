"""Placeholders for objects whose globals are forbidden, and their search in an unpickled model.

A model may contain forbidden globals in attributes that prediction does not read, such as a scorer. These are dropped.
"""

import io
import pickle
from typing import Any

import numpy as np

from ml_census.engine.sklearn_internals import UNUSED_BY_PREDICT

UNUSED = UNUSED_BY_PREDICT | frozenset(
    "scorer_ scoring memory cv cv_results_ param_distributions param_grid best_params_".split()
)
"""Attributes of scikit-learn's estimators that prediction does not read."""
TEXT_MODULE = "sklearn.feature_extraction.text"


class ReadsFilesError(Exception):
    """Report a text vectorizer that opens its inputs as files: a client could read files of the server."""


class Placeholder:
    """An object that accepts all operations of an unpickler, and does nothing."""

    name: str
    """The forbidden global, "module.name"."""

    def __new__(cls, *_: Any, **__: Any) -> "Placeholder":
        """Return an instance for any arguments."""
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        """Ignore all arguments."""

    def __call__(self, *_: Any, **__: Any) -> "Placeholder":
        """Return this placeholder."""
        return self

    def __setstate__(self, state: Any) -> None:
        """Ignore the state."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Ignore the item."""

    append = extend = add = __call__


def placeholder_class(name: str) -> type[Placeholder]:
    """Return a class of placeholders for a forbidden global."""
    return type("Placeholder", (Placeholder,), {"name": name})


def drop_unused_placeholders(model: Any) -> set[str]:
    """Set the attributes with placeholders that prediction does not read to their defaults.

    Returns the globals of the other placeholders. Raises ReadsFilesError.
    """
    names: set[str] = set()
    _ModelWalker(names).dump(model)
    return names


def is_vectorizer(target: Any) -> bool:
    """Return whether a class is a text vectorizer of scikit-learn, or derives from one."""
    return any(base.__module__ == TEXT_MODULE for base in getattr(target, "__mro__", ()))


class _ModelWalker(pickle.Pickler):
    """A pickler that visits all objects of a model and writes nothing."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(_NullFile())
        self._names = names

    def persistent_id(self, item: Any) -> Any:
        """Visit an object. A result other than None keeps the pickler from visiting its parts."""
        if isinstance(item, Placeholder) or (isinstance(item, type) and issubclass(item, Placeholder)):
            self._names.add(item.name)
            return 0
        if isinstance(item, np.ndarray) and not item.dtype.hasobject:
            return 0
        if is_vectorizer(type(item)) and getattr(item, "input", "content") != "content":
            raise ReadsFilesError(f"{type(item).__name__}(input={item.input!r})")
        if type(item).__module__.startswith("sklearn."):
            _drop_unused(item)
        return None


def _drop_unused(estimator: Any) -> None:
    for name in UNUSED & getattr(estimator, "__dict__", {}).keys():
        if drop_unused_placeholders(estimator.__dict__[name]):
            del estimator.__dict__[name]
            if not hasattr(estimator, name):
                setattr(estimator, name, None)


class _NullFile(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)
