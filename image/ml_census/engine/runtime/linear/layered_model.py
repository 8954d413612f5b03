"""Models that compute scores in layers: first the features or a linear model, then one or more layers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_census.engine.runtime.linear.layers import Layer
from ml_census.engine.runtime.linear.linear_model import FeatureMatrix
from ml_census.schema import Columns


@dataclass(frozen=True)
class LayeredModel:
    """Layers after a FeatureMatrix or LinearModel, whose scores are the inputs of the first layer.

    Raises ValueError if a layer has another number of inputs than the layer before has
    outputs.
    """

    first: FeatureMatrix
    layers: Sequence[Layer]

    exact = False
    """Scores may differ from those of scikit-learn in the last bits."""

    def __post_init__(self) -> None:
        """Raise ValueError if the numbers of inputs and outputs do not match."""
        outputs = [self.first.score_count, *(layer.output_count for layer in self.layers)]
        if not self.layers or outputs[:-1] != [layer.input_count for layer in self.layers]:
            raise ValueError("the layers do not match each other")

    @property
    def score_count(self) -> int:
        """The number of scores of each row."""
        return self.layers[-1].output_count

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """Position in the schema and required type ("number" or "category") of each column that the model reads."""
        return self.first.inputs

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the scores of rows: float64 (rows, scores). Raises PredictionError as LinearModel.scores() does."""
        values = self.first.scores(columns)
        for layer in self.layers:
            values = layer.apply(values)
        return values
