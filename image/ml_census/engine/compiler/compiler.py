"""Make a Compiled of a fitted scikit-learn model and its schema."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from sklearn import ensemble, linear_model, model_selection, svm, tree
from sklearn.pipeline import Pipeline

from ml_census.engine.compiler import tree_compiler
from ml_census.engine.compiler.pipeline_tracer import (
    CategoricalFeature,
    Feature,
    OpaqueFeature,
    UnsupportedModelError,
    known,
    raw,
    through,
)
from ml_census.engine.compiler.tree_compiler import TreeNodes
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import CategoryEncoder
from ml_census.engine.runtime.linear_model import CategoryTable, Folded, LinearModel, NumericFeature
from ml_census.engine.runtime.tree_ensemble import TreeEnsemble
from ml_census.schema.schema import Schema

FORESTS = (
    ensemble.RandomForestClassifier,
    ensemble.RandomForestRegressor,
    ensemble.ExtraTreesClassifier,
    ensemble.ExtraTreesRegressor,
)
TREES = (
    tree.DecisionTreeClassifier,
    tree.DecisionTreeRegressor,
    tree.ExtraTreeClassifier,
    tree.ExtraTreeRegressor,
)
BOOSTING = (ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor)
HISTOGRAMS = (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor)
LINEAR = (
    linear_model.LogisticRegression,
    linear_model.LogisticRegressionCV,
    linear_model.RidgeClassifier,
    svm.LinearSVC,
    linear_model.LinearRegression,
    linear_model.Ridge,
    linear_model.RidgeCV,
    linear_model.Lasso,
    linear_model.LassoCV,
    linear_model.ElasticNet,
    linear_model.ElasticNetCV,
)
THRESHOLDS = (model_selection.FixedThresholdClassifier, model_selection.TunedThresholdClassifierCV)
LINKS = {
    "HalfBinomialLoss": "logistic",
    "ExponentialLoss": "half_logistic",
    "HalfMultinomialLoss": "softmax",
    "IdentityLink": "identity",
    "LogLink": "exp",
}
"""What scikit-learn's losses and links are called, and what we call what they do."""

WIDE = 1000
"""A category column with more features is folded into one line for each category. A table of 1,000 categories has 8 MB,
one of 100,000 would have 80 GB."""


def compile_model(model: Any, schema: Schema) -> CompiledPredictor:
    """Raises UnsupportedModelError for a model, or a step before it, that is not known here."""
    model = getattr(model, "best_estimator_", model)
    if type(model) in THRESHOLDS:
        raise UnsupportedModelError(f"no rule for the threshold of a {type(model).__name__}")
    features = raw(schema)
    while type(model) is Pipeline:  # not isinstance: what a subclass does is its own affair
        for _, step in model.steps[:-1]:
            features = through(step, features)
        model = model.steps[-1][1]
    classes = _classes(model)
    kind = type(model)
    if kind in FORESTS + TREES:
        return _forest(model, schema, features, classes)
    if kind in BOOSTING:
        return _boosting(model, schema, features, classes)
    if kind in HISTOGRAMS:
        return _histograms(model, schema, features, classes)
    if kind in LINEAR:
        return _linear(model, schema, features, classes)
    raise UnsupportedModelError(f"no rule for {kind.__name__}")


def _classes(model: Any) -> list[Any] | None:
    found = getattr(model, "classes_", None)
    if found is None:
        return None
    if isinstance(found, list) or found.ndim != 1 or getattr(model, "multilabel_", False):
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} of several outputs")
    if len(found) < 2:
        raise UnsupportedModelError("it knows one class only")
    classes: list[Any] = found.tolist()
    return classes


def _forest(model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None) -> CompiledPredictor:
    trees = [model] if type(model) in TREES else model.estimators_
    value = [one.tree_.value[:, 0, :] if classes else one.tree_.value[:, :, 0] for one in trees]
    splits = [tree_compiler.of_tree(one.tree_) for one in trees]
    outputs = value[0].shape[1]
    made = _trees(schema, features, splits, value, [0] * len(trees), np.zeros(outputs), np.float32, len(trees))
    return CompiledPredictor(schema, made, classes, "identity", flat=model.n_outputs_ == 1)


def _boosting(model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None) -> CompiledPredictor:
    if model.init_ != "zero" and not type(model.init_).__name__.startswith("Dummy"):
        raise UnsupportedModelError("no rule for boosting that starts from a model of its own")
    base = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    trees = [(place, one.tree_) for stage in model.estimators_ for place, one in enumerate(stage)]
    made = _trees(
        schema, features,
        [tree_compiler.of_tree(one) for _, one in trees],
        [model.learning_rate * one.value[:, 0, :] for _, one in trees],
        [place for place, _ in trees], base, np.float32,
    )  # fmt: skip
    link = LINKS[type(model._loss).__name__] if classes else "identity"
    return CompiledPredictor(schema, made, classes, link, zero_is_second=True)


