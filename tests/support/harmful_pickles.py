"""Pickles that run code when they are loaded, by a global of tests/support/harmful_module.py."""

import io
import pickle
from pathlib import Path
from typing import Any

import joblib

from support import harmful_module

EVALUATE = "support.harmful_module.evaluate"
"""The global that a server must trust for these pickles."""
PYTHONPATH = str(Path(harmful_module.__file__).parents[1])
"""The folder from which the child process imports the global."""


class _Evaluate:
    def __init__(self, expression: str) -> None:
        self.expression = expression

    def __reduce__(self) -> tuple[Any, ...]:
        return harmful_module.evaluate, (self.expression,)


def evaluating(expression: str) -> bytes:
    """Return a pickle that evaluates an expression and contains its value."""
    file = io.BytesIO()
    joblib.dump(_Evaluate(expression), file)
    return file.getvalue()


def model_after(expression: str, model: Any) -> bytes:
    """Return a pickle that evaluates an expression and contains a model."""
    return evaluating(f"({expression}, loads({pickle.dumps(model)!r}))[1]")
