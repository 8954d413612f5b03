"""Placeholder objects that replace objects of forbidden classes and functions in an unpickled model.

A model may contain forbidden objects in attributes that predict does not read, such as
the scorer of a grid search. This module resets such attributes, so that a server can
serve the model.
"""

import io
import pickle
from typing import Any

import numpy as np

from ml_census.engine.sklearn_internals import UNUSED_BY_PREDICT

UNUSED = UNUSED_BY_PREDICT | frozenset(
    "scorer_ scoring memory cv cv_results_ param_distributions param_grid best_params_".split()
)
"""Attributes of scikit-learn estimators that predict and predict_proba do not read."""
TEXT_MODULE = "sklearn.feature_extraction.text"


class ReadsFilesError(Exception):
    """Report a text vectorizer with input="file" or "filename". Such a vectorizer reads files of the server."""


class Placeholder:
    """An object that replaces an object of a forbidden class or function. Calls and assignments have no effect."""

    name: str
    """The forbidden class or function as "module.name"."""
    contents: list[Any]
    """The arguments and the state of the replaced object, which can contain further
    placeholders."""

    def __new__(cls, *arguments: Any, **options: Any) -> "Placeholder":
        """Create an instance, and keep the arguments."""
        instance = object.__new__(cls)
        instance.contents = [arguments, options]
        return instance

    def __init__(self, *_: Any, **__: Any) -> None:
        """Ignore the arguments, which __new__ keeps."""

    def __call__(self, *arguments: Any, **options: Any) -> "Placeholder":
        """Return this placeholder, and keep the arguments."""
        self.contents += [arguments, options]
        return self

    def __setstate__(self, state: Any) -> None:
        """Keep the state that the unpickler restores."""
        self.contents.append(state)

    def __setitem__(self, *item: Any) -> None:
        """Keep the key and the value."""
        self.contents.append(item)

    append = extend = add = __call__


def placeholder_class(name: str) -> type[Placeholder]:
    """Return a subclass of Placeholder. `name` is the forbidden class or function as "module.name"."""
    return type("Placeholder", (Placeholder,), {"name": name})


def drop_unused_placeholders(model: Any) -> set[str]:
    """Reset each attribute of a scikit-learn estimator in `model` that is in UNUSED and contains a placeholder.

    An attribute is reset to the default of the estimator class, or to None. Returns the
    names ("module.name") of all other placeholders. Raises ReadsFilesError for a text
    vectorizer that opens files, and an exception of pickle for an object that cannot be
    pickled.
    """
    names: set[str] = set()
    _ModelWalker(names).dump(model)
    return names


def is_vectorizer(target: Any) -> bool:
    """Return whether a class is a text vectorizer of scikit-learn, or a subclass of one."""
    return any(base.__module__ == TEXT_MODULE for base in getattr(target, "__mro__", ()))


class _ModelWalker(pickle.Pickler):
    """A pickler that visits all objects of a model and writes nothing. `names` collects the names of placeholders."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(_NullFile())
        self._names = names

    def persistent_id(self, item: Any) -> Any:
        """Visit an object. If the result is not None, the pickler does not visit the attributes of the object."""
        if isinstance(item, type) and issubclass(item, Placeholder):
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
        value = estimator.__dict__.pop(name)  # a scorer can contain its estimator, whose walk must end here
        if not drop_unused_placeholders(value):
            estimator.__dict__[name] = value
        elif not hasattr(estimator, name):
            setattr(estimator, name, None)


class _NullFile(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)
