"""The functions of the package ml_census, as docs/reference/python-api.md shows them."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import ml_census

DOCUMENT = Path(__file__).parents[2] / "docs/reference/python-api.md"


def test_each_function_of_the_api_has_a_section() -> None:
    assert sorted(re.findall("^## (.*)", DOCUMENT.read_text(), re.M)) == sorted(ml_census.API)


@pytest.mark.parametrize("name", ml_census.API)
def test_function_of_the_api_is_that_of_its_module(name: str) -> None:
    assert getattr(ml_census, name) is getattr(import_module(ml_census.API[name]), name)


def test_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'ml_census' has no attribute 'unknown'"):
        _ = ml_census.unknown


def test_package_has_type_annotations() -> None:
    assert (Path(ml_census.__file__).parent / "py.typed").exists()


@pytest.mark.slow
def test_example_of_the_document_prints_its_output(tmp_path: Path) -> None:
    (block,) = re.findall("```python\n(.*?)```", DOCUMENT.read_text(), re.S)
    expected = re.findall(r"^print\(.*\)  # (.*)$", block, re.M)

    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True)

    assert done.stdout.splitlines() == expected, done.stderr


@pytest.mark.slow
def test_import_of_the_package_loads_no_library() -> None:
    code = "import sys, ml_census; print([name for name in ('numpy', 'click', 'sklearn') if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
