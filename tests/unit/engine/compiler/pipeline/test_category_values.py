"""Values of a category feature by code, dense and by exceptions."""

import numpy as np
import pytest

from ml_census.engine.compiler.pipeline.category_values import exceptional_codes, values_by_code
from ml_census.engine.compiler.pipeline.features import CategoricalFeature, UnsupportedModelError


def sparse(*exceptions: tuple[int, int], values: tuple[float, ...] = (0.0, 1.0)) -> CategoricalFeature:
    """Return a feature of six probe values: a missing one, three categories and two unknown ones."""
    probes, positions = np.array(exceptions, dtype=int).reshape(-1, 2).T
    return CategoricalFeature(0, np.array(values), (probes, positions), 6)


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (CategoricalFeature(0, np.array([9.0, 1.0, 2.0, 3.0, 0.0, 0.0])), [9.0, 1.0, 2.0, 3.0, 0.0]),
        (sparse((2, 1)), [0.0, 0.0, 1.0, 0.0, 0.0]),
        (sparse((4, 1), (5, 1)), [0.0, 0.0, 0.0, 0.0, 1.0]),
    ],
    ids=["dense", "one exception", "unknown as exceptions"],
)
def test_dense_and_sparse_features_have_the_same_values(feature: CategoricalFeature, expected: list[float]) -> None:
    exceptional = exceptional_codes(feature, np.float64)
    values = np.full(5, exceptional.usual)
    values[exceptional.codes] = exceptional.values

    assert values_by_code(feature, np.float64).tolist() == values.tolist() == expected


@pytest.mark.parametrize(
    "feature", [CategoricalFeature(0, np.array([0.0, 1.0, 2.0, 3.0])), sparse((5, 1)), sparse((4, 1))]
)
def test_unknown_categories_with_two_values_are_not_compiled(feature: CategoricalFeature) -> None:
    with pytest.raises(UnsupportedModelError, match="treats unknown categories of column 0 differently"):
        exceptional_codes(feature, np.float64)
    with pytest.raises(UnsupportedModelError, match="treats unknown categories of column 0 differently"):
        values_by_code(feature, np.float64)


def test_text_values_are_not_compiled() -> None:
    with pytest.raises(UnsupportedModelError, match="column 0 reaches the model as text"):
        values_by_code(CategoricalFeature(0, np.array(["x", "y", "?", "?"])), np.float64)
