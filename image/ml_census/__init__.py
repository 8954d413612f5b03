"""HTTP server, client and command line for the predictions of any scikit-learn model.

The functions of the Python API are imported when they are first used: their imports
take seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml_census.models.checking.check import check as check
    from ml_census.models.loaded_model import load as load
    from ml_census.training.frames import publish as publish

__version__ = "0.2.0"

API = {
    "check": "ml_census.models.checking.check",
    "load": "ml_census.models.loaded_model",
    "publish": "ml_census.training.frames",
}
"""Function of the Python API -> its module."""


def __getattr__(name: str) -> Any:
    """Return a function of the Python API (PEP 562). Raises AttributeError for any other name."""
    if name not in API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(API[name]), name)
