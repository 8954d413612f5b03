"""A module of an operator's own, which a test trusts: it does harm that no list of names sees."""

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
    """Return what the expression gives, with the modules above at hand."""
    return eval(expression)


def doubled(rows: Any) -> Any:
    """Return twice the numbers: a harmless step of a pipeline."""
    return [[2 * value for value in row] for row in rows]


def make_folder(path: str) -> None:
    """Leave a trace."""
    os.mkdir(path)


class Vectorizer(CountVectorizer):
    """A vectorizer of an operator's own."""
