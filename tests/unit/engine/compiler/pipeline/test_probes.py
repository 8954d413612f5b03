"""Probe values go through a step all at once, and the results are stored by their exceptions."""

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import LabelBinarizer, OneHotEncoder, OrdinalEncoder

from ml_census.engine.compiler.pipeline.features import CategoricalFeature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.probes import one_hot_features, transform_probes
from ml_census.engine.runtime.linear.linear_model import NumericFeature

COUNT = 500
MANY = np.array([f"{number:05d}" for number in range(COUNT)], dtype=object)
COLUMN = CategoricalFeature(0, np.array([MANY[0], *MANY, "unknown", "other"], dtype=object))


def test_step_transforms_all_probe_values_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call for each category took time with the square of their number: 31 s for 4,000."""
    encoder = OneHotEncoder(handle_unknown="ignore").fit(MANY[:, np.newaxis])
    calls = []
    transform = OneHotEncoder.transform

    def counted(self: OneHotEncoder, rows: Any) -> Any:
        calls.append(len(rows))
        return transform(self, rows)

    monkeypatch.setattr(OneHotEncoder, "transform", counted)

    one_hot_features(encoder, [COLUMN], [COUNT])

    assert calls == [COUNT + 3]


def test_one_hot_features_of_many_categories_are_sparse() -> None:
    encoder = OneHotEncoder(handle_unknown="ignore").fit(MANY[:, np.newaxis])

    first, second, *_ = one_hot_features(encoder, [COLUMN], [COUNT])

    assert first.exceptions is not None
    assert first.exceptions[0].tolist() == [0, 1]  # the probe value of a missing value is the first category here
    assert second.dense().tolist() == [0.0, 0.0, 1.0] + [0.0] * COUNT


def test_shorter_column_repeats_its_last_probe_value() -> None:
    short = CategoricalFeature(1, np.array([1.0, 2.0]))
    encoder = OrdinalEncoder().fit([[0.0, 1.0, 0.0], [0.0, 2.0, 5.0], [0.0, 2.0, 7.0]])

    result = transform_probes(encoder, [NumericFeature(0), short, CategoricalFeature(2, np.array([0.0, 5.0, 7.0]))])

    assert result.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 2]]


@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "c"]])
def test_label_binarizer_ignores_unknown_probe_values(classes: list[str]) -> None:
    binarizer = LabelBinarizer().fit(classes)
    probes = CategoricalFeature(0, np.array([*classes, "unknown"], dtype=object))

    result = transform_probes(binarizer, [probes])

    assert len(result) == len(classes) + 1
    assert result[-1].tolist() == [0] * result.shape[1]


def test_step_that_rejects_a_probe_value_is_not_compiled() -> None:
    with pytest.raises(UnsupportedModelError, match="OrdinalEncoder rejects a category of the schema: ValueError"):
        transform_probes(OrdinalEncoder().fit([["a"]]), [CategoricalFeature(0, np.array(["b"], dtype=object))])
