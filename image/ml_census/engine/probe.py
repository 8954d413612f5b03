"""Complete the schema of a fitted scikit-learn model by test predictions.

A model does not always state the types of its columns, or whether a column can have
nulls. This module predicts example rows of several types, with and without nulls, and
keeps the types that the model accepts.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from ml_census.engine.predictor import PredictionError, Predictor
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.schema import Column, ColumnChanges, Columns, InvalidValueError, Schema

NUMBER: ColumnChanges = {"type": "number"}
TEXT: ColumnChanges = {"type": "text"}
CANDIDATES: tuple[ColumnChanges, ...] = (
    NUMBER,
    TEXT,
    {"type": "category", "categories": (False, True), "dtype": "bool"},
    {"type": "date"},
)
"""The types that are tried for a column of unknown type, in this order."""
MAX_COMBINED_COLUMNS = 4
"""Maximum number of columns of unknown type for which all combinations of types are tried (default 4).

Four columns have 4**4 = 256 combinations. With more columns, each attempt gives the
same type to all of them.
"""


def probe_schema(model: Any, schema: Schema) -> Schema:
    """Return the schema with types for the columns of type "any", and with tested values of `nullable`.

    A column stays "any" if the model accepts numbers and texts. `nullable` is tested
    for number columns that are nullable, and for the columns of formerly unknown type.
    If the model rejects all test rows, the schema is unchanged. Raises SchemaError if
    JSON cannot represent the classes of the model.
    """
    unknown = [index for index, column in enumerate(schema.columns) if column.type == "any" and not column.dropped]
    if unknown and schema.form != "documents":
        schema = _with_types(model, schema, unknown)
    return _with_nulls(model, schema, unknown)


def accepts(predictor: Predictor, columns: Columns) -> bool:
    """Return whether the model predicts the rows without a PredictionError."""
    try:
        predictor.predict(columns)
    except PredictionError:
        return False
    return True


def _with_types(model: Any, schema: Schema, unknown: Sequence[int]) -> Schema:
    for candidates in _combinations(len(unknown)):
        changed = schema.with_changes(dict(zip(unknown, candidates, strict=True)))
        if _accepts_an_example(model, changed):
            break
    else:
        return schema
    for index, candidate in zip(unknown, candidates, strict=True):
        if candidate is NUMBER and _accepts_an_example(model, changed.with_changes({index: TEXT})):
            changed = changed.with_changes({index: {"type": "any"}})  # numbers and texts are accepted
    return changed


def _combinations(count: int) -> Iterator[tuple[ColumnChanges, ...]]:
    if count <= MAX_COMBINED_COLUMNS:
        yield from product(CANDIDATES, repeat=count)
    else:
        yield from ((candidate,) * count for candidate in CANDIDATES)


def _accepts_an_example(model: Any, schema: Schema) -> bool:
    predictor = SklearnPredictor(model, schema)
    return any(accepts(predictor, example) for example in schema.example_rows())


def _with_nulls(model: Any, schema: Schema, unknown: Sequence[int]) -> Schema:
    """Test nulls in the columns whose type was unknown, and in the number columns that the schema calls nullable."""
    tested = [index for index, column in enumerate(schema.columns) if _may_be_null(column, index in unknown)]
    if not tested or not _accepts_an_example(model, schema):
        return schema
    all_nullable = _nullable(schema, tested, True)
    if _accepts_nulls(model, all_nullable, tested):
        return all_nullable
    accepted = [index for index in tested if _accepts_nulls(model, _nullable(schema, [index], True), [index])]
    return _nullable(_nullable(schema, tested, False), accepted, True)


def _may_be_null(column: Column, was_unknown: bool) -> bool:
    if column.dropped or column.type not in ("number", "date", "text", "category"):
        return False
    return was_unknown or (column.nullable and column.type == "number")


def _nullable(schema: Schema, indices: Sequence[int], nullable: bool) -> Schema:
    return schema.with_changes({index: {"nullable": nullable} for index in indices})


def _accepts_nulls(model: Any, schema: Schema, indices: Sequence[int]) -> bool:
    """Return whether the model accepts an example row with nulls in the columns at the positions `indices`."""
    predictor = SklearnPredictor(model, schema)
    try:
        nulls = {index: [schema.columns[index].validate(None)[0]] for index in indices}
    except InvalidValueError:
        return False
    return any(
        accepts(predictor, [nulls.get(index, values) for index, values in enumerate(example)])
        for example in schema.example_rows()
    )
