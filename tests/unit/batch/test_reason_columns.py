"""The columns of --reasons have the reasons of a server, in the same order."""

from dataclasses import replace

import numpy as np
import pytest

from ml_census.batch.errors import BatchError
from ml_census.batch.reason_columns import ReasonColumns
from ml_census.engine.reasons import reasons_of
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.schema import TrainingDistribution, Value
from support.batch_runs import BatchFolder
from support.compiled_files import LINEAR, TREES, columns_of, compiled

TYPICAL: list[Value] = [40, " Private", 9, " Male"]


def with_typical_row(name: str) -> CompiledPredictor:
    model = compiled(name)
    changes = {index: {"training": TrainingDistribution((1.0,), typical=value)} for index, value in enumerate(TYPICAL)}
    return replace(model, schema=model.schema.with_changes(changes))


@pytest.mark.parametrize("name", [TREES, LINEAR])
@pytest.mark.parametrize("count", [1, 3, 4])
def test_columns_have_the_reasons_of_a_server(name: str, count: int) -> None:
    model, rows = with_typical_row(name), columns_of(name, 50)
    columns = ReasonColumns(model, count)

    arrays = [array.to_pylist() for array in columns.arrays(*columns.largest(rows))]

    written = [
        [(name, effect) for name, effect in zip(row[::2], row[1::2], strict=True) if name is not None]
        for row in zip(*arrays, strict=True)
    ]
    expected = reasons_of(model, rows, count)
    assert written == [[(str(reason["column"]), reason["effect"]) for reason in reasons] for reasons in expected]
    assert len(arrays) == len(columns.names) == 2 * count


def test_effect_of_zero_is_null() -> None:
    columns = ReasonColumns(with_typical_row(LINEAR), 1)

    reason, effect = columns.arrays(np.array([[0], [1]]), np.array([[0.0], [0.5]]))

    assert reason.to_pylist() == [None, "workclass"]
    assert effect.to_pylist() == [None, 0.5]


def test_more_reasons_than_columns_are_an_error() -> None:
    with pytest.raises(BatchError, match="--reasons 5: reasons must be a whole number from 1 to 4"):
        ReasonColumns(with_typical_row(TREES), 5)


def test_model_without_typical_row_ends_the_run_before_its_plan(batch: BatchFolder) -> None:
    with pytest.raises(BatchError, match="--reasons: the model has no typical row: publish the model with"):
        batch.score(reasons=1)

    assert not (batch.path / "out").exists()
