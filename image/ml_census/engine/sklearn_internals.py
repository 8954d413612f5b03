"""All private names of scikit-learn that this program reads, each behind a function with a test of its own.

A new scikit-learn may rename or drop them. Each function then raises SklearnInternalsError: the compiler falls back to
scikit-learn itself, and schema inference reports that the model needs a schema.json. The tests
of this module show which name is missing.

Private names have a leading underscore, or belong to an object that is reached through one: the `nodes` and
`raw_left_cat_bitsets` of `_predictors`. The attributes of `tree_` are documented by scikit-learn.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

PICKLED_VERSION_KEY = b"_sklearn_version"
"""The key under which a pickled estimator holds the version of scikit-learn; the version follows it."""
UNUSED_BY_PREDICT = frozenset(("_scorer", "_raw_predict"))
"""Private attributes that early stopping of histogram boosting leaves in an estimator. Predictions do not read them.

_raw_predict is the estimator's own method, stored in the object as well.
"""


class SklearnInternalsError(Exception):
    """This version of scikit-learn lacks a private name that the program reads; the message says which."""

    def __init__(self, owner: object, name: str) -> None:
        """Initialize with the object and the name that it lacks."""
        super().__init__(f"scikit-learn {sklearn.__version__} has no {type(owner).__name__}.{name}")


def _read(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise SklearnInternalsError(owner, name) from error


def input_indices(transformer: ColumnTransformer, name: str) -> list[int]:
    """Return the positions of the input columns of one part of a fitted ColumnTransformer.

    The public attribute transformers_ has names, slices or masks in place of positions, as they were passed to it.
    """
    indices = _read(transformer, "_transformer_to_input_indices")
    if name not in indices:
        raise SklearnInternalsError(transformer, f"_transformer_to_input_indices[{name!r}]")
    return [int(index) for index in indices[name]]


def one_hot_widths(encoder: OneHotEncoder) -> Sequence[int]:
    """Return the number of output columns for each input column of a fitted OneHotEncoder."""
    widths: Sequence[int] = _read(encoder, "_n_features_outs")
    return widths


def initial_scores(model: Any) -> np.ndarray:
    """Return the scores from which a fitted GradientBoosting* model starts: float64 (scores,)."""
    raw_predict_init = _read(model, "_raw_predict_init")
    scores: np.ndarray = raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    return scores


def loss_name(model: Any) -> str:
    """Return the name of the class of a boosted model's loss, such as HalfBinomialLoss."""
    return type(_read(model, "_loss")).__name__


def link_name(model: Any) -> str:
    """Return the name of the class of the link of a boosted model's loss, such as LogLink."""
    return type(_read(_read(model, "_loss"), "link")).__name__


def category_encoder(model: Any) -> OrdinalEncoder | None:
    """Return the encoder of a fitted HistGradientBoosting* model for its categorical columns, or None without any.

    The model encodes these columns and moves them before the others.
    """
    preprocessor = _read(model, "_preprocessor")
    return None if preprocessor is None else preprocessor.named_transformers_["encoder"]


class CategorySplit(NamedTuple):
    """A node of histogram boosting that splits by category. Both are bitsets of category codes, uint32 (8,)."""

    left: np.ndarray
    """The categories that go left."""
    known: np.ndarray
    """The categories of the training."""


class HistogramTree(NamedTuple):
    """One tree of a HistGradientBoosting* model. Each array has the shape (nodes,)."""

    output: int
    """Position of the score to which the tree adds values."""
    is_leaf: np.ndarray
    """bool."""
    feature: np.ndarray
    """int64: position of the feature by which the node splits."""
    threshold: np.ndarray
    """float64: maximum number that goes to the left child."""
    missing_go_to_left: np.ndarray
    """bool: whether a missing value goes to the left child."""
    left: np.ndarray
    """int64: position of the left child."""
    right: np.ndarray
    """int64: position of the right child."""
    value: np.ndarray
    """float64: value that a leaf adds to the score."""
    by_category: dict[int, CategorySplit]
    """The nodes that split by category and not by threshold, by position of the node."""


def histogram_trees(model: Any) -> list[HistogramTree]:
    """Return the trees of a fitted HistGradientBoosting* model, in the order in which it adds them."""
    bitsets, rows = _read(_read(model, "_bin_mapper"), "make_known_categories_bitsets")()
    return [
        _histogram_tree(predictor, output, bitsets[rows] if len(bitsets) else bitsets)
        for iteration in _read(model, "_predictors")
        for output, predictor in enumerate(iteration)
    ]


def _histogram_tree(predictor: Any, output: int, known: np.ndarray) -> HistogramTree:
    """Return one tree; `known` has the bitset of the known categories of each feature."""
    nodes, left_bitsets = _read(predictor, "nodes"), _read(predictor, "raw_left_cat_bitsets")
    try:
        by_category = np.flatnonzero((nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 1)).tolist()
        splits = [
            CategorySplit(left_bitsets[nodes["bitset_idx"][node]], known[nodes["feature_idx"][node]])
            for node in by_category
        ]
        return HistogramTree(
            output,
            nodes["is_leaf"] == 1,
            nodes["feature_idx"].astype(np.int64),
            nodes["num_threshold"].astype(np.float64),
            nodes["missing_go_to_left"] == 1,
            nodes["left"].astype(np.int64),
            nodes["right"].astype(np.int64),
            nodes["value"].astype(np.float64),
            dict(zip(by_category, splits, strict=True)),
        )
    except ValueError as error:  # no field of that name
        raise SklearnInternalsError(predictor, f"nodes ({error})") from error


def histogram_baseline(model: Any) -> np.ndarray:
    """Return the scores from which a fitted HistGradientBoosting* model starts: float64 (scores,)."""
    baseline: np.ndarray = _read(model, "_baseline_prediction")[0].astype(np.float64)
    return baseline
