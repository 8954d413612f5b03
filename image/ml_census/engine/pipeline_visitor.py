"""Follow columns through the steps of a fitted scikit-learn pipeline (visitor pattern).

PipelineVisitor handles the steps that contain other steps or that only select columns:
Pipeline, FeatureUnion, ColumnTransformer, feature selection and "passthrough". A
subclass handles all other steps in transform(). The subclass also chooses the type that
represents a column, the type parameter Item.

Two subclasses exist. The subclass in compiler.pipeline computes features. The subclass
in models.schema_inference collects facts about the input columns.
"""

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from ml_census.engine.sklearn_internals import input_indices

Item = TypeVar("Item")


class PipelineVisitor(ABC, Generic[Item]):
    """Base class that computes the output columns of a fitted step from its input columns. An Item is one column."""

    @abstractmethod
    def transform(self, step: Any, columns: list[Item]) -> list[Item]:
        """Return the output columns of a step that visit() does not handle, such as a scaler or an encoder."""

    def is_a(self, step: Any, step_class: type) -> bool:
        """Return whether visit() treats a step as an instance of `step_class`.

        The default is isinstance. A subclass can require the exact class.
        """
        return isinstance(step, step_class)

    def is_selector(self, step: Any, columns: list[Item]) -> bool:
        """Return whether a step only selects some of its input columns. get_support() then returns the selection."""
        return isinstance(step, SelectorMixin)

    def on_part(self, transformer: Any, columns: list[Item]) -> None:  # noqa: B027 (optional)
        """Record the input columns of one transformer in a ColumnTransformer, before visit() visits the transformer.

        `transformer` can be "drop" or "passthrough". The default does nothing.
        """

    def weigh(self, step: FeatureUnion | ColumnTransformer, name: str, columns: list[Item]) -> list[Item]:
        """Return the output columns of the transformer `name` times its weight. The default ignores the weight."""
        return columns

    def visit(self, step: Any, columns: list[Item]) -> list[Item]:
        """Return the output columns of a fitted step; an empty list for "drop".

        Raises SklearnInternalsError if a private attribute of a ColumnTransformer is
        missing, and all exceptions that transform() raises.
        """
        if step is None or isinstance(step, str):
            return columns if step in (None, "passthrough") else []
        if self.is_a(step, Pipeline):
            return self._visit_chain(step, columns)
        if self.is_a(step, FeatureUnion):
            return self._visit_union(step, columns)
        if self.is_a(step, ColumnTransformer):
            return self._visit_parts(step, columns)
        return self._visit_single(step, columns)

    def _visit_single(self, step: Any, columns: list[Item]) -> list[Item]:
        """Return the output columns of a step that does not contain other steps by name."""
        if self.is_selector(step, columns):
            return [column for column, selected in zip(columns, step.get_support(), strict=True) if selected]
        if self.is_a(step, FunctionTransformer) and step.func is None:
            return columns
        return self.transform(step, columns)

    def _visit_chain(self, step: Pipeline, columns: list[Item]) -> list[Item]:
        for _, inner in step.steps:
            columns = self.visit(inner, columns)
        return columns

    def _visit_union(self, step: FeatureUnion, columns: list[Item]) -> list[Item]:
        parts = ((name, self.visit(inner, columns)) for name, inner in step.transformer_list)
        return [column for name, part in parts for column in self.weigh(step, name, part)]

    def _visit_parts(self, step: ColumnTransformer, columns: list[Item]) -> list[Item]:
        outputs: list[Item] = []
        for name, inner, _ in step.transformers_:
            inputs = [columns[index] for index in input_indices(step, name)] if columns else []
            self.on_part(inner, inputs)
            outputs += self.weigh(step, name, self.visit(inner, inputs)) if inputs else []
        return outputs
