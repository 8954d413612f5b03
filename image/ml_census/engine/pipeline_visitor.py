"""Follow columns through a fitted scikit-learn pipeline: the interpreter that all readers of pipelines share.

PipelineVisitor knows the steps that hold other steps or only route columns: Pipeline, FeatureUnion, ColumnTransformer,
selectors and "passthrough". A subclass decides what it records of a column (the type parameter Item), and transform()
says what each other step does to its columns. There are two: compiler.pipeline computes features, and
models.schema_inference collects what the steps state about the input columns.
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
    """Compute the output columns of fitted steps from their input columns. A column is one Item."""

    @abstractmethod
    def transform(self, step: Any, columns: list[Item]) -> list[Item]:
        """Return the output columns of a step that holds no other step and does not only route columns."""

    def is_a(self, step: Any, step_class: type) -> bool:
        """Return whether a step may be treated as one of this class."""
        return isinstance(step, step_class)

    def is_selector(self, step: Any, columns: list[Item]) -> bool:
        """Return whether a step only selects some of the columns, by get_support()."""
        return isinstance(step, SelectorMixin)

    def on_part(self, transformer: Any, columns: list[Item]) -> None:  # noqa: B027 (optional)
        """Note which columns a part of a ColumnTransformer takes; the part may be "drop"."""

    def visit(self, step: Any, columns: list[Item]) -> list[Item]:
        """Return the output columns of a fitted step."""
        if step is None or (isinstance(step, str) and step == "passthrough"):
            return columns
        if isinstance(step, str):
            return []  # "drop"
        if self.is_a(step, Pipeline):
            for _, inner in step.steps:
                columns = self.visit(inner, columns)
            return columns
        if self.is_a(step, FeatureUnion):
            return [column for _, inner in step.transformer_list for column in self.visit(inner, columns)]
        if self.is_a(step, ColumnTransformer):
            return self._visit_parts(step, columns)
        if self.is_selector(step, columns):
            return [column for column, selected in zip(columns, step.get_support(), strict=True) if selected]
        if self.is_a(step, FunctionTransformer) and step.func is None:
            return columns
        return self.transform(step, columns)

    def _visit_parts(self, step: ColumnTransformer, columns: list[Item]) -> list[Item]:
        outputs: list[Item] = []
        for name, inner, _ in step.transformers_:
            inputs = [columns[index] for index in input_indices(step, name)] if columns else []
            self.on_part(inner, inputs)
            outputs += self.visit(inner, inputs) if inputs else []
        return outputs
