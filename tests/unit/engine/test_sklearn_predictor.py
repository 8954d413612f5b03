"""The server's answers are the model's own."""

from collections.abc import Callable

import pytest

from ml_census.engine.predictor import PredictionError
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from support.sample_models import SAMPLE_MODELS, SampleModel


def predictor(kind: SampleModel) -> SklearnPredictor:
    return SklearnPredictor(kind.model, infer_schema(kind.model))


@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_every_kind_of_model_answers_as_its_own_predict(sample_model: Callable[[str], SampleModel], name: str) -> None:
    made = sample_model(name)
    tried = predictor(made)

    answers = tried.predict(tried.schema.clean(made.rows).columns)

    assert answers == made.answers


@pytest.mark.parametrize(
    "name", sorted(SAMPLE_MODELS.keys() - {"regressor"})
)  # BLAS rounds one row and many differently
def test_one_row_alone_is_answered_as_among_others(sample_model: Callable[[str], SampleModel], name: str) -> None:
    made = sample_model(name)
    tried = predictor(made)

    answers = [tried.predict(tried.schema.clean([row]).columns)[0] for row in made.rows[:5]]

    assert answers == made.answers[:5]


def test_probabilities_are_in_the_order_of_the_classes(sample_model: Callable[[str], SampleModel]) -> None:
    tried = predictor(sample_model("string_classes"))
    rows = tried.schema.clean(sample_model("string_classes").rows).columns

    best = [tried.classes[row.index(max(row))] for row in tried.probabilities(rows)]  # type: ignore[index]

    assert best == tried.predict(rows)


@pytest.mark.parametrize(("name", "has"), [("article", True), ("regressor", False), ("clusters", False)])
def test_only_classifiers_have_probabilities(sample_model: Callable[[str], SampleModel], name: str, has: bool) -> None:
    assert predictor(sample_model(name)).has_probabilities is has


def test_what_the_model_refuses_is_a_prediction_error(sample_model: Callable[[str], SampleModel]) -> None:
    tried = predictor(sample_model("boosting_with_categories"))

    with pytest.raises(PredictionError):
        tried.predict([["not a number"], [" Private"], [1], [" Male"]])


def test_many_rows_are_predicted_in_blocks_and_the_refused_one_is_still_found(
    sample_model: Callable[[str], SampleModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sample_model("article")
    original = SklearnPredictor(made.model, infer_schema(made.model))
    columns = original.schema.clean(made.rows).columns
    whole = original.predict(columns), original.probabilities(columns)
    monkeypatch.setattr("ml_census.engine.sklearn_predictor.MAX_BLOCK_ROWS", 7)

    assert (original.predict(columns), original.probabilities(columns)) == whole
    refusing = [list(values) for values in columns]
    refusing[0][20] = "no age"
    with pytest.raises(PredictionError) as raised:
        original.predict(refusing)
    assert raised.value.row == 20
