"""Functions that read the private attributes of scikit-learn. No other module of this package reads such attributes.

A new version of scikit-learn can rename or remove a private attribute. The function for
this attribute then raises SklearnInternalsError. As a result, the server predicts with
scikit-learn in place of the compiled form. If the columns of the model cannot be read,
the user must write a schema.json. Each function has a test.

A private attribute has a leading underscore or belongs to an object behind such an
attribute. Examples of the second kind are `nodes` and `raw_left_cat_bitsets` of the
objects in `_predictors`. scikit-learn documents the attributes of `tree_`, so they are
public.
"""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PowerTransformer, StandardScaler

PICKLED_VERSION_KEY = b"_sklearn_version"
"""Key of the scikit-learn version in the state of a pickled estimator. In a pickle, the
version follows this key."""
UNUSED_BY_PREDICT = frozenset(("_scorer", "_raw_predict"))
"""Private attributes that fit() of HistGradientBoosting* can leave in the estimator, and that predictions do not need.

Early stopping stores these attributes. The attribute _raw_predict is the bound method
of the same name.
"""


class SklearnInternalsError(Exception):
    """Report a private attribute that the installed scikit-learn lacks. The message names the attribute."""

    def __init__(self, owner: object, name: str) -> None:
        """Initialize with an object of scikit-learn and the name of the attribute that this object lacks."""
        super().__init__(f"scikit-learn {sklearn.__version__} has no {type(owner).__name__}.{name}")


