"""Pipelines are followed by the exact class of their steps."""

import pytest
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.pipeline_tracer import apply_step
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from support.sample_models import only

COLUMNS: list[Feature] = [NumericFeature(0), NumericFeature(1)]
SCALER = MaxAbsScaler().fit([[2.0, 4.0]])


def test_steps_extend_the_features_in_their_order() -> None:
    features = apply_step(make_pipeline(SCALER, only(1, width=2)), COLUMNS)

    assert features == [NumericFeature(1, (("divide", 4.0),))]


def test_union_puts_the_features_of_its_parts_side_by_side() -> None:
    features = apply_step(FeatureUnion([("a", only(0, width=2)), ("b", "drop"), ("c", "passthrough")]), COLUMNS)

    assert features == [COLUMNS[0], *COLUMNS]


class OtherPipeline(Pipeline):
    """May do something else."""


class OtherScaler(StandardScaler):
    """May do something else."""


class OtherSelector(SelectKBest):
    """May do something else."""


@pytest.mark.parametrize(
    "step", [OtherPipeline([("a", SCALER)]), OtherScaler(), OtherSelector(k=1)], ids=lambda step: type(step).__name__
)
def test_subclass_of_a_known_step_is_not_compiled(step: object) -> None:
    with pytest.raises(UnsupportedModelError, match=f"^no rule for {type(step).__name__}$"):
        apply_step(step, COLUMNS)


def test_weight_of_a_part_multiplies_its_features() -> None:
    union = FeatureUnion([("a", SCALER), ("b", "passthrough")], transformer_weights={"a": 2})

    weighted, *_, last = apply_step(union, COLUMNS)

    assert weighted == NumericFeature(0, (("divide", 2.0), ("multiply", 2.0)))
    assert last == COLUMNS[1]
