"""A compiled model that answers otherwise is caught, and the original serves."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import CategoryEncoder, ThresholdEncoder
from ml_census.engine.runtime.kernel import LEAF_SPAN
from ml_census.engine.runtime.linear_model import LinearModel, NumericFeature
from ml_census.engine.runtime.tree_ensemble import TreeEnsemble
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema.column import Column
from ml_census.schema.schema import Schema
from support.compile_cases import FRAME, LABELS, columns_of, encoded

RANDOM = np.random.default_rng(3)
NUMBERS = RANDOM.normal(size=(300, 2))
CLASSES = (NUMBERS[:, 0] + NUMBERS[:, 1] ** 2 + RANDOM.normal(size=300) / 3 > 0.5).astype(int)
THREE = CLASSES + (NUMBERS[:, 1] > 0.7)
GAPS = np.where(RANDOM.random((300, 2)) < 0.2, np.nan, NUMBERS)
NULLABLE = Schema((Column(0, "number", nullable=True), Column(1, "number", nullable=True)), "numbers")

Break = Callable[[CompiledPredictor], CompiledPredictor]


def trees(compiled: CompiledPredictor) -> TreeEnsemble:
    assert isinstance(compiled.scoring, TreeEnsemble)
    return compiled.scoring


def linear(compiled: CompiledPredictor) -> LinearModel:
    assert isinstance(compiled.scoring, LinearModel)
    return compiled.scoring


def with_trees(**changes: Callable[[TreeEnsemble], Any]) -> Break:
    return lambda compiled: replace(
        compiled, scoring=replace(trees(compiled), **{name: new(trees(compiled)) for name, new in changes.items()})
    )


def with_linear(**changes: Callable[[LinearModel], Any]) -> Break:
    return lambda compiled: replace(
        compiled, scoring=replace(linear(compiled), **{name: new(linear(compiled)) for name, new in changes.items()})
    )


def changed(array: np.ndarray, place: Any, value: Any) -> np.ndarray:
    copy = array.copy()
    copy[place] = value
    return copy


def rounded_to_float32(made: TreeEnsemble) -> list[Any]:
    """Thresholds of which float64 numbers are above that scikit-learn rounds to below."""
    encoders = [encoder for encoder in made.encoders if isinstance(encoder, ThresholdEncoder)]
    return [
        ThresholdEncoder(one.column, one.thresholds.astype(np.float32).astype(float), one.low, one.high)
        for one in encoders
    ]


def one_ulp_up(made: TreeEnsemble) -> list[Any]:
    first, *rest = made.encoders
    assert isinstance(first, ThresholdEncoder)
    middle = len(first.thresholds) // 2
    moved = changed(first.thresholds, middle, np.nextafter(first.thresholds[middle], np.inf))
    return [ThresholdEncoder(first.column, moved, first.low, first.high), *rest]


def leaves_swapped(made: TreeEnsemble) -> np.ndarray:
    leaves = np.flatnonzero(made.nodes[:, 2] == LEAF_SPAN)
    one = leaves[0]
    other = next(
        place for place in leaves if (made.values[made.nodes[place, 1]] != made.values[made.nodes[one, 1]]).any()
    )
    return changed(made.nodes, ([one, other], 1), made.nodes[[other, one], 1])


def missing_the_other_way(made: TreeEnsemble) -> np.ndarray:
    inner = np.flatnonzero(made.nodes[:, 2] != LEAF_SPAN)
    root = made.roots[0]
    assert root in inner
    right = int(made.nodes[root, 1]) + int(made.nodes[root, 2]) == 2**32
    return changed(made.nodes, (root, 2), int(made.nodes[root, 2]) + (-1 if right else 1))


def exchanged(encoders: Any, place: int = 0) -> list[Any]:
    made = list(encoders)
    one = next(encoder for encoder in made if isinstance(encoder, CategoryEncoder))
    values = [one.values[1], one.values[0], *one.values[2:]]
    made[made.index(one)] = CategoryEncoder(one.column, values)
    return made


class UnknownIsFirst(CategoryEncoder):
    def __init__(self, like: CategoryEncoder) -> None:
        super().__init__(like.column, like.values)
        self.unknown = 1


def unknown_is_first(made: TreeEnsemble) -> list[Any]:
    return [UnknownIsFirst(encoder) if isinstance(encoder, CategoryEncoder) else encoder for encoder in made.encoders]


def without(operation: str) -> Callable[[LinearModel], Any]:
    return lambda made: [
        (place, NumericFeature(number.column, tuple(one for one in number.operations if one[0] != operation)))
        for place, number in made.numbers
    ]


@dataclass(frozen=True)
class Wrong:
    """A model, and what is broken in its compiled form; the schema by hand if the model does not tell it."""

    model: Callable[[], Any]
    broken: Break
    schema: Schema | None = None


def tree() -> Any:
    return DecisionTreeClassifier(max_depth=3, random_state=0).fit(NUMBERS, CLASSES)


def forest(rows: Any = NUMBERS, labels: Any = CLASSES) -> Any:
    return RandomForestClassifier(5, max_depth=3, random_state=0).fit(rows, labels)


def with_categories() -> Any:
    return encoded(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=99)).model


def one_hot() -> Any:
    columns = columns_of((OneHotEncoder(handle_unknown="ignore"), ["workclass", "sex"]), remainder="drop")
    return make_pipeline(columns, RandomForestClassifier(5, random_state=0)).fit(FRAME, LABELS)


def logistic() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(NUMBERS, CLASSES)


def after_one_hot() -> Any:
    columns = columns_of((OneHotEncoder(handle_unknown="ignore"), ["workclass", "sex"]), (StandardScaler(), ["age"]))
    return make_pipeline(columns, LogisticRegression()).fit(FRAME, LABELS)


def imputed() -> Any:
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(GAPS, CLASSES)


def histogram(labels: Any = CLASSES) -> Any:
    return HistGradientBoostingClassifier(max_iter=3, max_depth=3, random_state=0).fit(GAPS, labels)


def with_sets() -> Any:
    codes = np.column_stack([np.arange(300) % 12, NUMBERS[:, 0]])
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[0], min_samples_leaf=5, random_state=0)
    return model.fit(codes, np.arange(300) % 12 % 5 % 2)


def boosted() -> Any:
    return GradientBoostingClassifier(n_estimators=3, random_state=0).fit(NUMBERS, CLASSES)


WRONG = {
    "thresholds rounded to float32": Wrong(tree, with_trees(encoders=rounded_to_float32)),
    "a threshold moved by one ulp": Wrong(tree, with_trees(encoders=one_ulp_up)),
    "a threshold moved by one ulp in a forest": Wrong(forest, with_trees(encoders=one_ulp_up)),
    "a threshold moved by one ulp, boosted": Wrong(histogram, with_trees(encoders=one_ulp_up)),
    "two leaves swapped": Wrong(forest, with_trees(nodes=leaves_swapped)),
    "a leaf changed by one ulp": Wrong(
        forest, with_trees(values=lambda made: changed(made.values, (0, 0), np.nextafter(made.values[0, 0], 2)))
    ),
    "the trees in another order of outputs": Wrong(
        lambda: histogram(THREE), with_trees(outputs=lambda made: made.outputs[::-1].copy())
    ),
    "a tree left out": Wrong(
        forest, with_trees(roots=lambda made: made.roots[:-1], outputs=lambda made: made.outputs[:-1])
    ),
    "a tree left out of the mean": Wrong(
        forest,
        with_trees(
            roots=lambda made: made.roots[:-1],
            outputs=lambda made: made.outputs[:-1],
            divisor=lambda made: made.divisor - 1,
        ),
    ),
    "the sum in place of the mean": Wrong(forest, with_trees(divisor=lambda made: 1)),
    "where boosting starts": Wrong(histogram, with_trees(base=lambda made: made.base + 1e-6)),
    "missing goes the other way": Wrong(lambda: forest(GAPS), with_trees(nodes=missing_the_other_way), NULLABLE),
    "missing goes the other way, boosted": Wrong(histogram, with_trees(nodes=missing_the_other_way)),
    "two categories exchanged": Wrong(with_categories, with_trees(encoders=lambda made: exchanged(made.encoders))),
    "two categories exchanged, one-hot": Wrong(one_hot, with_trees(encoders=lambda made: exchanged(made.encoders))),
    "two categories exchanged, in a set": Wrong(with_sets, with_trees(encoders=lambda made: exchanged(made.encoders))),
    "a bit of a set": Wrong(with_sets, with_trees(bitsets=lambda made: made.bitsets ^ 0b1000)),
    "two categories exchanged, linear": Wrong(
        after_one_hot,
        with_linear(tables=lambda made: [replace(one, encoder=exchanged([one.encoder])[0]) for one in made.tables]),
    ),
    "an unknown category is the first": Wrong(with_categories, with_trees(encoders=unknown_is_first)),
    "an unknown category is the first, one-hot": Wrong(one_hot, with_trees(encoders=unknown_is_first)),
    "an unknown category is the first, linear": Wrong(
        after_one_hot,
        with_linear(tables=lambda made: [replace(one, encoder=UnknownIsFirst(one.encoder)) for one in made.tables]),
    ),
    "classes reversed": Wrong(tree, lambda compiled: replace(compiled, classes=(compiled.classes or [])[::-1])),
    "classes of another type": Wrong(
        tree, lambda compiled: replace(compiled, classes=[str(value) for value in compiled.classes or []])
    ),
    "the second class at 0.5": Wrong(tree, lambda compiled: replace(compiled, classes=[*(compiled.classes or []), 2])),
    "no link": Wrong(histogram, lambda compiled: replace(compiled, link="identity")),
    "no link, multi-class": Wrong(lambda: histogram(THREE), lambda compiled: replace(compiled, link="identity")),
    "no link, linear": Wrong(logistic, lambda compiled: replace(compiled, link="identity")),
    "another link": Wrong(boosted, lambda compiled: replace(compiled, link="half_logistic")),
    "no link, numbers": Wrong(
        lambda: HistGradientBoostingRegressor(max_iter=3, loss="poisson").fit(NUMBERS, CLASSES + 1.0),
        lambda compiled: replace(compiled, link="identity"),
    ),
    "no probabilities": Wrong(tree, lambda compiled: replace(compiled, link=None)),
    "probabilities that it has not": Wrong(
        lambda: RidgeClassifier().fit(NUMBERS, CLASSES), lambda compiled: replace(compiled, link="logistic")
    ),
    "a list a row": Wrong(
        lambda: RandomForestRegressor(3, random_state=0).fit(NUMBERS, CLASSES * 1.5),
        lambda compiled: replace(compiled, flat=False),
    ),
    "a weight changed": Wrong(
        logistic, with_linear(weights=lambda made: changed(made.weights, (0, 1), made.weights[0, 1] + 1e-6))
    ),
    "a weight changed, numbers": Wrong(
        lambda: LinearRegression().fit(NUMBERS, CLASSES),
        with_linear(weights=lambda made: changed(made.weights, 1, made.weights[1] + 1e-6)),
    ),
    "a weight changed, labels alone": Wrong(
        lambda: RidgeClassifier().fit(NUMBERS, CLASSES), with_linear(weights=lambda made: made.weights * [[1, -1]])
    ),
    "no mean taken away": Wrong(logistic, with_linear(numbers=without("subtract"))),
    "nothing filled in": Wrong(imputed, with_linear(numbers=without("fill"))),
    "nothing clipped": Wrong(
        lambda: make_pipeline(MinMaxScaler(clip=True), LogisticRegression()).fit(NUMBERS, CLASSES),
        with_linear(numbers=without("clip")),
    ),
    "nothing refused": Wrong(
        lambda: make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=3)).fit(NUMBERS / 1e3, CLASSES),
        with_trees(
            encoders=lambda made: [
                ThresholdEncoder(one.column, one.thresholds, -np.inf, np.inf) for one in made.encoders
            ]  # type: ignore[union-attr]
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_compiler_is_caught_and_the_original_serves(name: str) -> None:
    wrong = WRONG[name]
    model = wrong.model()
    original = SklearnPredictor(model, wrong.schema or infer_schema(model))
    right, engine = compile_and_verify(original)
    assert right is not original, engine

    predictor, engine = compile_and_verify(original, compiler=lambda *taken: wrong.broken(compile_model(*taken)))

    assert predictor is original
    assert engine["kind"] == "original"
    assert re.search("other|rejects|could not be compiled", engine["reason"])
    assert "\n" not in engine["reason"]


@pytest.mark.parametrize(
    "error", [KeyError("x"), OSError("no kernel"), AttributeError("another name"), RecursionError()]
)
def test_whatever_a_compiler_raises_the_original_serves(error: Exception) -> None:
    def fail(*taken: Any) -> CompiledPredictor:
        raise error

    original = SklearnPredictor(tree(), infer_schema(tree()))

    predictor, engine = compile_and_verify(original, compiler=fail)

    assert predictor is original
    assert engine["kind"] == "original"
    assert re.fullmatch(
        rf"it could not be compiled \({type(error).__name__} at test_equivalence.py:[0-9]+\)", engine["reason"]
    )


def test_golden_rows_are_held_against_both() -> None:
    """What no made row shows, a golden row can: here a number far from all others and from any threshold."""
    original = SklearnPredictor(logistic(), infer_schema(logistic()))
    golden = [[12345.678], [0.5]]

    class Late(LinearModel):
        def scores(self, columns: Any) -> np.ndarray:
            scores = super().scores(columns)
            return np.where(np.array(columns[0])[:, np.newaxis] == 12345.678, -scores, scores)

    def compiler(*taken: Any) -> CompiledPredictor:
        made = linear(compile_model(*taken))
        return replace(compile_model(*taken), scoring=Late(made.tables, made.numbers, made.weights, made.base))

    assert compile_and_verify(original, compiler=compiler)[0] is not original
    predictor, engine = compile_and_verify(original, golden, compiler)

    assert predictor is original
    assert engine["reason"].startswith("golden rows: ")
