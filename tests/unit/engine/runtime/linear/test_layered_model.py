"""Layered models accept only layers whose arrays and numbers of inputs match each other."""

from typing import Any

import numpy as np
import pytest

from ml_census.engine.runtime.linear.linear_model import FeatureMatrix, NumericFeature
from ml_census.engine.runtime.serialization import from_bytes
from support.comparison import assert_same_predictions
from support.compiled_files import (
    LOOKUPS,
    QUADRATIC,
    Arrays,
    Change,
    Document,
    array,
    assert_rejected,
    columns_of,
    compiled,
    file_of,
    setting,
    without_array,
    without_setting,
)

LAYER = {"type": "RotatedNormals", "settings": {}}


def second_layer(document: Document, arrays: Arrays) -> None:
    """Append the layer once more: it has as many outputs as inputs, of which there are other features."""
    document["layers"].append(LAYER)
    arrays |= {name.replace("layer0", "layer1"): value[:, :1] for name, value in arrays.items() if value.ndim == 2}


def layer(value: Any) -> Change:
    return setting("layers", 0, value=value)


INVALID: dict[str, Change] = {
    "means of text": array("layer0_means", lambda means: means.astype(str)),
    "means of float32": array("layer0_means", lambda means: means.astype(np.float32)),
    "means of one axis": array("layer0_means", lambda means: means[0]),
    "means of another feature": array("layer0_means", lambda means: means[:, :1]),
    "means of one class": array("layer0_means", lambda means: means[:1]),
    "spreads of two axes": array("layer0_spreads", lambda spreads: spreads[0]),
    "spreads of another feature": array("layer0_spreads", lambda spreads: spreads[..., :1]),
    "spreads of one class": array("layer0_spreads", lambda spreads: spreads[:1]),
    "constants of two axes": array("layer0_constants", lambda constants: constants[:, np.newaxis]),
    "priors of one class": array("layer0_log_priors", lambda priors: priors[:1]),
    "no priors": without_array("layer0_log_priors"),
    "no layers": without_setting("layers"),
    "an empty list of layers": setting("layers", value=[]),
    "layers as an object": setting("layers", value={"type": "RotatedNormals"}),
    "a second layer that does not match": second_layer,
    "an unknown type": layer({"type": "Layer", "settings": {}}),
    "a type as a list": layer({"type": ["RotatedNormals"], "settings": {}}),
    "an unknown setting": layer({"type": "RotatedNormals", "settings": {"power": 2}}),
    "an array as a setting": layer({"type": "RotatedNormals", "settings": {"means": [[1.0]]}}),
    "no settings": layer({"type": "RotatedNormals"}),
    "a feature twice": setting("numbers", 0, "feature", value=1),
    "a column that is not in the schema": setting("numbers", 0, "column", value=9),
}
INVALID_LOOKUPS: dict[str, Change] = {
    "thresholds in descending order": array("thresholds0", lambda thresholds: thresholds[::-1].copy()),
    "thresholds of text": array("thresholds0", lambda thresholds: thresholds.astype(str)),
    "no thresholds": without_array("thresholds0"),
    "a contribution too few": array("folded0", lambda contributions: contributions[1:]),
    "a low of text": setting("folded", 0, "low", value="0"),
    "a low above the high": setting("folded", 0, "low", value=1e9),
    "no column": setting("folded", 0, "column", value=None),
}


@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID.keys())
def test_invalid_layered_model_is_rejected_when_it_is_read(change: Change) -> None:
    assert_rejected(QUADRATIC, change)


@pytest.mark.parametrize("change", INVALID_LOOKUPS.values(), ids=INVALID_LOOKUPS.keys())
def test_invalid_tables_of_numbers_are_rejected(change: Change) -> None:
    assert_rejected(LOOKUPS, change)


@pytest.mark.parametrize("name", [QUADRATIC, LOOKUPS])
def test_layered_model_is_read_as_it_was_written(name: str) -> None:
    read = from_bytes(file_of(name), compiled(name).schema)

    assert_same_predictions(read, compiled(name), columns_of(name))


def test_scores_of_a_feature_matrix_are_its_features() -> None:
    matrix = FeatureMatrix([], [(1, NumericFeature(0)), (0, NumericFeature(1, (("between", 2.5, np.inf),)))])

    assert matrix.inputs == [(0, "number"), (1, "number")]
    assert matrix.scores([[5.0, 6.0], [2.0, 3.0]]).tolist() == [[0.0, 5.0], [1.0, 6.0]]
