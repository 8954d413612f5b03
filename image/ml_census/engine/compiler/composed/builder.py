"""Build a Composition: compile the inner estimators, and add operations on their results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RANSACRegressor
from sklearn.pipeline import Pipeline

from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.pipeline_tracer import apply_step
from ml_census.engine.compiler.pipeline.refusals import require_class_methods
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import (
    DECISION,
    PREDICT,
    PROBABILITIES,
    Composition,
    Model,
    Part,
    needed_parts,
)
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.links import LIBRARY_LINKS
from ml_census.engine.runtime.operations import Operation, Shape
from ml_census.engine.runtime.operations.general import Choose, Link
from ml_census.schema import Column, Schema


class SelectedColumns:
    """Step that selects columns of an array, by their positions."""

    def __init__(self, indices: Sequence[int]) -> None:
        """Initialize with the positions of the columns. A position can occur several times."""
        self.indices = [int(index) for index in indices]

    def get_support(self) -> list[int]:
        """Return the positions of the columns."""
        return self.indices

    def transform(self, rows: Any) -> Any:
        """Return the columns of an array, a sparse matrix or a DataFrame, which becomes an array."""
        return (rows if hasattr(rows, "tocsr") else np.asarray(rows))[:, self.indices]


@dataclass(frozen=True)
class EstimatorInput:
    """The input of one estimator: of the model, of the last step of a pipeline, or of an inner estimator."""

    schema: Schema
    """The columns that the compiled estimator reads."""
    features: list[Feature]
    """The input columns of the estimator, each computed from a column of `schema`."""
    given: Schema
    """The columns of the whole model."""
    steps: tuple[Any, ...]
    """The fitted steps between the columns of the whole model and this estimator."""
    compile_estimator: "Callable[[Any, EstimatorInput], CompiledPredictor]"
    """Function that compiles an estimator with its input. Raises UnsupportedModelError."""

    def of_columns(self, indices: Sequence[int]) -> "EstimatorInput":
        """Return the input of an estimator that takes some of the columns, by their positions."""
        steps = (*self.steps, SelectedColumns(indices))
        return replace(self, features=[self.features[index] for index in indices], steps=steps)

    def with_results(self, count: int, step: Any) -> "EstimatorInput":
        """Return the input of an estimator that also takes `count` results of other estimators, after the columns.

        `step` is a fitted step whose transform() returns the rows of the estimator.
        """
        columns = self.schema.columns
        results = tuple(Column(f"result {index}", "number") for index in range(count))
        features = [NumericFeature(len(columns) + index) for index in range(count)]
        schema = replace(self.schema, columns=(*columns, *results))
        return replace(self, schema=schema, features=[*self.features, *features], steps=(*self.steps, step))

    def after(self, model: Any) -> "tuple[Any, EstimatorInput]":
        """Return the estimator that predicts inside a pipeline or another wrapper, and the input of this estimator.

        Raises UnsupportedModelError if the compiler does not support a step of the
        pipeline.
        """
        inputs = self
        require_class_methods(model)
        while (inner := _inner_model(model)) is not model:
            if type(model) is Pipeline:
                for _, step in model.steps[:-1]:
                    features = apply_step(step, inputs.features)
                    inputs = replace(inputs, features=features, steps=(*inputs.steps, step))
            model = inner
            require_class_methods(model)
        return model, inputs


def _inner_model(model: Any) -> Any:
    """Return the estimator that predicts inside a search, a Pipeline or another wrapper, or any other model itself."""
    if type(model) is FrozenEstimator:
        return model.estimator
    if type(model) is RANSACRegressor:
        return model.estimator_
    return model.steps[-1][1] if type(model) is Pipeline else getattr(model, "best_estimator_", model)


Responses = Mapping[str, int]
"""Method of an estimator in scikit-learn -> the position of the part with its result."""


@dataclass
class Builder:
    """Collector of the parts of one composed estimator."""

    inputs: EstimatorInput
    parts: list[Part] = field(default_factory=list)

    def add(self, source: Model | Operation, results: Sequence[int] = ()) -> int:
        """Add a part with the results of earlier parts as its inputs, and return its position."""
        self.parts.append(Part(source, tuple(results)))
        return len(self.parts) - 1

    def add_estimator(
        self, estimator: Any, inputs: EstimatorInput | None = None, results: Sequence[int] = ()
    ) -> Responses:
        """Compile an inner estimator, and return the positions of its results.

        `inputs` is the input of the estimator, or None for the input of the composed
        estimator. `results` are the parts whose results the estimator takes after the
        columns. Raises UnsupportedModelError if the compiler does not support the
        estimator.
        """
        inputs = inputs or self.inputs
        compiled = inputs.compile_estimator(estimator, inputs)
        if isinstance(compiled.scoring, Composition):
            return self._add_composition(compiled.scoring, results)
        return self._add_model(compiled, compiled.scoring, results, hasattr(estimator, DECISION))

    def _add_model(
        self, compiled: CompiledPredictor, model: Model, results: Sequence[int], has_decision: bool
    ) -> Responses:
        scores = self.add(model, results)
        if compiled.classes is None:
            return {PREDICT: self.add(Link(compiled.link or "identity"), [scores])}
        is_decision = has_decision and (compiled.scoring.score_count == 1) == (len(compiled.classes) == 2)
        responses = {DECISION: scores} if is_decision else {}
        if compiled.link is not None:
            responses[PROBABILITIES] = self.add(Link(compiled.link), [scores])
        compared = responses[PROBABILITIES] if compiled.link in LIBRARY_LINKS else scores
        return responses | {PREDICT: self.add(Choose(compiled.zero_is_second), [compared])}

    def _add_composition(self, composition: Composition, results: Sequence[int]) -> Responses:
        first = len(self.parts)
        for part in composition.parts:
            own = [first + index for index in part.results]
            self.add(part.source, own if isinstance(part.source, Operation) else [*results, *own])
        return {name: first + index for name, index in composition.outputs.items()}

    def shape_of(self, index: int) -> Shape:
        """Return the shape of the result of a part."""
        part = self.parts[index]
        if isinstance(part.source, Operation):
            return part.source.shape([self.shape_of(earlier) for earlier in part.results])
        return Shape(part.source.score_count)

    def build(self, classes: list[Any] | None, outputs: Responses, flat: bool = True) -> CompiledPredictor:
        """Return the compiled estimator. `outputs` are the positions of its results; other parts are left out."""
        kept = needed_parts(self.parts, list(outputs.values()))
        position = {index: new for new, index in enumerate(kept)}
        parts = [
            replace(self.parts[index], results=tuple(position[earlier] for earlier in self.parts[index].results))
            for index in kept
        ]
        renumbered = {name: position[index] for name, index in outputs.items()}
        composition = Composition(len(self.inputs.schema.columns), parts, renumbered)
        link = "identity" if classes is None or PROBABILITIES in outputs else None
        return CompiledPredictor(self.inputs.schema, composition, classes, link, flat)


def response(estimator: Any, responses: Responses, *methods: str) -> int:
    """Return the position of the result of the first method that a fitted estimator has.

    Raises UnsupportedModelError if the compiled estimator does not have the result of
    this method.
    """
    method = next((name for name in methods if hasattr(estimator, name)), methods[0])
    if method not in responses:
        raise UnsupportedModelError(f"no rule for {method} of a {type(estimator).__name__}")
    return responses[method]


def members_of(model: Any, estimators: Sequence[Any]) -> list[Any]:
    """Return the inner estimators of a classifier. Raises UnsupportedModelError if one has other classes.

    The model encodes its classes as 0, 1, 2, ... before it fits the inner estimators.
    """
    expected = list(range(len(model.classes_)))
    for estimator in estimators:
        if list(estimator.classes_) != expected:
            raise UnsupportedModelError(f"no rule for a {type(model).__name__} whose estimators know other classes")
    return list(estimators)
