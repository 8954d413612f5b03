#!/usr/bin/env python3
"""Print the globals (classes and functions) that a pickled model may reference, one "module name" per line.

The output is the content of image/ml_census/models/pickles/allowed_globals.txt. Run this script with .venv/bin/python
after an update of scikit-learn, XGBoost, LightGBM, numpy, scipy or pandas, and review the difference. The output must
be the same for each supported Python version, although the lock file has different versions of libraries for them. With
`--check`, the script also fits all estimators of tests/support/estimators.py, which takes minutes. The script exits
with 1 if a pickle of these estimators references other globals.
"""

import collections
import datetime
import decimal
import fractions
import importlib
import inspect
import io
import re
import sys
import uuid
from pathlib import Path

import joblib
import numpy
import pandas
import scipy.special
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

# Texts of pandas without pyarrow: the image does not have pyarrow, and its arrays are rebuilt from unchecked memory.
pandas.set_option("mode.string_storage", "python")

# Modules whose classes occur in fitted estimators: all their classes are allowed.
CLASSES = """
sklearn._loss._loss sklearn._loss.link sklearn._loss.loss
sklearn.calibration sklearn.cluster._birch sklearn.cluster._bisect_k_means sklearn.compose._column_transformer
sklearn.ensemble._hist_gradient_boosting.binning sklearn.ensemble._hist_gradient_boosting.predictor
sklearn.gaussian_process._gpc sklearn.gaussian_process.kernels sklearn.impute._iterative sklearn.linear_model._sgd_fast
sklearn.metrics._dist_metrics sklearn.metrics._scorer
sklearn.model_selection._split sklearn.multiclass sklearn.neighbors._ball_tree sklearn.neighbors._kd_tree
sklearn.neural_network._stochastic_optimizers sklearn.tree._tree sklearn.utils._metadata_requests
""".split()
# Modules of other libraries whose estimators are allowed.
ESTIMATORS = ["lightgbm.sklearn", "xgboost.sklearn"]
# Modules whose functions are parameters of estimators: all are allowed. They only compute with arrays.
FUNCTIONS = ["sklearn.feature_selection", "sklearn.metrics", "sklearn.metrics.pairwise", "sklearn.preprocessing"]
# A numpy function with such a parameter is not allowed: it can open a file or call another function.
REACHES = re.compile(r"file|fname|func|function|path|pyfunc|format|err$|callable")
SETTINGS = re.compile(r"set|get|show_|info|typename|printoptions|errstate|bmat|nested_iters|test")
# Functions that only some supported versions of numpy have. They are left out, so that the list is always the same.
SOME = ("fromstring", "row_stack")
# Values without code. The globals in their pickles are allowed, since these globals only rebuild such a value.
DATA = [
    collections.Counter(), collections.OrderedDict(), collections.defaultdict(int), datetime.date(2026, 1, 1),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), datetime.time(1), datetime.timedelta(1), decimal.Decimal(1),
    fractions.Fraction(1), uuid.UUID(int=1), re.compile("a"), complex(1), range(1), slice(1),
    numpy.ma.masked_array([1]), numpy.random.RandomState(), *[numpy.random.Generator(bits()) for bits in (
        numpy.random.MT19937, numpy.random.PCG64, numpy.random.PCG64DXSM, numpy.random.Philox, numpy.random.SFC64)],
    pandas.NA, pandas.NaT, pandas.Timestamp("2026"), pandas.Timestamp("2026", tz="UTC"), pandas.Timedelta(1),
    pandas.Interval(1, 2), pandas.Period("2026"), pandas.CategoricalDtype(), pandas.CategoricalDtype(["a"]),
    pandas.CategoricalDtype([1]), pandas.StringDtype(), pandas.StringDtype(na_value=numpy.nan), pandas.Int64Dtype(),
    pandas.Int32Dtype(), pandas.Float64Dtype(), pandas.BooleanDtype(), pandas.DatetimeTZDtype(tz="UTC"),
    pandas.IntervalDtype("float"), pandas.PeriodDtype("D"),
]  # fmt: skip
# References of the scorer for early stopping. Loading a model removes the scorer, so they need no permission.
UNUSED = {"builtins getattr"}
OTHERS = """
_codecs encode
builtins bool
builtins bytearray
builtins complex
builtins dict
builtins float
builtins frozenset
builtins int
builtins list
builtins object
builtins range
builtins set
builtins slice
builtins str
builtins tuple
collections OrderedDict
collections defaultdict
copyreg _reconstructor
functools partial
joblib.numpy_pickle NumpyArrayWrapper
lightgbm.basic Booster
numpy dtype
numpy ndarray
numpy.core.multiarray _reconstruct
numpy.core.multiarray scalar
numpy._core.multiarray _reconstruct
numpy._core.multiarray scalar
numpy._core.numeric _frombuffer
numpy.ma MaskedArray
numpy.ma.core MaskedArray
numpy.ma.core _mareconstruct
numpy.random._mt19937 MT19937
numpy.random._pcg64 PCG64
numpy.random._pickle __bit_generator_ctor
numpy.random._pickle __generator_ctor
numpy.random._pickle __randomstate_ctor
numpy.random.bit_generator SeedSequence
numpy.random.bit_generator __pyx_unpickle_SeedSequence
numpy mean
numpy median
scipy._lib.array_api_compat.numpy._aliases asarray
scipy.interpolate._bsplines BSpline
scipy.interpolate._bsplines _BSpline
scipy.sparse._csc csc_array
scipy.sparse._csc csc_matrix
scipy.sparse._csr csr_array
scipy.sparse._csr csr_matrix
sklearn.cluster._kmeans _kmeans_single_elkan
sklearn.cluster._kmeans _kmeans_single_lloyd
sklearn.metrics._dist_metrics newObj
sklearn.neighbors._ball_tree newObj
sklearn.neighbors._kd_tree newObj
sklearn.utils._bunch Bunch
sklearn.utils.validation check_array
xgboost.callback EarlyStopping
xgboost.core Booster
""".strip().splitlines()


