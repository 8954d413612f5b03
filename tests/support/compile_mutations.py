"""Mutations of compiled models: one for each kind of mistake that a compiler can make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import CategoryEncoder, Encoder, ThresholdEncoder
from ml_census.engine.runtime.kernel import LEAF_SPAN
from ml_census.engine.runtime.linear.layered_model import LayeredModel
from ml_census.engine.runtime.linear.linear_model import LinearModel, NumericFeature
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.schema import Schema
from support.compile_data import CODES, FRAME, LABELS, NULLABLE, columns_of, encoded

RANDOM = np.random.default_rng(3)
NUMBERS = RANDOM.normal(size=(300, 2))
CLASSES = (NUMBERS[:, 0] + NUMBERS[:, 1] ** 2 + RANDOM.normal(size=300) / 3 > 0.5).astype(int)
THREE = CLASSES + (NUMBERS[:, 1] > 0.7)
GAPS = np.where(RANDOM.random((300, 2)) < 0.2, np.nan, NUMBERS)

Mutate = Callable[[CompiledPredictor], CompiledPredictor]


def trees(compiled: CompiledPredictor) -> TreeEnsemble:
    assert isinstance(compiled.scoring, TreeEnsemble)
    return compiled.scoring


def linear(compiled: CompiledPredictor) -> LinearModel:
    assert isinstance(compiled.scoring, LinearModel)
    return compiled.scoring


def with_trees(**changes: Callable[[TreeEnsemble], Any]) -> Mutate:
    return lambda compiled: replace(
        compiled, scoring=replace(trees(compiled), **{name: new(trees(compiled)) for name, new in changes.items()})
    )


def with_linear(**changes: Callable[[LinearModel], Any]) -> Mutate:
    return lambda compiled: replace(
        compiled, scoring=replace(linear(compiled), **{name: new(linear(compiled)) for name, new in changes.items()})
    )


def with_layer(**changes: Callable[[Any], Any]) -> Mutate:
    """Return a mutation of the fields of the last layer."""

    def mutate(compiled: CompiledPredictor) -> CompiledPredictor:
        assert isinstance(compiled.scoring, LayeredModel)
        *others, last = compiled.scoring.layers
        new = replace(last, **{name: change(last) for name, change in changes.items()})
        return replace(compiled, scoring=replace(compiled.scoring, layers=[*others, new]))

    return mutate


def changed(array: np.ndarray, index: Any, value: Any) -> np.ndarray:
    copy = array.copy()
    copy[index] = value
    return copy


def rounded_to_float32(trees: TreeEnsemble) -> list[Encoder]:
    """Round thresholds, so that some numbers are above that scikit-learn rounds to below."""
    encoders = [encoder for encoder in trees.encoders if isinstance(encoder, ThresholdEncoder)]
    return [
        ThresholdEncoder(item.column, item.thresholds.astype(np.float32).astype(float), item.low, item.high)
        for item in encoders
    ]


def one_ulp_up(scoring: TreeEnsemble) -> list[Any]:
    first, *rest = scoring.encoders
    assert isinstance(first, ThresholdEncoder)
    middle = len(first.thresholds) // 2
    moved = changed(first.thresholds, middle, np.nextafter(first.thresholds[middle], np.inf))
    return [ThresholdEncoder(first.column, moved, first.low, first.high), *rest]


def leaves_swapped(scoring: TreeEnsemble) -> np.ndarray:
    leaves = np.flatnonzero(scoring.nodes[:, 2] == LEAF_SPAN)
    first = leaves[0]
    values = scoring.values[scoring.nodes[leaves, 1]]
    other = leaves[(values != values[0]).any(axis=1)][0]
    return changed(scoring.nodes, ([first, other], 1), scoring.nodes[[other, first], 1])


def missing_the_other_way(scoring: TreeEnsemble) -> np.ndarray:
    inner = np.flatnonzero(scoring.nodes[:, 2] != LEAF_SPAN)
    root = scoring.roots[0]
    assert root in inner
    right = int(scoring.nodes[root, 1]) + int(scoring.nodes[root, 2]) == 2**32
    return changed(scoring.nodes, (root, 2), int(scoring.nodes[root, 2]) + (-1 if right else 1))


def exchanged(encoders: Sequence[Encoder]) -> list[Encoder]:
    """Exchange the first two categories of the first encoder of categories."""
    result = list(encoders)
    encoder = next(item for item in result if isinstance(item, CategoryEncoder))
    first, second, *others = encoder.values
    result[result.index(encoder)] = CategoryEncoder(encoder.column, [second, first, *others])
    return result


class UnknownIsFirst(CategoryEncoder):
    def __init__(self, like: CategoryEncoder) -> None:
        super().__init__(like.column, like.values)
        self.unknown = 1


def unknown_is_first(scoring: TreeEnsemble) -> list[Any]:
    return [UnknownIsFirst(item) if isinstance(item, CategoryEncoder) else item for item in scoring.encoders]


def without(operation: str) -> Callable[[LinearModel], Any]:
    return lambda scoring: [
        (index, NumericFeature(number.column, tuple(item for item in number.operations if item[0] != operation)))
        for index, number in scoring.numbers
    ]


@dataclass(frozen=True)
class Mutation:
    """A fitted model, a change of its compiled form, and a schema if the model does not state all of it."""

    model: Callable[[], Any]
    mutate: Mutate
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


MUTATIONS = {
    "thresholds rounded to float32": Mutation(tree, with_trees(encoders=rounded_to_float32)),
    "a threshold moved by one ulp": Mutation(tree, with_trees(encoders=one_ulp_up)),
    "a threshold moved by one ulp in a forest": Mutation(forest, with_trees(encoders=one_ulp_up)),
    "a threshold moved by one ulp, boosted": Mutation(histogram, with_trees(encoders=one_ulp_up)),
    "two leaves swapped": Mutation(forest, with_trees(nodes=leaves_swapped)),
    "a leaf changed by one ulp": Mutation(
        forest,
        with_trees(values=lambda scoring: changed(scoring.values, (0, 0), np.nextafter(scoring.values[0, 0], 2))),
    ),
    "the trees in another order of outputs": Mutation(
        lambda: histogram(THREE), with_trees(outputs=lambda scoring: scoring.outputs[::-1].copy())
    ),
    "a tree left out": Mutation(
        forest, with_trees(roots=lambda scoring: scoring.roots[:-1], outputs=lambda scoring: scoring.outputs[:-1])
    ),
    "a tree left out of the mean": Mutation(
        forest,
        with_trees(
            roots=lambda scoring: scoring.roots[:-1],
            outputs=lambda scoring: scoring.outputs[:-1],
            divisor=lambda scoring: scoring.divisor - 1,
        ),
    ),
    "the sum in place of the mean": Mutation(forest, with_trees(divisor=lambda scoring: 1)),
    "another start of boosting": Mutation(histogram, with_trees(base=lambda scoring: scoring.base + 1e-6)),
    "missing values go the other way": Mutation(
        lambda: forest(GAPS), with_trees(nodes=missing_the_other_way), NULLABLE
    ),
    "missing values go the other way, boosted": Mutation(histogram, with_trees(nodes=missing_the_other_way)),
    "two categories exchanged": Mutation(
        with_categories, with_trees(encoders=lambda scoring: exchanged(scoring.encoders))
    ),
    "two categories exchanged, one-hot": Mutation(
        one_hot, with_trees(encoders=lambda scoring: exchanged(scoring.encoders))
    ),
    "two categories exchanged, in a bitset": Mutation(
        with_sets, with_trees(encoders=lambda scoring: exchanged(scoring.encoders))
    ),
    "a bit of a bitset": Mutation(with_sets, with_trees(bitsets=lambda scoring: scoring.bitsets ^ 0b1000)),
    "two categories exchanged, linear": Mutation(
        after_one_hot,
        with_linear(
            tables=lambda scoring: [
                replace(table, encoder=cast(CategoryEncoder, exchanged([table.encoder])[0])) for table in scoring.tables
            ]
        ),
    ),
    "an unknown category is the first": Mutation(with_categories, with_trees(encoders=unknown_is_first)),
    "an unknown category is the first, one-hot": Mutation(one_hot, with_trees(encoders=unknown_is_first)),
    "an unknown category is the first, linear": Mutation(
        after_one_hot,
        with_linear(
            tables=lambda scoring: [replace(table, encoder=UnknownIsFirst(table.encoder)) for table in scoring.tables]
        ),
    ),
    "classes reversed": Mutation(tree, lambda compiled: replace(compiled, classes=(compiled.classes or [])[::-1])),
    "classes of another type": Mutation(
        tree, lambda compiled: replace(compiled, classes=[str(value) for value in compiled.classes or []])
    ),
    "one class more": Mutation(tree, lambda compiled: replace(compiled, classes=[*(compiled.classes or []), 2])),
    "no link": Mutation(histogram, lambda compiled: replace(compiled, link="identity")),
    "no link, multi-class": Mutation(lambda: histogram(THREE), lambda compiled: replace(compiled, link="identity")),
    "no link, linear": Mutation(logistic, lambda compiled: replace(compiled, link="identity")),
    "another link": Mutation(boosted, lambda compiled: replace(compiled, link="half_logistic")),
    "no link, numbers": Mutation(
        lambda: HistGradientBoostingRegressor(max_iter=3, loss="poisson").fit(NUMBERS, CLASSES + 1.0),
        lambda compiled: replace(compiled, link="identity"),
    ),
    "no probabilities": Mutation(tree, lambda compiled: replace(compiled, link=None)),
    "probabilities of a model without": Mutation(
        lambda: RidgeClassifier().fit(NUMBERS, CLASSES), lambda compiled: replace(compiled, link="logistic")
    ),
    "a list for each row": Mutation(
        lambda: RandomForestRegressor(3, random_state=0).fit(NUMBERS, CLASSES * 1.5),
        lambda compiled: replace(compiled, flat=False),
    ),
    "a weight changed": Mutation(
        logistic, with_linear(weights=lambda scoring: changed(scoring.weights, (0, 1), scoring.weights[0, 1] + 1e-6))
    ),
    "a weight changed, numbers": Mutation(
        lambda: LinearRegression().fit(NUMBERS, CLASSES),
        with_linear(weights=lambda scoring: changed(scoring.weights, 1, scoring.weights[1] + 1e-6)),
    ),
    "a weight changed, labels alone": Mutation(
        lambda: RidgeClassifier().fit(NUMBERS, CLASSES),
        with_linear(weights=lambda scoring: scoring.weights * [[1, -1]]),
    ),
    "a variance changed": Mutation(
        lambda: GaussianNB().fit(NUMBERS, CLASSES), with_layer(spreads=lambda layer: layer.spreads * (1 + 1e-7))
    ),
    "a mean changed": Mutation(
        lambda: QuadraticDiscriminantAnalysis().fit(NUMBERS, CLASSES),
        with_layer(means=lambda layer: layer.means + 1e-6),
    ),
    "no probability of the classes": Mutation(
        lambda: GaussianNB().fit(NUMBERS, CLASSES), with_layer(log_priors=lambda layer: layer.log_priors * 0)
    ),
    "a table changed": Mutation(
        lambda: CategoricalNB().fit(CODES, LABELS),
        with_linear(
            folded=lambda scoring: [
                replace(table, contributions=changed(table.contributions, (3, 0), -9.0)) for table in scoring.folded
            ]
        ),
    ),
    "another activation": Mutation(
        lambda: MLPClassifier((3,), max_iter=5, random_state=0, solver="lbfgs", tol=1).fit(NUMBERS, CLASSES),
        with_layer(activation=lambda layer: "tanh"),
    ),
    "no mean subtracted": Mutation(logistic, with_linear(numbers=without("subtract"))),
    "no value filled in": Mutation(imputed, with_linear(numbers=without("fill"))),
    "no value clipped": Mutation(
        lambda: make_pipeline(MinMaxScaler(clip=True), LogisticRegression()).fit(NUMBERS, CLASSES),
        with_linear(numbers=without("clip")),
    ),
    "no number rejected": Mutation(
        lambda: make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=3)).fit(NUMBERS / 1e3, CLASSES),
        with_trees(
            encoders=lambda scoring: [
                ThresholdEncoder(item.column, item.thresholds, -np.inf, np.inf)
                for item in scoring.encoders
                if isinstance(item, ThresholdEncoder)
            ]
        ),
    ),
}
