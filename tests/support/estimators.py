"""Fit every estimator of scikit-learn, and every option that changes what a pickle of it names.

`ci/generate-allowed-globals.py` collects what these pickles name; the tests load, publish and serve them.
"""

import warnings
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, stats
from scipy.special import expit, logit
from sklearn import (
    calibration,
    compose,
    ensemble,
    frozen,
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
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.gaussian_process import kernels
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.metrics import pairwise
from sklearn.pipeline import make_pipeline
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _construct_instances

ROWS = 60


@dataclass(frozen=True)
class Data:
    """Rows and targets of one kind."""

    rows: Any
    targets: Any


def _datasets() -> dict[str, Data]:
    random = np.random.default_rng(3)
    numbers = random.uniform(0.1, 3, size=(ROWS, 4))
    score = numbers[:, 0] + numbers[:, 1] ** 2
    classes = np.digitize(score, np.quantile(score, [0.33, 0.66]))
    frame = pd.DataFrame(
        {
            "age": np.where(random.uniform(size=ROWS) < 0.1, np.nan, numbers[:, 0] * 20),
            "rooms": random.integers(1, 6, ROWS),
            "city": random.choice(np.array(["Bern", "Köln", "Graz"], dtype=object), ROWS),
            "member": random.integers(0, 2, ROWS).astype(bool),
            "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 500, ROWS), unit="D"),
        }
    )
    words = np.array(["cheap", "fine", "broken", "late", "good", "never"])
    documents = [" ".join(random.choice(words, 5)) for _ in range(ROWS)]
    return {
        "binary": Data(numbers, np.array(["no", "yes"])[(score > np.median(score)).astype(int)]),
        "classes": Data(numbers, classes),
        "regression": Data(numbers, score),
        "outputs": Data(numbers, np.column_stack([score, numbers[:, 2]])),
        "labels": Data(numbers, np.column_stack([classes > 0, numbers[:, 2] > 1]).astype(int)),
        "mixed": Data(frame, classes),
        "documents": Data(documents, classes),
    }


DATA = _datasets()


def instances() -> Iterator[tuple[str, BaseEstimator]]:
    """Yield each estimator of scikit-learn with the parameters of scikit-learn's own tests, and a name for it."""
    for name, kind in all_estimators():
        if name == "FrozenEstimator":
            yield name, frozen.FrozenEstimator(linear_model.LogisticRegression().fit(*_pair("binary")))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = list(_construct_instances(kind))
        for number, estimator in enumerate(made):
            yield f"{name}{number or ''}", estimator


def _pair(data: str) -> tuple[Any, Any]:
    return DATA[data].rows, DATA[data].targets


def fitted(estimator: Any, data: str) -> Any | None:
    """Return the estimator fitted on a data set, or None where scikit-learn refuses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return estimator.fit(*_pair(data))
        except Exception:
            return None


def models(only: Container[str] = DATA) -> Iterator[tuple[str, str, Any]]:
    """Yield estimator, data set and fitted model, for each pair that scikit-learn can fit."""
    for data in filter(only.__contains__, DATA):
        for name, estimator in instances():
            if name == "FrozenEstimator" and data != "binary":
                continue  # it is fitted on that
            if (model := fitted(placed(estimator, data), data)) is not None:
                yield name, data, model


def placed(estimator: Any, data: str) -> Any:
    """Return the estimator, behind what turns columns into numbers where a data set is not of numbers."""
    return make_pipeline(columns(), estimator) if data == "mixed" else estimator


def columns() -> compose.ColumnTransformer:
    """Return what turns the mixed frame into numbers."""
    return compose.make_column_transformer(
        (make_pipeline(SimpleImputer(), preprocessing.MinMaxScaler()), ["age", "rooms"]),
        (preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["city"]),
        ("passthrough", ["member"]),
    )


def _kernels() -> Iterator[Any]:
    plain = [
        kernels.RBF(),
        kernels.Matern(),
        kernels.RationalQuadratic(),
        kernels.DotProduct(),
        kernels.ExpSineSquared() + kernels.WhiteKernel(),
    ]
    yield from plain
    yield kernels.ConstantKernel() * kernels.RBF() + kernels.WhiteKernel()
    yield kernels.Exponentiation(kernels.RBF(), 2)
    yield kernels.PairwiseKernel(metric="rbf")


def _options() -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Data set, name and maker of each option that changes what a pickle names."""
    forest = ensemble.RandomForestClassifier(3)
    logistic = linear_model.LogisticRegression()
    ridge = linear_model.Ridge()
    for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile"):
        yield (
            "regression",
            f"hgb {loss}",
            lambda loss=loss: ensemble.HistGradientBoostingRegressor(loss=loss, quantile=0.5, max_iter=3),
        )
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield (
            "regression",
            f"gb {loss}",
            lambda loss=loss: ensemble.GradientBoostingRegressor(loss=loss, n_estimators=3),
        )
    for loss in ("log_loss", "exponential"):
        yield "binary", f"gb {loss}", lambda loss=loss: ensemble.GradientBoostingClassifier(loss=loss, n_estimators=3)
    yield "classes", "gb init", lambda: ensemble.GradientBoostingClassifier(n_estimators=3, init=forest)
    yield (
        "classes",
        "hgb early stopping",
        lambda: ensemble.HistGradientBoostingClassifier(max_iter=3, early_stopping=True, scoring="accuracy"),
    )
    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "squared_error", "huber",
                 "epsilon_insensitive", "squared_epsilon_insensitive"):  # fmt: skip
        yield "classes", f"sgd {loss}", lambda loss=loss: linear_model.SGDClassifier(loss=loss)
        if loss in ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
            yield "regression", f"sgd {loss}", lambda loss=loss: linear_model.SGDRegressor(loss=loss)
    for algorithm in ("ball_tree", "kd_tree", "brute"):
        for metric in neighbors.VALID_METRICS[algorithm]:
            if metric not in ("precomputed", "pyfunc", "haversine"):  # haversine: for two columns
                yield (
                    "classes",
                    f"knn {algorithm} {metric}",
                    lambda a=algorithm, m=metric: neighbors.KNeighborsClassifier(algorithm=a, metric=m, **_metric(m)),
                )
        yield "regression", f"kde {algorithm}", lambda a=algorithm: neighbors.KNeighborsRegressor(algorithm=a)
    yield "classes", "knn weights", lambda: neighbors.KNeighborsClassifier(weights="distance")
    for kernel in _kernels():
        yield "binary", f"gpc {kernel}", lambda k=kernel: gaussian_process.GaussianProcessClassifier(k)
        yield "regression", f"gpr {kernel}", lambda k=kernel: gaussian_process.GaussianProcessRegressor(k, alpha=10.0)
    for solver in ("adam", "sgd", "lbfgs"):
        yield (
            "classes",
            f"mlp {solver}",
            lambda s=solver: neural_network.MLPClassifier(3, solver=s, early_stopping=True, max_iter=5),
        )
    yield "binary", "svc kernel function", lambda: svm.SVC(kernel=pairwise.laplacian_kernel)
    for criterion in ("gini", "entropy"):
        yield "classes", f"tree {criterion}", lambda c=criterion: tree.DecisionTreeClassifier(criterion=c)
    for state in (np.random.RandomState(1), np.random.default_rng(1)):
        yield (
            "binary",
            f"random state {type(state).__name__}",
            lambda s=state: make_pipeline(
                preprocessing.QuantileTransformer(n_quantiles=9, random_state=0), _WithState(s)
            ),
        )
    for bits in (np.random.MT19937, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64):
        yield (
            "binary",
            f"random state {bits.__name__}",
            lambda b=bits: ensemble.RandomForestClassifier(2, random_state=np.random.RandomState(b(1))),
        )
    for ufunc, inverse in ((np.log1p, np.expm1), (np.sqrt, np.square), (expit, logit)):
        yield (
            "regression",
            f"target {ufunc.__name__}",
            lambda u=ufunc, i=inverse: compose.TransformedTargetRegressor(
                ridge, func=u, inverse_func=i, check_inverse=False
            ),
        )
    for function in (np.log1p, np.nan_to_num, np.abs, np.asarray, np.float64, expit, preprocessing.scale):
        yield (
            "regression",
            f"function {function.__name__}",
            lambda f=function: make_pipeline(preprocessing.FunctionTransformer(f), ridge),
        )
    cv = [
        model_selection.KFold(2), model_selection.StratifiedKFold(2), model_selection.ShuffleSplit(2, random_state=0),
        model_selection.RepeatedKFold(n_splits=2, n_repeats=1), model_selection.RepeatedStratifiedKFold(n_splits=2),
        model_selection.StratifiedShuffleSplit(2), model_selection.TimeSeriesSplit(2),
    ]  # fmt: skip
    for split in cv:
        yield (
            "binary",
            f"search {type(split).__name__}",
            lambda s=split: model_selection.GridSearchCV(logistic, {"C": [1, 2]}, cv=s),
        )
    scorers: list[Any] = [
        "accuracy", "roc_auc", "neg_log_loss", "f1_macro", "balanced_accuracy", "average_precision",
        metrics.make_scorer(metrics.fbeta_score, beta=2, average="macro"),
        metrics.make_scorer(metrics.brier_score_loss, greater_is_better=False, response_method="predict_proba",
                            pos_label="yes"),
    ]  # fmt: skip
    for number, scorer in enumerate(scorers):
        yield (
            "binary",
            f"search by scorer {number}",
            lambda s=scorer: model_selection.GridSearchCV(logistic, {"C": [1, 2]}, scoring=s, cv=2),
        )
    yield (
        "binary",
        "search by several",
        lambda: model_selection.GridSearchCV(
            logistic, {"C": [1, 2]}, scoring=["accuracy", "roc_auc"], refit="accuracy", cv=2
        ),
    )
    distributions = {"C": stats.uniform(0.1, 2), "max_iter": stats.randint(100, 200), "tol": stats.loguniform(1e-4, 1)}
    searches = (model_selection.RandomizedSearchCV, model_selection.HalvingRandomSearchCV)
    for search in searches:
        yield "binary", f"{search.__name__} scipy", lambda s=search: s(logistic, distributions, cv=2)
    yield "binary", "halving grid", lambda: model_selection.HalvingGridSearchCV(logistic, {"C": [1, 2]}, cv=2)
    for method in ("sigmoid", "isotonic", "temperature"):
        yield (
            "classes",
            f"calibrated {method}",
            lambda m=method: calibration.CalibratedClassifierCV(forest, method=m, cv=2),
        )
    for code in (multiclass.OneVsRestClassifier, multiclass.OneVsOneClassifier, multiclass.OutputCodeClassifier):
        yield "classes", code.__name__, lambda c=code: c(svm.LinearSVC())
    yield (
        "binary",
        "tuned threshold",
        lambda: model_selection.TunedThresholdClassifierCV(
            logistic, scoring=metrics.make_scorer(metrics.balanced_accuracy_score), cv=2
        ),
    )
    yield "binary", "fixed threshold", lambda: model_selection.FixedThresholdClassifier(logistic, threshold=0.4)
    yield "classes", "select", lambda: make_pipeline(SelectKBest(mutual_info_classif, k=2), logistic)
    for transform in ("pandas", "default"):
        yield (
            "mixed",
            f"output {transform}",
            lambda t=transform: make_pipeline(columns().set_output(transform=t), logistic),
        )
    for selector in (
        np.number,
        "str",
        "number",
        ["float64", "int64"],
        [np.float64, np.int64],
        pd.StringDtype(na_value=np.nan),
    ):
        yield "mixed", f"selector {selector}", lambda s=selector: make_pipeline(
            compose.make_column_transformer(
                (SimpleImputer(strategy="most_frequent"), compose.make_column_selector(dtype_include=s))
            ),
            preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), logistic,
        )  # fmt: skip
    yield (
        "mixed",
        "selector category",
        lambda: make_pipeline(
            compose.make_column_transformer(
                ("drop", compose.make_column_selector(dtype_include=pd.CategoricalDtype())), (SimpleImputer(), ["age"])
            ),
            logistic,
        ),
    )
    yield (
        "mixed",
        "date categories",
        lambda: make_pipeline(
            compose.make_column_transformer((preprocessing.OneHotEncoder(handle_unknown="ignore"), ["since", "city"])),
            logistic,
        ),
    )
    yield (
        "mixed",
        "target encoder",
        lambda: make_pipeline(
            compose.make_column_transformer((preprocessing.TargetEncoder(), ["city", "rooms"])), logistic
        ),
    )
    yield (
        "mixed",
        "NA as missing",
        lambda: make_pipeline(
            compose.make_column_transformer(
                (SimpleImputer(missing_values=pd.NA, strategy="most_frequent"), ["age", "rooms"])
            ),
            logistic,
        ),
    )
    for encode in ("ordinal", "onehot"):
        yield (
            "classes",
            f"bins {encode}",
            lambda e=encode: make_pipeline(
                preprocessing.KBinsDiscretizer(3, encode=e, quantile_method="averaged_inverted_cdf"), logistic
            ),
        )
    for extrapolation in ("constant", "linear", "continue", "periodic"):
        yield (
            "regression",
            f"splines {extrapolation}",
            lambda e=extrapolation: make_pipeline(preprocessing.SplineTransformer(extrapolation=e), ridge),
        )
    for method in ("yeo-johnson", "box-cox"):
        yield "regression", f"power {method}", lambda m=method: make_pipeline(preprocessing.PowerTransformer(m), ridge)
    yield (
        "mixed",
        "iterative imputer",
        lambda: make_pipeline(
            compose.make_column_transformer((IterativeImputer(max_iter=2), ["age", "rooms"])), logistic
        ),
    )
    yield "documents", "vectorizer", lambda: make_pipeline(CountVectorizer(ngram_range=(1, 2), binary=True), logistic)
    yield "documents", "vectorizer dtype", lambda: make_pipeline(CountVectorizer(dtype=np.float32), logistic)
    yield (
        "binary",
        "memory",
        lambda: pipeline.Pipeline([("s", preprocessing.StandardScaler()), ("c", logistic)], memory=None),
    )
    yield "classes", "stacking", lambda: ensemble.StackingClassifier([("f", forest), ("l", logistic)], cv=2)
    yield "classes", "isolation", lambda: make_pipeline(_Sparse(sparse.csr_matrix), neighbors.KNeighborsClassifier())


def _metric(name: str) -> dict[str, Any]:
    parameters = {"minkowski": {"p": 3}, "mahalanobis": {"V": np.eye(4)}, "seuclidean": {"V": np.ones(4)}}
    return {"metric_params": parameters[name]} if name in parameters else {}


def _Sparse(kind: Any) -> Any:
    return preprocessing.FunctionTransformer(kind)


def _WithState(state: Any) -> Any:
    seed = state if isinstance(state, np.random.RandomState) else np.random.RandomState(3)
    return linear_model.SGDClassifier(random_state=seed)


def options(only: Container[str] = DATA) -> Iterator[tuple[str, str, Any]]:
    """Yield option, data set and fitted model."""
    for data, name, make in _options():
        if data in only and (model := fitted(make(), data)) is not None:
            yield name, data, model
