"""Pipelines of the census model."""

import numpy as np
import pytest

from ml_census.training.census import synthetic
from ml_census.training.census.pipelines import RECIPES

pytestmark = pytest.mark.slow  # the forest takes over a second


@pytest.mark.parametrize("recipe", RECIPES)
def test_fitted_recipe_predicts_rows_in_its_input(recipe: str) -> None:
    rows, labels = synthetic.generate(800, seed=1)
    pipeline = RECIPES[recipe]

    predictions = pipeline.fit(rows, labels).predict(pipeline.to_model_input(rows))

    assert np.mean(predictions == labels) > 0.8, "on the rows of the training"
