"""The reasons of a row are the columns with the largest effects."""

import numpy as np

from ml_census.engine.runtime.reasons import largest_reasons
from ml_census.schema import NAN, Column, Columns, Schema


def test_reasons_are_the_largest_effects_first() -> None:
    schema = Schema(tuple(Column(name, "number", nullable=True) for name in "abcd"), "frame")
    rows: Columns = [[1, 2], [3, 4], [NAN, 5], [6, 7]]
    reference: Columns = [[0], [0], [0], [NAN]]
    effects = np.array([[0.5, -2.0, 1.0, 2.0], [0.0, 0.0, 0.25, 0.0]])

    first, second = largest_reasons(schema, rows, reference, effects, count=3)

    assert [(reason.column, reason.value, reason.reference, reason.effect) for reason in first] == [
        ("b", 3, 0, -2.0),
        ("d", 6, None, 2.0),
        ("c", None, 0, 1.0),
    ]
    assert [reason.column for reason in second] == ["c"]
