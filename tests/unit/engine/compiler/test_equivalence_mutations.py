"""Verification notices a wrong compilation, and scikit-learn serves: one mutation for each kind of mistake."""

import re

import pytest

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from support import compile_mutations, composed_mutations
from support.compile_mutations import Mutation

MUTATIONS = {**compile_mutations.MUTATIONS, **composed_mutations.MUTATIONS}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_mutated_compilation_is_noticed(mutation: Mutation) -> None:
    model = mutation.model()
    original = SklearnPredictor(model, mutation.schema or infer_schema(model))
    unchanged, engine = compile_and_verify(original)
    assert unchanged is not original, engine

    predictor, engine = compile_and_verify(
        original, compiler=lambda model, schema: mutation.mutate(compile_model(model, schema))
    )

    assert predictor is original
    assert re.search("differ on|other classes|rejects|compilation failed", str(engine))
