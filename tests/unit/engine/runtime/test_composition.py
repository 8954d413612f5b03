"""Composed models compute only what an output needs, and accept only parts that match each other."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml_census.engine.runtime.composition import MAX_WIDTH, Composition, Part, needed_parts
from ml_census.engine.runtime.linear.linear_model import LinearModel, NumericFeature
from ml_census.engine.runtime.operations.general import Choose, Link, Mean
from support.compiled_files import COMPOSED, Change, all_of, array, assert_rejected, setting, without_array

SUM = LinearModel([], [(0, NumericFeature(0)), (1, NumericFeature(1))], np.array([1.0, 1.0]), np.zeros(1))
TWICE_THE_RESULT = LinearModel([], [(0, NumericFeature(2))], np.array([2.0]), np.zeros(1))
PARTS = [Part(SUM), Part(Link("logistic"), (0,)), Part(Choose(), (0,))]
CLASSIFIER = Composition(2, PARTS, {"predict": 2, "predict_proba": 1, "decision_function": 0})
FRACTION = LinearModel([], [(0, NumericFeature(2.5))], np.array([2.0]), np.zeros(1))  # type: ignore[arg-type]
CHAIN = Composition(2, [Part(SUM), Part(TWICE_THE_RESULT, (0,))], {"predict": 1})


def test_model_reads_results_of_earlier_parts_after_the_columns() -> None:
    assert CHAIN.scores([[1.0, 2.0], [10.0, 20.0]]).tolist() == [[22.0], [44.0]]
    assert CHAIN.scores([[1.0], [10.0]]).tolist() == [[22.0]]


def test_inputs_are_columns_of_the_schema_alone() -> None:
    assert CHAIN.inputs == [(0, "number"), (1, "number")]


def test_classifier_has_a_score_for_each_class() -> None:
    assert (CLASSIFIER.is_classifier, CLASSIFIER.score_count) == (True, 2)
    assert CLASSIFIER.positions([[1.0, -5.0], [2.0, 2.0]]).tolist() == [1, 0]
    assert CLASSIFIER.scores([[0.0], [0.0]]).tolist() == [[0.5, 0.5]]


def test_positions_and_probabilities_come_from_one_computation() -> None:
    columns = [[1.0, -5.0], [2.0, 2.0]]

    positions, probabilities = CLASSIFIER.positions_and_probabilities(columns)

    assert positions.tolist() == CLASSIFIER.positions(columns).tolist()
    assert probabilities is not None
    assert probabilities.tolist() == CLASSIFIER.scores(columns).tolist()


def test_classifier_without_probabilities_has_positions_alone() -> None:
    positions, probabilities = replace(CLASSIFIER, outputs={"predict": 2}).positions_and_probabilities([[1.0], [2.0]])

    assert (positions.tolist(), probabilities) == ([1], None)


def test_parts_that_an_output_does_not_need_are_left_out() -> None:
    parts = [*PARTS, Part(Mean(), (1, 1))]

    assert needed_parts(parts, [2]) == [0, 2]
    assert needed_parts(parts, [3]) == [0, 1, 3]


def test_one_inexact_part_makes_the_results_inexact() -> None:
    assert not CLASSIFIER.exact


INVALID: dict[str, dict[str, Any]] = {
    "no part": {"parts": []},
    "no prediction": {"outputs": {"predict_proba": 1}},
    "an output that is no part": {"outputs": {"predict": 3}},
    "a negative output": {"outputs": {"predict": -1}},
    "an output that is a number": {"outputs": {"predict": 2.0}},
    "a part that is its own input": {"parts": [Part(SUM), Part(Link("logistic"), (1,)), Part(Choose(), (0,))]},
    "a later part as an input": {"parts": [Part(SUM), Part(Link("logistic"), (2,)), Part(Choose(), (0,))]},
    "a negative input": {"parts": [Part(SUM), Part(Link("logistic"), (-1,)), Part(Choose(), (0,))]},
    "an input that is a text": {"parts": [Part(SUM), Part(Link("logistic"), ("0",)), Part(Choose(), (0,))]},  # type: ignore[arg-type]
    "a model of more columns": {"column_count": 1},
    "a column that is a fraction": {"parts": [*PARTS, Part(FRACTION, (1,))]},
    "a model of classes": {"parts": [*PARTS, Part(TWICE_THE_RESULT, (2,))]},
    "probabilities that are classes": {"outputs": {"predict": 2, "predict_proba": 2}},
    "fewer probabilities than classes": {"outputs": {"predict": 2, "predict_proba": 0}},
    "probabilities of numbers": {"outputs": {"predict": 0, "predict_proba": 1}},
    "a text as the number of columns": {"column_count": "2"},
}


@pytest.mark.parametrize("changes", INVALID.values(), ids=INVALID.keys())
def test_parts_that_do_not_match_are_rejected(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(CLASSIFIER, **changes)


def test_parts_that_grow_without_bound_are_rejected() -> None:
    wide = LinearModel([], [], np.zeros((MAX_WIDTH // 2 + 1, 0)), np.zeros(MAX_WIDTH // 2 + 1))

    with pytest.raises(ValueError, match=f"more than {MAX_WIDTH} inputs and results"):
        Composition(1, [Part(wide), Part(Mean(), (0, 0))], {"predict": 1})


TREE, MEAN = 0, 4
"""Positions of parts in the file of the VotingClassifier."""
DAMAGED: dict[str, Change] = {
    "a column as a fraction, beside a whole number": setting("parts", 2, "numbers", 0, "column", value=0.0),
    "an operation that is not known": setting("parts", MEAN, "operation", value="Product"),
    "an operation that is a list": setting("parts", MEAN, "operation", value=["Mean"]),
    "a field that is not known": setting("parts", MEAN, "fields", "power", value=2),
    "fields that are a list": setting("parts", MEAN, "fields", value=[None]),
    "a weight too few": setting("parts", MEAN, "fields", "weights", value=[1]),
    "a result too many": setting("parts", MEAN, "results", value=[1, 3, 1]),
    "a result of itself": setting("parts", MEAN, "results", value=[1, 4]),
    "results as a number": setting("parts", MEAN, "results", value=1),
    "results as a text": setting("parts", MEAN, "results", value="13"),
    "a model inside a model": setting("parts", TREE, value={"parts": [], "outputs": {}, "columns": 2}),
    "no array of a model": without_array("part0.nodes"),
    "arrays of another model": array("part2.weights", lambda weights: weights[:, :1]),
    "a number of columns too few": setting("columns", value=1),
    "a number of columns too many": setting("columns", value=3),
    "no parts": setting("parts", value=[]),
    "parts as a number": setting("parts", value=7),
    "outputs as a list": setting("outputs", value=[4, 5]),
    "classes in place of probabilities": setting("outputs", value={"predict": 5, "predict_proba": 5}),
    "no probabilities, but a link": setting("outputs", value={"predict": 5}),
    "probabilities, but no link": setting("link", value=None),
    "probabilities converted twice": setting("link", value="softmax"),
    "a regressor that predicts classes": all_of(
        setting("classes", value=None), setting("outputs", value={"predict": 5})
    ),
    "a classifier that predicts numbers": setting("outputs", value={"predict": 4}),
    "a million results": setting("parts", value=[{"operation": "Mean", "fields": {}, "results": [0]}] * 1000),
}


@pytest.mark.parametrize("change", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_file_of_a_composed_model_is_rejected(change: Change) -> None:
    assert_rejected(COMPOSED, change)


def test_numbers_that_several_models_read_are_converted_once() -> None:
    two = Composition(2, [Part(SUM), Part(SUM), Part(Mean(), (0, 1))], {"predict": 2})

    assert two.scores([[1, 2], [10, 20]]).tolist() == [[11.0], [22.0]]
    assert all(isinstance(values, np.ndarray) for values in two._with_arrays([[1], [2]]))
    assert not any(isinstance(values, np.ndarray) for values in CHAIN._with_arrays([[1], [2]]))
