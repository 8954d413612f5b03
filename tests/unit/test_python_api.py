"""The functions that the package itself exports."""

import subprocess
import sys
from importlib import import_module

import pytest

import ml_census


@pytest.mark.parametrize("name", ml_census.API)
def test_function_of_the_api_is_that_of_its_module(name: str) -> None:
    assert getattr(ml_census, name) is getattr(import_module(ml_census.API[name]), name)


def test_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'ml_census' has no attribute 'unknown'"):
        _ = ml_census.unknown


@pytest.mark.slow
def test_import_of_the_package_loads_no_library() -> None:
    code = "import sys, ml_census; print([name for name in ('numpy', 'click', 'sklearn') if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
