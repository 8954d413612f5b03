"""Pipelines of the census model."""

import os

import numpy as np
import pytest

from ml_census.training.census import datasets, synthetic
from ml_census.training.census.pipelines import RECIPES
from ml_census.training.census.train import census_schema, evaluate_census

pytestmark = pytest.mark.slow  # the forest takes over a second


@pytest.mark.parametrize("recipe", RECIPES)
def test_fitted_recipe_predicts_rows_in_its_input(recipe: str) -> None:
    rows, labels = synthetic.generate(800, seed=1)
    pipeline = RECIPES[recipe]

    predictions = pipeline.fit(rows, labels).predict(pipeline.to_model_input(rows))

    assert np.mean(predictions == labels) > 0.8, "on the rows of the training"


@pytest.mark.adult
def test_boosted_reaches_its_figures_on_uci_adult() -> None:
    census = datasets.load(os.environ["ADULT_DATA"])
    model = RECIPES["boosted"].fit(census.train, census.train_labels)

    metrics = evaluate_census(model, census_schema(model, census), census).metrics

    assert metrics["accuracy"] >= 0.872
    assert metrics["roc_auc"] >= 0.927
