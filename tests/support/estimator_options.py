"""Every option of scikit-learn's estimators that changes what a pickle names, each as a model to fit."""

from collections.abc import Callable, Container, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse, stats
from scipy.special import expit, logit
from sklearn import (
    calibration,
    ensemble,
    gaussian_process,
    linear_model,
    metrics,
    model_selection,
    multiclass,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.gaussian_process import kernels
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.metrics import make_scorer, pairwise
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from support.estimators import DATA, fitted, mixed_to_numbers

FOREST = ensemble.RandomForestClassifier(3)
LOGISTIC = linear_model.LogisticRegression()
RIDGE = linear_model.Ridge()


class Option(NamedTuple):
    """A model with a special option."""

    data: str
    """A key of estimators.DATA."""
    name: str
    make: Callable[[], Any]


def options() -> Iterator[Option]:
    """Yield all options."""
    for group in (
        _boosting_losses,
        _gradient_descent_losses,
        _neighbors,
        _other_estimators,
        _random_states,
        _functions,
        _searches,
        _meta_estimators,
        _columns_of_mixed_data,
        _transformers,
    ):
        yield from group()


def fitted_options(only: Container[str] = DATA) -> Iterator[tuple[str, str, Any]]:
    """Yield name, data set and fitted model of each option, for some data sets."""
    for data, name, make in options():
        if data in only and (model := fitted(make(), data)) is not None:
            yield name, data, model


def _boosting_losses() -> Iterator[Option]:
    histograms, boosting = ensemble.HistGradientBoostingRegressor, ensemble.GradientBoostingRegressor
    for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile"):
        yield Option("regression", f"hgb {loss}", lambda x=loss: histograms(loss=x, quantile=0.5, max_iter=3))
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield Option("regression", f"gb {loss}", lambda x=loss: boosting(loss=x, n_estimators=3))
    for loss in ("log_loss", "exponential"):
        yield Option("binary", f"gb {loss}", lambda x=loss: ensemble.GradientBoostingClassifier(loss=x, n_estimators=3))
    yield Option("classes", "gb init", lambda: ensemble.GradientBoostingClassifier(n_estimators=3, init=FOREST))
    early = {"max_iter": 3, "early_stopping": True, "scoring": "accuracy"}
    yield Option("classes", "hgb early stopping", lambda: ensemble.HistGradientBoostingClassifier(**early))


def _gradient_descent_losses() -> Iterator[Option]:
    of_regression = ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive")
    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", *of_regression):
        yield Option("classes", f"sgd {loss}", lambda x=loss: linear_model.SGDClassifier(loss=x))
        if loss in of_regression:
            yield Option("regression", f"sgd {loss}", lambda x=loss: linear_model.SGDRegressor(loss=x))


METRIC_PARAMETERS = {"minkowski": {"p": 3}, "mahalanobis": {"V": np.eye(4)}, "seuclidean": {"V": np.ones(4)}}


def _neighbors() -> Iterator[Option]:
    for algorithm in ("ball_tree", "kd_tree", "brute"):
        for metric in neighbors.VALID_METRICS[algorithm]:
            if metric in ("precomputed", "pyfunc", "haversine"):  # haversine takes two columns
                continue
            settings = {"algorithm": algorithm, "metric": metric, "metric_params": METRIC_PARAMETERS.get(metric)}
            name = f"knn {algorithm} {metric}"
            yield Option("classes", name, lambda x=settings: neighbors.KNeighborsClassifier(**x))
        regressor = neighbors.KNeighborsRegressor
        yield Option("regression", f"kde {algorithm}", lambda x=algorithm, make=regressor: make(algorithm=x))
    yield Option("classes", "knn weights", lambda: neighbors.KNeighborsClassifier(weights="distance"))


KERNELS = (
    kernels.RBF(),
    kernels.Matern(),
    kernels.RationalQuadratic(),
    kernels.DotProduct(),
    kernels.ExpSineSquared() + kernels.WhiteKernel(),
    kernels.ConstantKernel() * kernels.RBF() + kernels.WhiteKernel(),
    kernels.Exponentiation(kernels.RBF(), 2),
    kernels.PairwiseKernel(metric="rbf"),
)


def _other_estimators() -> Iterator[Option]:
    process = gaussian_process
    for kernel in KERNELS:
        yield Option("binary", f"gpc {kernel}", lambda x=kernel: process.GaussianProcessClassifier(x))
        yield Option("regression", f"gpr {kernel}", lambda x=kernel: process.GaussianProcessRegressor(x, alpha=10.0))
    network = neural_network.MLPClassifier
    for solver in ("adam", "sgd", "lbfgs"):
        name = f"mlp {solver}"
        yield Option("classes", name, lambda x=solver: network(3, solver=x, early_stopping=True, max_iter=5))
    yield Option("binary", "svc kernel function", lambda: svm.SVC(kernel=pairwise.laplacian_kernel))
    for criterion in ("gini", "entropy"):
        yield Option("classes", f"tree {criterion}", lambda x=criterion: tree.DecisionTreeClassifier(criterion=x))
    yield Option("classes", "stacking", lambda: ensemble.StackingClassifier([("f", FOREST), ("l", LOGISTIC)], cv=2))


def _random_states() -> Iterator[Option]:
    quantiles = preprocessing.QuantileTransformer
    for state in (np.random.RandomState(1), np.random.default_rng(1)):
        seed = state if isinstance(state, np.random.RandomState) else np.random.RandomState(3)
        yield Option(
            "binary",
            f"random state {type(state).__name__}",
            lambda x=seed: make_pipeline(
                quantiles(n_quantiles=9, random_state=0), linear_model.SGDClassifier(random_state=x)
            ),
        )
    forest = ensemble.RandomForestClassifier
    for bits in (np.random.MT19937, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64):
        name = f"random state {bits.__name__}"
        yield Option("binary", name, lambda x=bits: forest(2, random_state=np.random.RandomState(x(1))))


def _functions() -> Iterator[Option]:
    for ufunc, inverse in ((np.log1p, np.expm1), (np.sqrt, np.square), (expit, logit)):
        settings = {"func": ufunc, "inverse_func": inverse, "check_inverse": False}
        name = f"target {ufunc.__name__}"
        yield Option("regression", name, lambda x=settings: TransformedTargetRegressor(RIDGE, **x))
    transformer = preprocessing.FunctionTransformer
    for function in (np.log1p, np.nan_to_num, np.abs, np.asarray, np.float64, expit, preprocessing.scale):
        name = f"function {function.__name__}"
        yield Option("regression", name, lambda x=function: make_pipeline(transformer(x), RIDGE))
    neighbor = neighbors.KNeighborsClassifier
    yield Option("classes", "sparse", lambda: make_pipeline(transformer(sparse.csr_matrix), neighbor()))


def _searches() -> Iterator[Option]:
    grid = {"C": [1, 2]}
    for split in (
        model_selection.KFold(2),
        model_selection.StratifiedKFold(2),
        model_selection.ShuffleSplit(2, random_state=0),
        model_selection.RepeatedKFold(n_splits=2, n_repeats=1),
        model_selection.RepeatedStratifiedKFold(n_splits=2),
        model_selection.StratifiedShuffleSplit(2),
        model_selection.TimeSeriesSplit(2),
    ):
        yield Option("binary", f"search {type(split).__name__}", lambda x=split: GridSearchCV(LOGISTIC, grid, cv=x))
    brier = {"greater_is_better": False, "response_method": "predict_proba", "pos_label": "yes"}
    names = ("accuracy", "roc_auc", "neg_log_loss", "f1_macro", "balanced_accuracy", "average_precision")
    scorers: list[Any] = [*names, make_scorer(metrics.fbeta_score, beta=2, average="macro")]
    scorers.append(make_scorer(metrics.brier_score_loss, **brier))
    for number, scorer in enumerate(scorers):
        name = f"search by scorer {number}"
        yield Option("binary", name, lambda x=scorer: GridSearchCV(LOGISTIC, grid, scoring=x, cv=2))
    several = {"scoring": ["accuracy", "roc_auc"], "refit": "accuracy", "cv": 2}
    yield Option("binary", "search by several", lambda: GridSearchCV(LOGISTIC, grid, **several))
    distributions = {"C": stats.uniform(0.1, 2), "max_iter": stats.randint(100, 200), "tol": stats.loguniform(1e-4, 1)}
    for search in (model_selection.RandomizedSearchCV, model_selection.HalvingRandomSearchCV):
        yield Option("binary", f"{search.__name__} scipy", lambda x=search: x(LOGISTIC, distributions, cv=2))
    yield Option("binary", "halving grid", lambda: model_selection.HalvingGridSearchCV(LOGISTIC, grid, cv=2))


def _meta_estimators() -> Iterator[Option]:
    calibrated = calibration.CalibratedClassifierCV
    for method in ("sigmoid", "isotonic", "temperature"):
        yield Option("classes", f"calibrated {method}", lambda x=method: calibrated(FOREST, method=x, cv=2))
    for code in (multiclass.OneVsRestClassifier, multiclass.OneVsOneClassifier, multiclass.OutputCodeClassifier):
        yield Option("classes", code.__name__, lambda x=code: x(svm.LinearSVC()))
    tuned, fixed = model_selection.TunedThresholdClassifierCV, model_selection.FixedThresholdClassifier
    scorer = make_scorer(metrics.balanced_accuracy_score)
    yield Option("binary", "tuned threshold", lambda: tuned(LOGISTIC, scoring=scorer, cv=2))
    yield Option("binary", "fixed threshold", lambda: fixed(LOGISTIC, threshold=0.4))


def _columns_of_mixed_data() -> Iterator[Option]:
    for output in ("pandas", "default"):
        name = f"output {output}"
        yield Option(
            "mixed", name, lambda x=output: make_pipeline(mixed_to_numbers().set_output(transform=x), LOGISTIC)
        )
    frequent = SimpleImputer(strategy="most_frequent")
    ordinal = preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    for dtypes in (np.number, "str", "number", ["float64", "int64"], [np.float64, np.int64],
                   pd.StringDtype(na_value=np.nan)):  # fmt: skip
        parts = make_column_transformer((frequent, make_column_selector(dtype_include=dtypes)))
        yield Option("mixed", f"selector {dtypes}", lambda x=parts: make_pipeline(x, ordinal, LOGISTIC))
    of_category = make_column_selector(dtype_include=pd.CategoricalDtype())
    one_hot = preprocessing.OneHotEncoder(handle_unknown="ignore")
    missing = SimpleImputer(missing_values=pd.NA, strategy="most_frequent")
    for name, *transformers in (
        ("selector category", ("drop", of_category), (SimpleImputer(), ["age"])),
        ("date categories", (one_hot, ["since", "city"])),
        ("target encoder", (preprocessing.TargetEncoder(), ["city", "rooms"])),
        ("NA as missing", (missing, ["age", "rooms"])),
        ("iterative imputer", (IterativeImputer(max_iter=2), ["age", "rooms"])),
    ):
        yield Option("mixed", name, lambda x=transformers: make_pipeline(make_column_transformer(*x), LOGISTIC))


def _transformers() -> Iterator[Option]:
    bins = {"n_bins": 3, "quantile_method": "averaged_inverted_cdf"}
    for encode in ("ordinal", "onehot"):
        discretizer = preprocessing.KBinsDiscretizer(encode=encode, **bins)
        yield Option("classes", f"bins {encode}", lambda x=discretizer: make_pipeline(x, LOGISTIC))
    for extrapolation in ("constant", "linear", "continue", "periodic"):
        spline = preprocessing.SplineTransformer(extrapolation=extrapolation)
        yield Option("regression", f"splines {extrapolation}", lambda x=spline: make_pipeline(x, RIDGE))
    for method in ("yeo-johnson", "box-cox"):
        power = preprocessing.PowerTransformer(method)
        yield Option("regression", f"power {method}", lambda x=power: make_pipeline(x, RIDGE))
    best = SelectKBest(mutual_info_classif, k=2)
    yield Option("classes", "select", lambda: make_pipeline(best, LOGISTIC))
    counts = CountVectorizer(ngram_range=(1, 2), binary=True)
    yield Option("documents", "vectorizer", lambda: make_pipeline(counts, LOGISTIC))
    as_float32 = CountVectorizer(dtype=np.float32)
    yield Option("documents", "vectorizer dtype", lambda: make_pipeline(as_float32, LOGISTIC))
    steps = [("s", preprocessing.StandardScaler()), ("c", LOGISTIC)]
    yield Option("binary", "memory", lambda: pipeline.Pipeline(steps, memory=None))
