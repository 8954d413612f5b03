"""The values of a column are converted and validated as Column.validate() does with each of them."""

import datetime
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from ml_census.batch import column_values
from ml_census.batch.column_values import ColumnConverter
from ml_census.schema import NAN, Column, InvalidValueError

NULLABLE, NUMBER = Column("n", "number", nullable=True), Column("n", "number")
TEXTS = Column("c", "category", (" a", "b", NAN), nullable=True)
KNOWN = Column("c", "category", ("a", "b"), reject_unknown=True)
DIGITS, BOOLEANS = Column("c", "category", ("1", "2")), Column("c", "category", (True, False))
DATES = Column("c", "category", ("2024-03-05", NAN), nullable=True)
CODES = Column("c", "category", (1, 2.5))

CASES: list[tuple[Column, pa.Array]] = [
    (NUMBER, pa.array([1, None, -7, 2**62 + 1])),
    (NUMBER, pa.array([1, 2], pa.uint8())),
    (NUMBER, pa.array([0.1, NAN, None, np.inf, -np.inf, 1e39])),
    (NULLABLE, pa.array([0.1, NAN, None])),
    (NULLABLE, pa.array([0.1, None], pa.float32())),
    (NULLABLE, pa.array([True, False, None])),
    (NULLABLE, pa.array(["1", " .5", "x", "", "NA", None, "1e400", "0.30000000000000004"])),
    (NULLABLE, pa.array(["7", "8"]).dictionary_encode()),
    (NULLABLE, pa.array(["7", None, "x"]).dictionary_encode()),
    (NUMBER, pa.array(["-0", "-0.0", "007", "-12", "1.", "1e3", "1", None, "y"], pa.large_string())),
    (NUMBER, pa.array(["0.1", "123456789012345.123456789012345", "-99999999999999999999999999999", "9" * 16])),
    (NULLABLE, pa.array([Decimal("1.10"), None, Decimal("-2.00")])),
    (NULLABLE, pa.array([Decimal("0.12345678901234567890")], pa.decimal128(38, 20))),
    (NUMBER, pa.array([Decimal("1." + "5" * 60)], pa.decimal256(76, 60))),
    (NUMBER, pa.array([Decimal("1.5")], pa.decimal32(5, 2))),
    (NULLABLE, pa.array(["7", None, "x"], pa.string_view())),
    (NULLABLE, pa.nulls(2)),
    (TEXTS, pa.array(["a", " a", "b ", "new", None, "", "NA"])),
    (TEXTS, pa.array([1, 2])),
    (KNOWN, pa.array(["a", "new", None, "x" * 2000])),
    (DIGITS, pa.array([1, 2, 3])),
    (BOOLEANS, pa.array([True, False, True])),
    (BOOLEANS, pa.array(["true", "FALSE", "1", "maybe"])),
    (DIGITS, pa.array([Decimal(1), Decimal(3)], pa.decimal128(5, 0))),
    (BOOLEANS, pa.array([Decimal("1.00"), Decimal("2.00")])),
    (TEXTS, pa.array([Decimal("1.00")])),
    (DATES, pa.array([datetime.date(2024, 3, 5), None])),
    (DATES, pa.array([datetime.datetime(2024, 3, 5, 1)], pa.timestamp("us", "Europe/Berlin"))),
    (CODES, pa.array([1.0, 2.5, 3.0, NAN])),
    (Column("t", "text"), pa.array(["a", "b\0", None])),
    (Column("d", "date", nullable=True), pa.array([datetime.date(2024, 3, 5), None])),
    (Column("d", "date"), pa.array([datetime.datetime(2024, 3, 5, 1, 2, 3)], pa.timestamp("ns"))),
    (Column("a", "any"), pa.array(["a", None])),
]


def as_json(value: Any) -> Any:
    """Return a value as a client sends it."""
    if isinstance(value, Decimal):
        return float(value) if value.as_tuple().exponent else int(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return None if value != value else value


@pytest.mark.parametrize(("column", "array"), CASES, ids=lambda value: getattr(value, "type", None) and str(value.type))
def test_each_value_is_what_validate_returns(column: Column, array: pa.Array) -> None:
    converted = ColumnConverter(column).convert(array)

    plain = array.cast(pa.timestamp("us")) if pa.types.is_timestamp(array.type) else array
    for row, value in enumerate(map(as_json, plain.to_pylist())):
        number = 0 if converted.invalid is None else converted.invalid[row]
        try:
            valid, is_known = column.validate(value)
        except InvalidValueError as error:
            assert converted.reasons[number - 1] == str(error)
            continue
        assert number == 0
        assert repr(converted.values[row]) == repr(valid) or float(cast(float, converted.values[row])) == pytest.approx(
            float(valid), rel=0, abs=0, nan_ok=True  # type: ignore[arg-type]
        )  # fmt: skip
        assert (converted.unknown is None or not converted.unknown[row]) is is_known


def test_number_of_kept_verdicts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_values, "MAX_CACHED", 10)
    converter = ColumnConverter(NUMBER)

    values = [converter.convert(pa.array([f"{number}e0"])).values[0] for number in range(50)]

    assert values == list(range(50))
    assert len(converter._verdicts) <= 10


def test_year_beyond_python_is_an_invalid_date() -> None:
    """The other dates of the batch are valid."""
    converted = ColumnConverter(Column("d", "date")).convert(pa.array([3_000_000, 0], pa.date32()))

    assert converted.invalid is not None
    assert (converted.invalid.tolist(), converted.values[1]) == ([1, 0], "1970-01-01T00:00:00")
