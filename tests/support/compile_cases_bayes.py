"""Pipelines that must compile: naive Bayes models and QuadraticDiscriminantAnalysis."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer, OneHotEncoder, OrdinalEncoder, StandardScaler

from support.compile_data import (
    CATEGORIES,
    CODES,
    FRAME,
    LABELS,
    NUMBERS,
    THREE,
    CompileCase,
    columns_of,
    encoded,
    of_frame,
    of_numbers,
)

NAMES = np.array(["low", "middle", "high"])[THREE]
WIDE = np.random.default_rng(5).normal(size=(300, 12)) * np.arange(1, 13)
ON_NUMBERS = (
    *(GaussianNB(), GaussianNB(priors=[0.2, 0.5, 0.3]), MultinomialNB(), MultinomialNB(fit_prior=False)),
    *(ComplementNB(), ComplementNB(norm=True), BernoulliNB(binarize=30.5), QuadraticDiscriminantAnalysis()),
    QuadraticDiscriminantAnalysis(reg_param=0.1, priors=[0.2, 0.5, 0.3]),
)
AFTER_AN_ENCODER = (GaussianNB(), MultinomialNB(), ComplementNB(), BernoulliNB(), BernoulliNB(binarize=None))


def on_numbers(model: Any, labels: Any = NAMES, numbers: Any = NUMBERS) -> Callable[[], CompileCase]:
    return lambda: CompileCase(clone(model).fit(numbers, labels), numbers)


def after_encoder(model: Any) -> Callable[[], CompileCase]:
    columns = columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), remainder="drop")
    return lambda: of_frame(columns, model, labels=NAMES)


def ordinal_unknown_as_a_category() -> CompileCase:
    """Fit a CategoricalNB for which an unknown category is a category of its own, which the training lacks."""
    encoder = make_pipeline(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=6))
    return of_frame(columns_of((encoder, CATEGORIES), remainder="drop"), CategoricalNB(min_categories=7))


CASES: dict[str, Callable[[], CompileCase]] = {
    **{f"{model}, multi-class": on_numbers(model) for model in ON_NUMBERS},
    **{f"{model} of categories": after_encoder(model) for model in AFTER_AN_ENCODER},
    "GaussianNB, two classes": on_numbers(GaussianNB(), LABELS),
    "GaussianNB of 12 columns": on_numbers(GaussianNB(), numbers=WIDE),
    "GaussianNB after a scaler": lambda: of_numbers(StandardScaler(), GaussianNB()),
    "QuadraticDiscriminantAnalysis, two classes": on_numbers(QuadraticDiscriminantAnalysis(), LABELS),
    "QuadraticDiscriminantAnalysis of 12 columns": on_numbers(QuadraticDiscriminantAnalysis(), numbers=WIDE),
    "MultinomialNB, two classes": on_numbers(MultinomialNB(), LABELS),
    "BernoulliNB after a Binarizer": lambda: of_numbers(Binarizer(threshold=10), BernoulliNB(binarize=None)),
    "CategoricalNB of numbers": on_numbers(CategoricalNB(), numbers=CODES),
    "CategoricalNB after an encoder": lambda: encoded(OrdinalEncoder(), CategoricalNB(), FRAME),
    "CategoricalNB of unknown categories": ordinal_unknown_as_a_category,
}
