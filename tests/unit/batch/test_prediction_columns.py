"""The added columns equal the predictions and probabilities of a server, for each kind of model."""

from pathlib import Path

import pytest

import ml_census
from ml_census.batch import batch_model
from ml_census.batch.prediction_columns import CHUNK_ROWS, PredictionColumns, free_names
from support.batch_runs import BatchFolder
from support.sample_models import NUMBERS, SAMPLE_MODELS

KINDS = sorted(SAMPLE_MODELS.keys() - {"clusters", "documents"})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 200])
def test_columns_equal_the_predictions_of_a_server(tmp_path: Path, kind: str, count: int) -> None:
    folder = BatchFolder(tmp_path, kind)
    model, served = batch_model.load(folder.model), ml_census.load(folder.model)
    rows = SAMPLE_MODELS[kind]().rows[:count]
    columns = [list(values) for values in zip(*rows, strict=True)] or [[] for _ in served.columns]

    result = PredictionColumns(model)
    predicted, *probabilities, version = result.compute(columns)

    expected = served.predict(rows) if rows else []
    assert predicted.to_pylist() == expected
    if model.predictor.has_probabilities:
        shares = served.predict_proba(rows) if rows else []
        assert [list(each) for each in zip(*(array.to_pylist() for array in probabilities), strict=True)] == shares
    assert version.to_pylist() == [served.version] * len(rows)
    assert len(result.names) == 2 + len(probabilities)


def test_types_of_no_rows_are_those_of_rows(tmp_path: Path) -> None:
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        columns = PredictionColumns(batch_model.load(BatchFolder(tmp_path / kind, kind).model))
        rows = SAMPLE_MODELS[kind]().rows
        some = columns.compute([list(values) for values in zip(*rows, strict=True)])

        assert [array.type for array in columns.compute([[] for _ in rows[0]])] == [array.type for array in some]


def test_rows_are_predicted_in_chunks(tmp_path: Path) -> None:
    model = batch_model.load(BatchFolder(tmp_path, "multi_class").model)
    rows = [NUMBERS[number % 200] for number in range(CHUNK_ROWS + 1)]

    predicted, *_ = PredictionColumns(model).compute([list(values) for values in zip(*rows, strict=True)])

    first, *_ = PredictionColumns(model).compute([list(values) for values in zip(*rows[:200], strict=True)])
    assert predicted.to_pylist()[:200] == first.to_pylist()
    assert predicted.to_pylist()[-1] == predicted.to_pylist()[CHUNK_ROWS % 200]


def test_taken_name_gets_a_number() -> None:
    assert free_names(["a", "b"], ["a", "a 2"]) == ["a 3", "b"]