def _histograms(model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None) -> CompiledPredictor:
    categorical = np.zeros(len(features), dtype=bool)
    if model._preprocessor is not None:  # it encodes the categories and puts them first
        categorical = np.asarray(model.is_categorical_)
        encoder = model._preprocessor.named_transformers_["encoder"]
        first = [feature for feature, chosen in zip(features, categorical, strict=True) if chosen]
        rest = [feature for feature, chosen in zip(features, categorical, strict=True) if not chosen]
        features = [*through(encoder, first), *rest]
    known_categories, places = model._bin_mapper.make_known_categories_bitsets()
    predictors = [(output, one) for stage in model._predictors for output, one in enumerate(stage)]
    made = _trees(
        schema, features,
        [tree_compiler.of_predictor(one, known_categories, places) for _, one in predictors],
        [one.nodes["value"][:, np.newaxis].astype(np.float64) for _, one in predictors],
        [output for output, _ in predictors], model._baseline_prediction[0].astype(np.float64), np.float64,
    )  # fmt: skip
    named = model._loss if classes else model._loss.link
    if (link := LINKS.get(type(named).__name__)) is None:
        raise UnsupportedModelError(f"no rule for {type(named).__name__}")
    return CompiledPredictor(schema, made, classes, link)


def _trees(
    schema: Schema,
    features: Sequence[Feature],
    splits: list[TreeNodes],
    values: list[np.ndarray],
    outputs: list[int],
    base: np.ndarray,
    kind: type[np.floating[Any]],
    divisor: int = 1,
) -> TreeEnsemble:
    """`values` are those of all nodes of each tree; `kind` is the type in which the model takes numbers."""
    joined, roots = tree_compiler.joined(splits)
    encoders, nodes, sets = tree_compiler.tests(schema, features, joined, kind)
    leaf_values, places = tree_compiler.deduplicate(np.concatenate(values)[joined.leaf])
    nodes[joined.leaf, 1] = places
    order = tree_compiler.side_by_side(joined, roots)
    nodes = tree_compiler.laid_out(nodes, joined, order)
    return TreeEnsemble(
        encoders, nodes, sets, roots.astype(np.uint32), np.array(outputs, dtype=np.uint32), leaf_values,
        np.ascontiguousarray(base, dtype=np.float64), divisor,
    )  # fmt: skip


def _linear(model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None) -> CompiledPredictor:
    tables: dict[int, list[int]] = {}
    numbers: list[tuple[int, NumericFeature]] = []
    for place, feature in enumerate(features):
        if isinstance(feature, OpaqueFeature):
            raise UnsupportedModelError(f"the schema does not tell what column {feature.column} holds")
        if isinstance(feature, NumericFeature):
            numbers.append((place, feature))
        else:
            tables.setdefault(feature.column, []).append(place)
    weights = np.asarray(model.coef_, dtype=np.float64)
    base = np.atleast_1d(np.asarray(model.intercept_, dtype=np.float64))
    wide = {column: tables.pop(column) for column, places in list(tables.items()) if len(places) > WIDE}
    folded = [_folded(schema, features, weights, *table) for table in wide.items()]
    if wide:  # the features that are left move together
        left = sorted(place for places in (*tables.values(), [at for at, _ in numbers]) for place in places)
        now = {place: at for at, place in enumerate(left)}
        tables = {column: [now[place] for place in places] for column, places in tables.items()}
        numbers = [(now[place], number) for place, number in numbers]
        features, weights = [features[place] for place in left], np.ascontiguousarray(weights[..., left])
    made = LinearModel([_table(schema, features, *table) for table in tables.items()], numbers, weights, base, folded)
    link = None if classes else "identity"
    if isinstance(model, linear_model.LogisticRegression) and classes:
        link = "logistic" if len(classes) == 2 else "softmax"
    return CompiledPredictor(schema, made, classes, link, flat=weights.ndim == 1 or len(weights) == 1)


def _folded(schema: Schema, features: Sequence[Feature], weights: np.ndarray, column: int, places: list[int]) -> Folded:
    encoder = CategoryEncoder(column, known(schema.columns[column]))
    rest = np.zeros(len(np.atleast_2d(weights)))
    lines = np.zeros((encoder.count, len(rest)))
    for place in places:
        feature, weight = cast(CategoricalFeature, features[place]), weights[..., place].reshape(-1)
        codes, values, usual = tree_compiler.codes_and_values(feature)
        rest += usual * weight
        lines[codes] += np.outer(values - usual, weight)
    return Folded(encoder, lines + rest)


def _table(schema: Schema, features: Sequence[Feature], column: int, places: list[int]) -> CategoryTable:
    lines = np.column_stack([tree_compiler.lookup(features[place], np.float64) for place in places])
    return CategoryTable(CategoryEncoder(column, known(schema.columns[column])), places, np.ascontiguousarray(lines))
