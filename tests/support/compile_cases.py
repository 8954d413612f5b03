"""All pipelines that must compile, by a name that says what is special about each."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from support import (
    compile_cases_bayes,
    compile_cases_boosters,
    compile_cases_composed,
    compile_cases_composition,
    compile_cases_encoders,
    compile_cases_ensembles,
    compile_cases_linear,
    compile_cases_models,
    compile_cases_networks,
    compile_cases_numbers,
    compile_cases_stacking,
    compile_cases_support_vectors,
    compile_cases_targets,
    compile_cases_transformers,
)
from support.compile_data import CompileCase

CASES: dict[str, Callable[[], CompileCase]] = {
    **compile_cases_composition.CASES,
    **compile_cases_encoders.CASES,
    **compile_cases_numbers.CASES,
    **compile_cases_transformers.CASES,
    **compile_cases_models.CASES,
    **compile_cases_bayes.CASES,
    **compile_cases_networks.CASES,
    **compile_cases_support_vectors.CASES,
    **compile_cases_linear.CASES,
    **compile_cases_boosters.CASES,
    **compile_cases_composed.CASES,
    **compile_cases_ensembles.CASES,
    **compile_cases_stacking.CASES,
    **compile_cases_targets.CASES,
}


def by_kind(names: Iterable[str]) -> list[Any]:
    """Return the names of cases as parameters of a test, of which `make check` runs the first of each kind.

    The kind is the first word of the name, such as the class of the estimator. Of the
    532 names of CASES, 149 are the first of their kind.
    """
    ordered = list(names)
    first = {re.split("[ ,]", name)[0]: name for name in reversed(ordered)}
    return [name if name in first.values() else pytest.param(name, marks=pytest.mark.slow) for name in ordered]