def referenced_globals(value: object) -> set[str]:
    """Return the globals that the pickle of a value references, each as "module name"."""
    found: set[str] = set()

    class Recorder(joblib.numpy_pickle.NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
        def find_class(self, module: str, name: str) -> object:
            found.add(f"{module} {name}")
            return super().find_class(module, name)

    file = io.BytesIO()
    joblib.dump(value, file)
    file.seek(0)
    Recorder("", file, ensure_native_byte_order=True).load()
    return found


def allowed_globals() -> set[str]:
    """Return the globals that a pickled model may reference, each as "module name"."""
    found = {f"{member.__module__} {member.__name__}" for _, member in all_estimators()} | set(OTHERS)
    for name in CLASSES:
        members = vars(importlib.import_module(name))
        found |= {
            f"{name} {member}"
            for member, target in members.items()
            if inspect.isclass(target) and target.__module__ == name
        }
        found |= {f"{name} {member}" for member in members if member.startswith("__pyx_unpickle_")}
    for name in ESTIMATORS:
        members = vars(importlib.import_module(name))
        found |= {
            f"{name} {member}"
            for member, target in members.items()
            if inspect.isclass(target) and issubclass(target, BaseEstimator) and target.__module__ == name
        }
    for name in FUNCTIONS:
        functions = inspect.getmembers(importlib.import_module(name), inspect.isfunction)
        found |= {f"{target.__module__} {member}" for member, target in functions if target.__module__.startswith(name)}
    found |= {f"numpy {name}" for name, target in vars(numpy).items() if isinstance(target, numpy.ufunc | type) and (
        not isinstance(target, type) or issubclass(target, numpy.generic))}  # fmt: skip
    found |= {f"numpy {name}" for name in numpy.__all__ if is_array_function(name)}
    for target in [*vars(scipy.special).values(), *DATA]:
        if not inspect.ismodule(target) and (
            isinstance(target, numpy.ufunc) or any(target is member for member in DATA)
        ):
            found |= referenced_globals(target)
    return found


def is_array_function(name: str) -> bool:
    """Return whether numpy has a function of this name that opens no file, calls no argument and changes no setting."""
    function = getattr(numpy, name)
    if (
        isinstance(function, type)
        or not callable(function)
        or function.__module__ != "numpy"
        or SETTINGS.match(name)
        or name in SOME
    ):
        return False
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        return False
    return not any(REACHES.search(parameter) for parameter in parameters)


def missing_globals(allowed: set[str]) -> int:
    """Print to stderr the globals of fitted estimators that are not allowed; return the number of such estimators."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support import estimator_options, estimators

    count = 0
    for source in (estimator_options.fitted_options, estimators.models):
        for name, data, model in source():
            if missing := referenced_globals(getattr(model, "best_estimator_", model)) - allowed - UNUSED:
                count += 1
                print(f"{name} on {data}: {', '.join(sorted(missing))}", file=sys.stderr)
    return count


allowed = allowed_globals()
print("\n".join(sorted(allowed)))
if "--check" in sys.argv:
    sys.exit(missing_globals(allowed) > 0)
