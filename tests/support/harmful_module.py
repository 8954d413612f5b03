"""A module that an operator trusts. It has harmful functions that no allow-list finds."""

import ctypes
import os
import sys
import time
from pickle import loads
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer

__all__ = ["ctypes", "evaluate", "loads", "os", "sys", "system", "time"]

system = os.system


def evaluate(expression: str) -> Any:
    """Return the value of an expression, with the modules above in scope."""
    return eval(expression)


def doubled(rows: Any) -> Any:
    """Return twice the numbers, as a harmless step of a pipeline."""
    return [[2 * value for value in row] for row in rows]


def make_folder(path: str) -> None:
    """Create a folder as evidence of execution."""
    os.mkdir(path)


class Vectorizer(CountVectorizer):
    """A vectorizer defined by an operator."""
