"""Rules of the layout that the import contract in pyproject.toml cannot express."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ml_census

PACKAGE = Path(ml_census.__file__).parent


def used(path: Path) -> set[str]:
    """Return the attributes of modules that a module uses, such as os.environ."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def test_only_the_command_line_uses_environment_signals_and_exit() -> None:
    reserved = {"os.environ", "os.getenv", "signal.signal", "sys.exit"}
    using = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py") if used(path) & reserved}

    assert using == {"cli"}


@pytest.mark.slow
def test_the_help_is_there_without_loading_scikit_learn() -> None:
    code = (
        "import sys, ml_census.cli.main; print([m for m in ('sklearn', 'flask', 'gcsfs', 'numpy') if m in sys.modules])"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