def _read(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise SklearnInternalsError(owner, name) from error


def input_indices(transformer: ColumnTransformer, name: str) -> list[int]:
    """Return the positions of the input columns of one transformer in a fitted ColumnTransformer.

    `name` is the name of the transformer. The public attribute transformers_ can have
    column names, slices or masks in place of positions. Raises SklearnInternalsError if
    the private attribute or the name in it is missing.
    """
    indices = _read(transformer, "_transformer_to_input_indices")
    if name not in indices:
        raise SklearnInternalsError(transformer, f"_transformer_to_input_indices[{name!r}]")
    return [int(index) for index in indices[name]]


def one_hot_widths(encoder: OneHotEncoder) -> Sequence[int]:
    """Return the number of output columns for each input column of a fitted OneHotEncoder.

    Raises SklearnInternalsError if the private attribute is missing.
    """
    widths: Sequence[int] = _read(encoder, "_n_features_outs")
    return widths


def power_scaler(transformer: PowerTransformer) -> StandardScaler:
    """Return the scaler in a fitted PowerTransformer with standardize=True.

    Raises SklearnInternalsError if the private attribute is missing.
    """
    scaler: StandardScaler = _read(transformer, "_scaler")
    return scaler


def initial_scores(model: Any) -> np.ndarray:
    """Return the raw predictions of a fitted GradientBoosting* model before the first tree: float64 (n,).

    Raises SklearnInternalsError if the private method is missing.
    """
    raw_predict_init = _read(model, "_raw_predict_init")
    scores: np.ndarray = raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    return scores


def tuned_positive_label(model: Any) -> Any:
    """Return the label of the positive class of a fitted TunedThresholdClassifierCV, or None for the last class.

    Raises SklearnInternalsError if a private attribute is missing.
    """
    return _read(_read(model, "_curve_scorer"), "_get_pos_label")()


def loss_name(model: Any) -> str:
    """Return the class name of the loss of a gradient boosting model, such as HalfBinomialLoss.

    Raises SklearnInternalsError if the private attribute is missing.
    """
    return type(_read(model, "_loss")).__name__


def link_name(model: Any) -> str:
    """Return the class name of the link function of a gradient boosting model, such as LogLink.

    The link belongs to the loss. Raises SklearnInternalsError if a private attribute is
    missing.
    """
    return type(_read(_read(model, "_loss"), "link")).__name__


def generalized_link_name(model: Any) -> str:
    """Return the class name of the link function of a fitted PoissonRegressor, GammaRegressor or TweedieRegressor.

    Raises SklearnInternalsError if a private attribute is missing.
    """
    return type(_read(_read(model, "_base_loss"), "link")).__name__


def feature_means(model: Any) -> np.ndarray:
    """Return the means that a fitted PLSRegression, PLSCanonical or CCA subtracts from features: float64 (features,).

    Raises SklearnInternalsError if the private attribute is missing.
    """
    means: np.ndarray = _read(model, "_x_mean")
    return means


def category_encoder(model: Any) -> OrdinalEncoder | None:
    """Return the OrdinalEncoder in a fitted HistGradientBoosting* model; None without categorical columns.

    The model encodes its categorical columns and moves these columns before the others.
    Raises SklearnInternalsError if the private attribute is missing.
    """
    preprocessor = _read(model, "_preprocessor")
    return None if preprocessor is None else preprocessor.named_transformers_["encoder"]


class CategorySplit(NamedTuple):
    """The categories of a tree node that splits by category, in a HistGradientBoosting* model.

    Both fields are bitsets of 256 bits, uint32 (8,). Bit i is set if the category with
    code i belongs to the set.
    """

    left: np.ndarray
    """The categories that go to the left child."""
    known: np.ndarray
    """The categories of the column in the training data."""


class HistogramTree(NamedTuple):
    """One tree of a HistGradientBoosting* model. Each array has the shape (nodes,)."""

    output: int
    """Position of the raw prediction to which the tree adds values. A multiclass model
    has one per class."""
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
    """float64: value that a leaf adds to the raw prediction."""
    by_category: dict[int, CategorySplit]
    """Position of a node -> its CategorySplit, for the nodes that split by category and
    not by threshold."""


def histogram_trees(model: Any) -> list[HistogramTree]:
    """Return the trees of a fitted HistGradientBoosting* model, in the order of their training.

    Raises SklearnInternalsError if a private attribute is missing.
    """
    bitsets, rows = _read(_read(model, "_bin_mapper"), "make_known_categories_bitsets")()
    return [
        _histogram_tree(predictor, output, bitsets[rows] if len(bitsets) else bitsets)
        for iteration in _read(model, "_predictors")
        for output, predictor in enumerate(iteration)
    ]


def _histogram_tree(predictor: Any, output: int, known: np.ndarray) -> HistogramTree:
    """Return one tree. `known` has for each feature the bitset of its training categories: uint32 (features, 8)."""
    nodes = _read(predictor, "nodes")
    try:
        return HistogramTree(
            output,
            nodes["is_leaf"] == 1,
            nodes["feature_idx"].astype(np.int64),
            nodes["num_threshold"].astype(np.float64),
            nodes["missing_go_to_left"] == 1,
            nodes["left"].astype(np.int64),
            nodes["right"].astype(np.int64),
            nodes["value"].astype(np.float64),
            _category_splits(nodes, _read(predictor, "raw_left_cat_bitsets"), known),
        )
    except ValueError as error:  # NumPy raises ValueError if the structured array has no field of this name
        raise SklearnInternalsError(predictor, f"nodes ({error})") from error


def _category_splits(nodes: np.ndarray, left: np.ndarray, known: np.ndarray) -> dict[int, CategorySplit]:
    """Return the CategorySplit of each node that splits by category. `left` has the bitsets of the left children."""
    by_category = np.flatnonzero((nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 1)).tolist()
    return {
        node: CategorySplit(left[nodes["bitset_idx"][node]], known[nodes["feature_idx"][node]]) for node in by_category
    }


def isolation_path_lengths(model: Any) -> list[np.ndarray]:
    """Return the path length of each node of each tree of a fitted IsolationForest: float64 (nodes,) for each tree.

    A sum of these lengths is rounded as in scikit-learn. Raises SklearnInternalsError
    if a private attribute is missing.
    """
    depths, averages = _read(model, "_decision_path_lengths"), _read(model, "_average_path_length_per_tree")
    return [depth + average - 1.0 for depth, average in zip(depths, averages, strict=True)]


def isolation_denominator(model: Any) -> float:
    """Return the number by which a fitted IsolationForest divides the sum of path lengths of a row.

    Raises SklearnInternalsError if a private attribute or function is missing.
    """
    samples = _read(model, "_max_samples")
    average = _read(sys.modules[type(model).__module__], "_average_path_length")
    return float(len(model.estimators_) * average([samples])[0])


def histogram_baseline(model: Any) -> np.ndarray:
    """Return the raw predictions of a fitted HistGradientBoosting* model before the first tree: float64 (n,).

    Raises SklearnInternalsError if the private attribute is missing.
    """
    baseline: np.ndarray = _read(model, "_baseline_prediction")[0].astype(np.float64)
    return baseline
