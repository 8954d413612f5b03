"""Learn by prediction what a model takes: rows are made from the schema until the model answers one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from ml_census.engine.predictor import PredictionError, Predictor
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.schema.column import Column, InvalidValueError
from ml_census.schema.schema import Columns, Schema

KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "number"},
    {"kind": "text"},
    {"kind": "category", "categories": (False, True), "dtype": "bool"},
    {"kind": "date"},
)
"""What a column may be of which the model tells nothing, in the order in which it is tried."""
MAX_COLUMNS = 4
"""Maximum number of such columns whose kinds are tried in all combinations: 256 of them. More are tried alike."""


def probed(model: Any, schema: Schema) -> Schema:
    """The schema with the kinds of its open columns, and with missing values in the columns where the model answers
    them. What the model does not answer is left as it is."""
    places = [place for place, column in enumerate(schema.columns) if column.kind == "any" and not column.dropped]
    if places and schema.form != "documents":
        schema = _with_kinds(model, schema, places)
    return _with_missing(model, schema, places)


def answers(predictor: Predictor, columns: Columns) -> bool:
    """Whether the model predicts the rows."""
    try:
        predictor.predict(columns)
    except PredictionError:
        return False
    return True


def _with_kinds(model: Any, schema: Schema, places: Sequence[int]) -> Schema:
    for kinds in _combinations(len(places)):
        tried = _changed(schema, dict(zip(places, kinds, strict=True)))
        if _answers_its_example(model, tried):
            break
    else:
        return schema
    for place, kind in zip(places, kinds, strict=True):
        if kind is KINDS[0] and _answers_its_example(model, _changed(tried, {place: KINDS[1]})):
            tried = _changed(tried, {place: {"kind": "any"}})  # numbers and text alike: the model does not tell
    return tried


def _combinations(count: int) -> Iterator[tuple[dict[str, Any], ...]]:
    if count <= MAX_COLUMNS:
        yield from product(KINDS, repeat=count)
    else:
        yield from ((kind,) * count for kind in KINDS)


def _changed(schema: Schema, changes: dict[int, dict[str, Any]]) -> Schema:
    columns = tuple(replace(column, **changes.get(place, {})) for place, column in enumerate(schema.columns))
    form = schema.form
    if form in ("objects", "numbers"):
        form = "numbers" if all(column.kind == "number" for column in columns) else "objects"
    return Schema(columns, form)


def _answers_its_example(model: Any, schema: Schema) -> bool:
    original = SklearnPredictor(model, schema)
    return any(answers(original, example) for example in schema.examples())


def _with_missing(model: Any, schema: Schema, places: Sequence[int]) -> Schema:
    """Where a column was open, or is said to take missing values, the model is asked whether it does."""
    asked = [place for place, column in enumerate(schema.columns)
             if not column.dropped and column.kind in ("number", "date", "text", "category")
             and (place in places or (column.nullable and column.kind == "number"))]  # fmt: skip
    if not asked or not _answers_its_example(model, schema):
        return schema
    together = _nullable(schema, asked, True)
    if _answers_missing(model, together, asked):
        return together
    alone = [place for place in asked if _answers_missing(model, _nullable(schema, [place], True), [place])]
    return _nullable(_nullable(schema, asked, False), alone, True)


def _nullable(schema: Schema, places: Sequence[int], nullable: bool) -> Schema:
    return _changed(schema, {place: {"nullable": nullable} for place in places})


def _answers_missing(model: Any, schema: Schema, places: Sequence[int]) -> bool:
    original = SklearnPredictor(model, schema)
    for example in schema.examples():
        try:
            missing = {place: [_missing(schema.columns[place])] for place in places}
        except InvalidValueError:
            return False
        if answers(original, [missing.get(place, values) for place, values in enumerate(example)]):
            return True
    return False


def _missing(column: Column) -> Any:
    return column.clean(None)[0]
