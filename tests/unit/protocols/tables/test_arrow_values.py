"""Values of arrays of Arrow are those of JSON."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from ml_census.protocols.tables.arrow_values import BEYOND_YEARS, values_of

TIME = dt.datetime(2026, 11, 28, 2, 30)


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.array([Decimal("0.12345678901234567890")], pa.decimal128(38, 20)), [0.12345678901234567890]),
        (pa.array([Decimal("0.1")], pa.decimal128(38, 38)), [0.1]),
        (pa.array([Decimal(10**30), None], pa.decimal128(38, 0)), [10**30, None]),
        (pa.array([Decimal("1.00")], pa.decimal256(76, 2)), [1.0]),
        (pa.array([0.5, float("nan"), None], pa.float16()), [0.5, None, None]),
        (pa.array([TIME], pa.timestamp("s", "Mars/Base")), ["2026-11-28T02:30:00"]),
        (pa.array([0, None, 3_000_000], pa.date32()), ["1970-01-01", None, BEYOND_YEARS]),
        (pa.array([0, 2**62], pa.timestamp("s")), ["1970-01-01T00:00:00", BEYOND_YEARS]),
        (pa.array(["a", None, "a"], pa.string_view()), ["a", None, "a"]),
        (pa.array([Decimal("1.5"), None]).dictionary_encode(), [1.5, None]),
    ],
    ids=lambda each: str(each.type) if isinstance(each, pa.Array) else "",
)
def test_values_are_those_of_json(array: pa.Array, values: list[object]) -> None:
    assert [repr(value) for value in values_of(array)] == [repr(value) for value in values]


def test_unused_values_of_a_dictionary_are_not_read() -> None:
    """A dictionary of nulls has any length in a few bytes. Reading 10**12 values would end the process."""
    nulls = pa.Array.from_buffers(pa.null(), 10**12, [None])
    array = pa.DictionaryArray.from_arrays(pa.array([7, None, 7], pa.int64()), nulls)

    assert list(values_of(array)) == [None, None, None]
