"""Pipelines that must compile: bins, functions, powers, quantiles and target encoders."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from support.compile_data import (
    CATEGORIES,
    GAPS,
    MONEY,
    NUMBERS,
    THREE,
    CompileCase,
    columns_of,
    encoded,
    forest_of,
    of_frame,
    of_numbers,
    tree,
    with_missing,
)

SIGNED = (NUMBERS - NUMBERS.mean(axis=0)).round(3)


def boosted() -> GradientBoostingClassifier:
    return GradientBoostingClassifier(n_estimators=8, random_state=0)


def histograms() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=8, random_state=0, min_samples_leaf=5)


def bins(**settings: Any) -> KBinsDiscretizer:
    return KBinsDiscretizer(**{"n_bins": 4, "quantile_method": "averaged_inverted_cdf"} | settings)


def quantiles(**settings: Any) -> QuantileTransformer:
    return QuantileTransformer(**{"n_quantiles": 50} | settings)


NUMBER_STEPS: dict[str, Callable[[], Any]] = {
    "bins": partial(bins, encode="ordinal"),
    "bins, one-hot": bins,
    "bins, one-hot and dense": partial(bins, encode="onehot-dense", strategy="uniform"),
    "Binarizer": lambda: Binarizer(threshold=3.5),
    "MaxAbsScaler that clips": lambda: MaxAbsScaler(clip=True),
    "Yeo-Johnson": PowerTransformer,
    "Yeo-Johnson, not scaled": lambda: PowerTransformer(standardize=False),
    "quantiles": quantiles,
    "quantiles, normal": partial(quantiles, output_distribution="normal"),
    "absolute": lambda: FunctionTransformer(np.abs),
    "square": lambda: FunctionTransformer(np.square, validate=True),
    "arcsinh": lambda: FunctionTransformer(np.arcsinh),
    "absolute, scaled": lambda: make_pipeline(FunctionTransformer(np.abs), StandardScaler()),
    "absolute of a scaled number": lambda: make_pipeline(StandardScaler(), FunctionTransformer(np.abs)),
    "powers of one column": lambda: make_pipeline(SelectKBest(k=1), PolynomialFeatures(3)),
    "powers without products": lambda: make_pipeline(PolynomialFeatures(2), columns_of(("passthrough", [0, 1, 3, 5]))),
    "a weight": lambda: make_union(StandardScaler(), "passthrough").set_params(
        transformer_weights={"standardscaler": -2.5}
    ),
}
POSITIVE_STEPS: dict[str, Callable[[], Any]] = {
    "Box-Cox": lambda: PowerTransformer(method="box-cox"),
    "log1p": lambda: FunctionTransformer(np.log1p),
    "log": lambda: FunctionTransformer(np.log),
    "square root": lambda: FunctionTransformer(np.sqrt),
    "log1p, scaled": lambda: make_pipeline(FunctionTransformer(np.log1p), StandardScaler()),
}
SPLINES: dict[str, dict[str, Any]] = {
    "splines": {},
    "splines, linear beyond": {"extrapolation": "linear", "include_bias": False},
    "splines, continued": {"extrapolation": "continue", "degree": 2, "knots": "quantile"},
    "splines, periodic": {"extrapolation": "periodic", "n_knots": 6},
    "splines, rejected beyond": {"extrapolation": "error"},
    "splines of degree 1, sparse": {"degree": 1, "sparse_output": True},
    "splines of missing values": {"handle_missing": "zeros"},
}
MODELS: dict[str, Any] = {"linear": LogisticRegression(), "forest": forest_of(n_estimators=3)}


def of_step(make: Callable[[], Any], model: Any, numbers: np.ndarray) -> CompileCase:
    """Fit a model after one step."""
    return of_numbers(make(), clone(model), numbers=numbers)


CASES: dict[str, Callable[[], CompileCase]] = {
    **{
        f"{step}, {model}": partial(of_step, make, estimator, numbers)
        for steps, numbers in ((NUMBER_STEPS, SIGNED), (POSITIVE_STEPS, NUMBERS))
        for step, make in steps.items()
        for model, estimator in MODELS.items()
    },
    **{
        name: partial(
            of_step,
            partial(SplineTransformer, **settings),
            LogisticRegression(),
            GAPS if "handle_missing" in settings else NUMBERS,
        )
        for name, settings in SPLINES.items()
    },
    "powers of codes": lambda: encoded(make_pipeline(OrdinalEncoder(), SelectKBest(k=1), PolynomialFeatures(2))),
    "a logarithm, boosted": lambda: of_numbers(FunctionTransformer(np.log1p), boosted()),
    "a logarithm, boosted with histograms": lambda: of_numbers(FunctionTransformer(np.log), histograms()),
    "bins, boosted with histograms": lambda: of_numbers(bins(encode="onehot-dense"), histograms()),
    "Yeo-Johnson of missing values": lambda: of_numbers(SimpleImputer(), PowerTransformer(), forest_of(), numbers=GAPS),
    "quantiles, then filled": lambda: of_numbers(quantiles(), SimpleImputer(), LogisticRegression(), numbers=GAPS),
    "indicators of all columns": lambda: of_numbers(
        make_union(SimpleImputer(), MissingIndicator(features="all")), LogisticRegression(), numbers=GAPS
    ),
    "indicators before a tree": lambda: of_numbers(
        make_union(SimpleImputer(), MissingIndicator()), tree(), numbers=GAPS
    ),
    "indicators of categories": lambda: of_frame(
        columns_of(
            (
                make_union(
                    make_pipeline(SimpleImputer(strategy="most_frequent"), OrdinalEncoder()), MissingIndicator()
                ),
                CATEGORIES,
            )
        ),
        tree(),
        frame=with_missing(),
    ),
    "targets": lambda: encoded(TargetEncoder(), tree()),
    "targets, linear": lambda: encoded(TargetEncoder(), LogisticRegression()),
    "targets of a number": lambda: of_frame(columns_of((TargetEncoder(), CATEGORIES)), Ridge(), labels=MONEY),
    "targets of three classes": lambda: of_frame(
        columns_of((TargetEncoder(), CATEGORIES), remainder="passthrough"), forest_of(), labels=THREE
    ),
    "targets of missing categories": lambda: encoded(TargetEncoder(), LogisticRegression(), frame=with_missing()),
    "bins of codes": lambda: encoded(
        make_pipeline(
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), bins(n_bins=3, strategy="uniform")
        )
    ),
    "weights of columns": lambda: of_frame(
        columns_of((OrdinalEncoder(), CATEGORIES), remainder="passthrough").set_params(
            transformer_weights={"ordinalencoder": 0.1}
        ),
        tree(),
    ),
}
