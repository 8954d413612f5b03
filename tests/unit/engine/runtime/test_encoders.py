"""One value is encoded as it is among many, and missing, unknown and extreme values have codes of their own."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from ml_census.engine.predictor import PredictionError
from ml_census.engine.runtime.encoders import MISSING, CategoryEncoder, ThresholdEncoder
from ml_census.schema import NAN, DictionaryColumn, Value

CATEGORIES = CategoryEncoder(0, ["a", "b", 7])
THRESHOLDS = ThresholdEncoder(0, np.array([1.0, 2.0]), -1e9, 1e9)


@pytest.mark.parametrize(
    ("value", "code"), [("a", 1), ("b", 2), (7, 3), ("no such", 4), (None, MISSING), (NAN, MISSING)], ids=str
)
def test_category_codes_follow_the_order_of_the_categories(value: Value, code: int) -> None:
    assert CATEGORIES.encode_one(value) == code
    assert CATEGORIES.encode([value, value]).tolist() == [code, code]


@pytest.mark.parametrize(
    ("value", "code"), [(0, 1), (1, 1), (1.5, 2), (2.0, 2), (2.5, 3), (NAN, MISSING), (2**53 + 1, None)], ids=str
)
def test_number_codes_count_the_thresholds_below(value: float, code: int | None) -> None:
    encoder = THRESHOLDS if code is not None else ThresholdEncoder(0, np.array([2.0**53]), -1e300, 1e300)

    assert encoder.encode_one(value) == (1 if code is None else code)  # 2**53 + 1 is rounded to 2**53
    assert encoder.encode([value, value]).tolist() == [encoder.encode_one(value)] * 2


def test_number_with_a_rejected_code_is_rejected_with_its_row() -> None:
    encoder = ThresholdEncoder(0, THRESHOLDS.thresholds, -1e9, 1e9, rejected=[2])
    with pytest.raises(PredictionError) as single:
        encoder.encode_one(1.5)
    with pytest.raises(PredictionError) as many:
        encoder.encode([1, 2.5, 1.5])

    assert (single.value.row, many.value.row) == (0, 2)
    assert encoder.encode([1, NAN, 2.5]).tolist() == [encoder.encode_one(value) for value in (1, NAN, 2.5)]


@pytest.mark.parametrize("value", [1e10, -1e10, np.inf])
def test_number_out_of_range_is_rejected_with_its_row(value: float) -> None:
    with pytest.raises(PredictionError) as single:
        THRESHOLDS.encode_one(value)
    with pytest.raises(PredictionError) as many:
        THRESHOLDS.encode([0, 1, value])

    assert (single.value.row, many.value.row) == (0, 2)


def test_column_with_a_dictionary_has_the_codes_of_its_values() -> None:
    column = DictionaryColumn(["b", None, "no such", "a"], np.array([3, 3, 0, 1, 2]))

    assert CATEGORIES.encode(column).tolist() == CATEGORIES.encode(list(column)).tolist()


EXTREMES = [-(2**63), -1, 0, 1, 2, 3, 4, 1000, 2**53 + 1, 2**63 - 1]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64])
@pytest.mark.parametrize("thresholds", [[], [1.0], [0.5, 1.0, 2.5], [-3.5, 127.0, 1e6], [0.0, 1e12], [2.0**60]])
def test_array_of_integers_has_the_codes_of_its_numbers(dtype: type[np.integer], thresholds: list[float]) -> None:
    """Expect this with a table of codes, and without one for a wide range of thresholds."""
    encoder = ThresholdEncoder(0, np.array(thresholds, dtype=np.float64), -np.inf, np.inf)
    limits = np.iinfo(dtype)
    numbers = [number for number in EXTREMES if limits.min <= number <= limits.max]

    assert encoder.encode(cast(Sequence[Value], np.array(numbers, dtype=dtype))).tolist() == [
        encoder.encode_one(each) for each in numbers
    ]


def test_array_of_integers_is_rejected_out_of_range() -> None:
    with pytest.raises(PredictionError):
        THRESHOLDS.encode(cast(Sequence[Value], np.array([1, 10**10])))
