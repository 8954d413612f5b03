"""The linear models of scikit-learn, and the models that predict a constant."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn import cross_decomposition, discriminant_analysis, dummy, linear_model, svm

from ml_census.engine import sklearn_internals
from ml_census.engine.compiler.linear.linear_compiler import compile_scores
from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.schema import Schema

LINEAR = (
    *(linear_model.LogisticRegression, linear_model.LogisticRegressionCV),
    *(linear_model.LinearRegression, linear_model.Ridge, linear_model.RidgeCV),
    *(linear_model.RidgeClassifier, linear_model.RidgeClassifierCV),
    *(linear_model.Lasso, linear_model.LassoCV, linear_model.ElasticNet, linear_model.ElasticNetCV),
    *(linear_model.MultiTaskLasso, linear_model.MultiTaskLassoCV),
    *(linear_model.MultiTaskElasticNet, linear_model.MultiTaskElasticNetCV),
    *(linear_model.Lars, linear_model.LarsCV),
    *(linear_model.LassoLars, linear_model.LassoLarsCV, linear_model.LassoLarsIC),
    *(linear_model.OrthogonalMatchingPursuit, linear_model.OrthogonalMatchingPursuitCV),
    *(linear_model.BayesianRidge, linear_model.ARDRegression),
    *(linear_model.HuberRegressor, linear_model.TheilSenRegressor, linear_model.QuantileRegressor),
    *(linear_model.SGDClassifier, linear_model.SGDRegressor, linear_model.Perceptron),
    *(linear_model.PassiveAggressiveClassifier, linear_model.PassiveAggressiveRegressor),
    *(svm.LinearSVC, svm.LinearSVR),
    discriminant_analysis.LinearDiscriminantAnalysis,
)
GENERALIZED = (linear_model.PoissonRegressor, linear_model.GammaRegressor, linear_model.TweedieRegressor)
CENTERED = (cross_decomposition.PLSRegression, cross_decomposition.PLSCanonical, cross_decomposition.CCA)
DUMMIES = (dummy.DummyClassifier, dummy.DummyRegressor)
PROBABILITY_LINKS: dict[tuple[type, str], tuple[str, str]] = {
    (linear_model.LogisticRegression, ""): ("logistic", "softmax"),
    (linear_model.LogisticRegressionCV, ""): ("logistic", "softmax"),
    (discriminant_analysis.LinearDiscriminantAnalysis, ""): ("logistic", "softmax"),
    (linear_model.SGDClassifier, "log_loss"): ("logistic", "one_against_rest"),
    (linear_model.SGDClassifier, "modified_huber"): ("clipped", "clipped_against_rest"),
}
"""Classifier and its loss, or an empty text -> links in runtime/links.py for two classes, and for more classes."""
GENERALIZED_LINKS = {"IdentityLink": "identity", "LogLink": "exp"}
"""Class name of a link in scikit-learn -> key in runtime/links.py."""
DRAWING_STRATEGIES = ("stratified", "uniform")


def compile_linear(model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted linear model.

    `features` are the input columns of the model, after the steps of the pipeline.
    `classes` is None for a regressor. Raises UnsupportedModelError if a feature is not
    numeric, differs between unknown categories, or comes from a column that is neither
    a number nor a category.
    """
    return _compile(schema, features, _weights(model), model.intercept_, classes, _probability_link(model, classes))


def compile_generalized(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted regressor with a link function, such as PoissonRegressor.

    Raises UnsupportedModelError as compile_linear() does, and SklearnInternalsError if
    the installed scikit-learn lacks a private attribute.
    """
    link = GENERALIZED_LINKS[sklearn_internals.generalized_link_name(model)]
    return _compile(schema, features, _weights(model), model.intercept_, classes, link)


def compile_centered(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted PLSRegression, PLSCanonical or CCA, which subtracts the means of features.

    Raises UnsupportedModelError as compile_linear() does, and SklearnInternalsError if
    the installed scikit-learn lacks a private attribute.
    """
    weights = _weights(model)
    base = model.intercept_ - sklearn_internals.feature_means(model) @ weights.T
    return _compile(schema, features, weights, base, classes, "identity")


def compile_one_class(
    model: linear_model.SGDOneClassSVM, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted SGDOneClassSVM, which predicts 1 for inliers and -1 for outliers.

    Raises UnsupportedModelError as compile_linear() does.
    """
    return _compile(schema, features, _weights(model), -model.offset_, classes, "outlier")


def compile_dummy(model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted DummyClassifier or DummyRegressor, which predicts a constant.

    Raises UnsupportedModelError for a strategy that draws random predictions.
    """
    if classes and model.strategy in DRAWING_STRATEGIES:
        raise UnsupportedModelError(f"no rule for a DummyClassifier with the strategy {model.strategy}")
    base = model.predict_proba([[0]])[0] if classes else model.constant_[0]
    return _compile(schema, [], np.zeros((len(base), 0)), base, classes, "identity")


def _compile(
    schema: Schema, features: list[Feature], weights: np.ndarray, base: Any, classes: list[Any] | None, link: str | None
) -> CompiledPredictor:
    scoring = compile_scores(schema, features, weights, np.atleast_1d(np.asarray(base, dtype=np.float64)))
    return CompiledPredictor(schema, scoring, classes, link, flat=weights.ndim == 1 or len(weights) == 1)


def _weights(model: Any) -> np.ndarray:
    """Return coef_ as float64 (scores, features) or (features,). After sparsify(), coef_ is a sparse matrix."""
    weights = model.coef_.toarray() if sparse.issparse(model.coef_) else model.coef_
    return np.asarray(weights, dtype=np.float64)


def _probability_link(model: Any, classes: list[Any] | None) -> str | None:
    if classes is None:
        return "identity"
    loss = model.loss if type(model) is linear_model.SGDClassifier else ""
    two, more = PROBABILITY_LINKS.get((type(model), loss), (None, None))
    return two if len(classes) == 2 else more
