"""A step extends numbers by operations, and categories by its results."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from ml_census.engine.compiler.pipeline.features import CategoricalFeature, OpaqueFeature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.outputs import extend, outputs, scaled
from ml_census.engine.runtime.linear.linear_model import NumericFeature

CODES = CategoricalFeature(1, np.array([0.0, 1.0, 2.0]))
TEXTS = CategoricalFeature(1, np.array(["a", "b"], dtype=object))
ADD = (("add", 1.0),)


def test_outputs_follow_the_order_of_the_inputs() -> None:
    step = StandardScaler().fit([[0, 0], [2, 4]])

    number, category = outputs(step, [NumericFeature(0), CODES], [[ADD], [()]])

    assert number == NumericFeature(0, ADD)
    assert isinstance(category, CategoricalFeature)
    assert category.values.tolist() == [-1.0, -0.5, 0.0]


def test_weight_multiplies_values_and_numbers() -> None:
    weighted = scaled(CODES, 2)

    assert isinstance(weighted, CategoricalFeature)
    assert weighted.values.tolist() == [0.0, 2.0, 4.0]
    assert scaled(NumericFeature(0), 2) == NumericFeature(0, (("multiply", 2.0),))


def test_text_has_no_weight() -> None:
    with pytest.raises(UnsupportedModelError, match="text with a weight"):
        scaled(TEXTS, 0.5)


def test_column_that_is_no_number_and_no_category_is_not_extended() -> None:
    with pytest.raises(UnsupportedModelError, match="neither a number nor a category"):
        extend(OpaqueFeature(3), np.zeros(0), ())
