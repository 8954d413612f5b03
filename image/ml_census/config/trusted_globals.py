"""Decide which names an operator may add to those that a pickle may use.

A pickle calls what it names with arguments of its own choice. Python's library and the libraries of the image hold
callables that reach anything by such arguments: getattr, eval, functools.partial, numpy.vectorize, joblib.load,
pandas.read_pickle. What is safe of these libraries is in allowed_globals.txt already. An operator can add names of
other packages only, which are as safe as the package's author has made them.
"""

import sys
from types import ModuleType
from typing import Any

LIBRARIES = frozenset(
    """
    PIL _cffi_backend _yaml aiohappyeyeballs aiohttp aiosignal attr attrs blinker certifi cffi charset_normalizer click
    contourpy cryptography cycler dateutil decorator flask fontTools frozenlist fsspec gcsfs google google_auth_oauthlib
    google_crc32c grpc idna itsdangerous jinja2 joblib jwt kiwisolver markdown_it markupsafe matplotlib mdurl
    ml_census mpl_toolkits multidict narwhals numpy oauthlib opentelemetry packaging pandas prometheus_client propcache
    proto pyasn1 pyasn1_modules pycparser pygments pylab pyparsing requests requests_oauthlib rich scipy six sklearn
    threadpoolctl typing_extensions tzdata urllib3 waitress werkzeug yaml yarl
    """.split()
)
"""The import names of everything that ml-census depends on."""
LOADERS = frozenset("IPython _distutils_hack _pytest cloudpickle dill hickle jsonpickle llvmlite loky numba numexpr"
                    " pathos pip pkg_resources py pytest setuptools skops torch".split())  # fmt: skip
"""Libraries whose purpose is to load or run code."""
PYTHON = sys.stdlib_module_names | {"__builtin__", "__main__", "copy_reg", "site-packages"}


def reason_against(name: str) -> str | None:
    """Return why "module.name" cannot be trusted, or None if it can."""
    package = name.partition(".")[0]
    if package == "__main__":
        return "a class or function of a script or notebook: move it into a module that is installed beside the server"
    if package in PYTHON:
        return f"a pickle could reach anything by names of Python's own module {package}"
    if package in LIBRARIES | LOADERS:
        return f"a pickle could reach anything by names of {package}; what is safe of it is allowed already"
    return None


def reason_against_object(found: Any) -> str | None:
    """Return why the object that a trusted name stands for cannot be used: names may stand for others' objects."""
    if isinstance(found, ModuleType):
        return "it is a module"
    home = getattr(found, "__module__", None)
    return reason_against(f"{home}.") if isinstance(home, str) else None
