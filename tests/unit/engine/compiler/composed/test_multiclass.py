"""OneVsRestClassifier and OneVsOneClassifier are compiled."""

import pytest
from sklearn.linear_model import Ridge
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_targets import MULTICLASS
from support.compile_data import NUMBERS, THREE, tree
from support.composed import assert_is_compiled, case


@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass_is_compiled_and_verified(name: str) -> None:
    """The probabilities equal those of scikit-learn to the last bit, unless the members are linear."""
    assert_is_compiled(case(name), is_exact="linear" not in name and "scores" not in name)


@pytest.mark.parametrize("owner", [OneVsRestClassifier, OneVsOneClassifier])
def test_regressors_in_place_of_classifiers_are_refused(owner: type) -> None:
    model = owner(Ridge()).fit(NUMBERS, THREE)

    with pytest.raises(UnsupportedModelError, match=f"^no rule for a {owner.__name__} of regressors$"):
        compile_model(model, infer_schema(model))


def test_precomputed_kernels_are_refused() -> None:
    model = OneVsOneClassifier(tree()).fit(NUMBERS, THREE)
    model.pairwise_indices_ = [[0, 1]] * 3

    with pytest.raises(UnsupportedModelError, match="^no rule for a OneVsOneClassifier of precomputed kernels$"):
        compile_model(model, infer_schema(model))
