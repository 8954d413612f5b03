"""All pipelines that must compile, by a name that says what is special about each."""

from collections.abc import Callable

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
