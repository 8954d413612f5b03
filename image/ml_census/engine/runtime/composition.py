"""Composed models: compiled models, and operations that combine their results, as in a VotingClassifier."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml_census.engine.runtime.linear.layered_model import LayeredModel
from ml_census.engine.runtime.linear.linear_model import FeatureMatrix
from ml_census.engine.runtime.operations import Operation, Shape
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.schema import Columns

Model = TreeEnsemble | FeatureMatrix | LayeredModel
"""The compiled form of a single model. LinearModel is a FeatureMatrix."""
MAX_WIDTH = 1_000_000
"""Maximum number of inputs and results of all parts for one row (default 1,000,000).

A few operations in a file could otherwise fill the memory. A forest of 1,000 trees and
100 classes has 100 results.
"""
PREDICT, PROBABILITIES, DECISION = "predict", "predict_proba", "decision_function"
"""Keys of Composition.outputs: the methods of scikit-learn that return these results."""


@dataclass(frozen=True)
class Part:
    """A step of a computation: a model that computes scores, or an operation on results of earlier parts."""

    source: Model | Operation
    results: tuple[int, ...] = ()
    """The positions of earlier parts.

    Their results are the inputs of an operation. For a model, the columns of these
    results follow the columns of the schema.
    """


@dataclass(frozen=True)
class Composition:
    """The parts of a composed model, in the order of the computation.

    Each part has only results of earlier parts as its inputs. So the file needs no
    nesting, and no part is computed twice. Raises ValueError if the fields are
    inconsistent.
    """

    column_count: int
    """The number of columns of the schema."""
    parts: Sequence[Part]
    outputs: Mapping[str, int]
    """Method of scikit-learn -> the position of the part with its result.

    `predict` is the class or the numbers. A classifier can also have the keys
    `predict_proba` and `decision_function`.
    """

    def __post_init__(self) -> None:
        """Raise ValueError if the fields are inconsistent."""
        if type(self.column_count) is not int or not {PREDICT} <= set(self.outputs):
            raise ValueError("a composed model needs a number of columns and the output predict")
        if any(type(index) is not int or not 0 <= index < len(self.parts) for index in self.outputs.values()):
            raise ValueError("an output is no part")
        used = (index for part in self.parts for index in part.results)
        if sum(shape.width for shape in self._shapes) + sum(self._shapes[index].width for index in used) > MAX_WIDTH:
            raise ValueError(f"the parts have more than {MAX_WIDTH} inputs and results for each row")
        predicted = self._shapes[self.outputs[PREDICT]]
        others = [self._shapes[index] for name, index in self.outputs.items() if name != PREDICT]
        if any(other.is_position for other in others) or (others and not predicted.is_position):
            raise ValueError("an output has another kind of result")
        if PROBABILITIES in self.outputs and self._shapes[self.outputs[PROBABILITIES]].width != predicted.width:
            raise ValueError("another number of probabilities than classes")

    @cached_property
    def _shapes(self) -> list[Shape]:
        """The shape of the result of each part. Raises ValueError if a part has invalid inputs."""
        shapes: list[Shape] = []
        for part in self.parts:
            if any(type(index) is not int or not 0 <= index < len(shapes) for index in part.results):
                raise ValueError("a part has a result of a later part as its input")
            inputs = [shapes[index] for index in part.results]
            if isinstance(part.source, Operation):
                shapes.append(part.source.shape(inputs))
            else:
                shapes.append(self._shape_of_scores(part.source, inputs))
        return shapes

    def _shape_of_scores(self, model: Model, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the scores of a model. Raises ValueError if its columns are not those of `inputs`."""
        count = self.column_count + sum(shape.width for shape in inputs)
        own = [(column, kind) for column, kind in model.inputs if column >= self.column_count]
        known = all(column < count and kind == "number" for column, kind in own)
        known = known and all(type(column) is int for column, _ in model.inputs)
        if not known or any(shape.is_position for shape in inputs):
            raise ValueError("a model has other columns than the results of its inputs")
        return Shape(model.score_count)

    @property
    def models(self) -> list[Model]:
        """The compiled models inside."""
        return [part.source for part in self.parts if not isinstance(part.source, Operation)]

    @property
    def is_classifier(self) -> bool:
        """True if the model predicts classes."""
        return self._shapes[self.outputs[PREDICT]].is_position

    @property
    def score_count(self) -> int:
        """The number of classes of a classifier, or the number of outputs of a regressor."""
        return self._shapes[self.outputs[PREDICT]].width

    @property
    def exact(self) -> bool:
        """True if the results equal those of scikit-learn to the last bit."""
        return all(part.source.exact for part in self.parts)

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """Position in the schema and required type ("number" or "category") of each column that the models read."""
        inputs = {pair for model in self.models for pair in model.inputs}
        return sorted((column, kind) for column, kind in inputs if column < self.column_count)

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the probabilities of a classifier, or the numbers of a regressor: (rows, score_count).

        A classifier must have the output `predict_proba`. Raises PredictionError and
        OSError as TreeEnsemble.scores() does.
        """
        (scores,) = self._results(columns, PROBABILITIES if self.is_classifier else PREDICT)
        return scores

    def positions(self, columns: Columns) -> np.ndarray:
        """Return the positions of the predicted classes of a classifier: integers (rows,). Raises as scores() does."""
        (positions,) = self._results(columns, PREDICT)
        return positions

    def positions_and_probabilities(self, columns: Columns) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the results of positions() and scores() from one computation, with None for no probabilities."""
        if PROBABILITIES not in self.outputs:
            return self.positions(columns), None
        positions, probabilities = self._results(columns, PREDICT, PROBABILITIES)
        return positions, probabilities

    def _results(self, columns: Columns, *names: str) -> list[np.ndarray]:
        """Return the results of some of the outputs."""
        results: dict[int, np.ndarray] = {}
        columns = self._with_arrays(columns)
        for index in self._needed[names]:
            part = self.parts[index]
            inputs = [results[earlier] for earlier in part.results]
            if isinstance(part.source, Operation):
                results[index] = part.source.apply(inputs)
            else:
                results[index] = _scores(part.source, columns, inputs)
        return [results[self.outputs[name]] for name in names]

    def _with_arrays(self, columns: Columns) -> Columns:
        """Return the columns with arrays in place of lists of numbers, so that each list is converted once.

        With arrays, 100 linear models of 10 columns took 13 ms for 2,000 rows. With
        lists, the models took 54 ms.
        """
        numbers = self._shared_numbers
        return [
            np.array(values, dtype=np.float64) if index in numbers else values  # type: ignore[misc]
            for index, values in enumerate(columns)
        ]

    @cached_property
    def _shared_numbers(self) -> set[int]:
        """The positions of the number columns that several models read."""
        read = [{column for column, kind in model.inputs if kind == "number"} for model in self.models]
        counts = Counter(column for columns in read for column in columns if column < self.column_count)
        return {column for column, count in counts.items() if count > 1}

    @cached_property
    def _needed(self) -> dict[tuple[str, ...], list[int]]:
        """Names of outputs -> the positions of the parts that their computation needs, in ascending order."""
        names = [(PREDICT,), *([(PROBABILITIES,), (PREDICT, PROBABILITIES)] if PROBABILITIES in self.outputs else [])]
        return {each: needed_parts(self.parts, [self.outputs[name] for name in each]) for each in names}


def needed_parts(parts: Sequence[Part], outputs: Sequence[int]) -> list[int]:
    """Return the positions of the parts that the computation of some results needs, in ascending order."""
    needed = set(outputs)
    for index in range(max(needed), -1, -1):
        if index in needed:
            needed.update(parts[index].results)
    return sorted(needed)


def _scores(model: Model, columns: Columns, inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the scores of a model: (rows, scores). XGBoost returns float32, and later operations then use float32."""
    if inputs:
        columns = [*columns, *(column for result in inputs for column in result.T)]
    scores = model.scores(columns)
    return scores.astype(np.float32) if getattr(model, "single", False) else scores
