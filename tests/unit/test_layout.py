"""Rules of the layout that the import contract in pyproject.toml cannot express."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ml_census

PACKAGE = Path(ml_census.__file__).parent
TESTS = Path(__file__).parent
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if not path.stem.startswith("__")]


def used(path: Path) -> set[str]:
    """Return the attributes of modules that a module uses, such as os.environ."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def has_functions(path: Path) -> bool:
    """Return whether a module has functions, or methods other than those with double underscores."""
    functions = [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return any(not name.startswith("__") for name in functions)


def test_each_module_with_functions_has_a_test_file() -> None:
    missing = [
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if has_functions(path) and not (TESTS / path.relative_to(PACKAGE).parent / f"test_{path.name}").exists()
    ]

    assert missing == []


def test_each_test_file_is_named_after_a_module() -> None:
    """The name is test_MODULE.py or test_MODULE_TOPIC.py; allowed_globals.txt counts as a module."""
    strange = []
    for path in sorted(TESTS.glob("*/**/test_*.py")):
        name, folder = path.stem.removeprefix("test_"), PACKAGE / path.relative_to(TESTS).parent
        if not any(f"{name}_".startswith(f"{module.stem}_") for module in folder.glob("*.*")):
            strange.append(str(path.relative_to(TESTS)))

    assert strange == []


def test_module_lists_of_packages_are_complete() -> None:
    """A package docstring with the heading "Modules" names all modules and packages."""
    missing = []
    for path in PACKAGE.rglob("__init__.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
        modules = {f"{each.stem}.py" for each in MODULES if each.parent == path.parent}
        packages = {f"{each.parent.name}/" for each in path.parent.glob("*/__init__.py")}
        if "Modules" in docstring:
            missing += [f"{path.parent.name}: {name}" for name in modules | packages if name not in docstring]

    assert missing == []


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
