"""Check which further globals (functions and classes of modules) an operator may allow in a pickle.

A pickle can call a global with any arguments. Some callables of the standard library
and of the image's libraries then execute any code: for example getattr, eval,
functools.partial, numpy.vectorize, joblib.load and pandas.read_pickle.
allowed_globals.txt already lists the safe globals of these libraries. An operator can
only add globals of other packages. The author of such a package is responsible for the
safety of its globals.
"""

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from ml_census.errors import ArtifactError

LIBRARIES = frozenset(
    """
    PIL _cffi_backend _yaml aiohappyeyeballs aiohttp aiosignal attr attrs blinker certifi cffi charset_normalizer click
    contourpy cryptography cycler dateutil decorator flask fontTools frozenlist fsspec gcsfs google google_auth_oauthlib
    google_crc32c grpc idna itsdangerous jinja2 joblib jwt kiwisolver markdown_it markupsafe matplotlib mdurl
    ml_census mpl_toolkits multidict narwhals numpy oauthlib opentelemetry packaging pandas prometheus_client propcache
    proto pyarrow pyasn1 pyasn1_modules pycparser pygments pylab pyparsing requests requests_oauthlib rich scipy six
    sklearn threadpoolctl typing_extensions tzdata urllib3 waitress werkzeug yaml yarl
    """.split()
)
"""Import names of ml-census and its dependencies."""
LOADERS = frozenset("IPython _distutils_hack _pytest cloudpickle dill hickle jsonpickle llvmlite loky numba numexpr"
                    " pathos pip pkg_resources py pytest setuptools skops torch".split())  # fmt: skip
"""Libraries whose purpose is to load or run code."""
PYTHON = sys.stdlib_module_names | {"__builtin__", "__main__", "copy_reg", "site-packages"}


def rejection_reason(name: str) -> str | None:
    """Return why an operator must not allow the global "module.name" in a pickle, or None if this is permitted."""
    package = name.partition(".")[0]
    if package == "__main__":
        return "a class or function of a script or notebook: move it into a module that is installed beside the server"
    if package in PYTHON:
        return f"globals of Python's own module {package} can execute any code"
    if package in LIBRARIES | LOADERS:
        return f"globals of {package} can execute any code; its safe ones are allowed already"
    return None


def require_permitted(names: Iterable[str]) -> None:
    """Raise ArtifactError for the first of the names of --trusted-global that an operator must not allow."""
    for name in names:
        if reason := rejection_reason(name):
            raise ArtifactError("--trusted-global", name, reason)


def object_rejection_reason(target: Any) -> str | None:
    """Return why a pickle must not use the object `target`, or None if this is permitted.

    rejection_reason() has permitted the name of the object in the pickle. A module of a
    permitted package can still re-export an object of another package, such as
    builtins.
    """
    if isinstance(target, ModuleType):
        return "it is a module"
    module = getattr(target, "__module__", None)
    return rejection_reason(f"{module}.") if isinstance(module, str) else None
