"""Arrows point one way: which of our modules may import which."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ml_census

PACKAGE = Path(ml_census.__file__).parent
ALLOWED = {
    "__init__": set(),
    "__main__": {"cli"},
    "access_log": set(),
    "answering": {"artifacts", "auth", "metrics", "presented", "schema"},
    "app": {
        "__init__",
        "answering",
        "artifacts",
        "auth",
        "compatible",
        "config",
        "errors",
        "incoming",
        "metrics",
        "pages",
        "presented",
        "protocols",
        "request_id",
        "throttle",
    },
    "artifacts": {"auth", "config", "decoding", "engine", "models", "published", "schema"},
    "auth": {"json_file"},
    "client": {"connection", "json_rows"},
    "boosters": {"columns"},
    "columns": set(),
    "compatible": {"__init__", "answering", "artifacts", "errors", "incoming", "metrics", "protocols"},
    "config": {"cors", "trust"},
    "cors": set(),
    "decoding": set(),
    "delimited": set(),
    "tables": {"delimited"},
    "connection": set(),
    "json_rows": set(),
    "description": set(),
    "drift": {"columns", "schema"},
    "errors": {"answering", "engine", "protocols", "schema"},
    "fitted": {"engine", "foreign", "introspect", "pickled", "published", "schema", "trust"},
    "incoming": {"protocols"},
    "introspect": {"boosters", "columns", "schema"},
    "json_file": set(),
    "lanes": set(),
    "listener": set(),
    "loader": {"artifacts", "config", "published", "source", "storage", "trial"},
    "metrics": {"artifacts", "models", "schema"},
    "models": {"config", "drift", "engine", "fitted", "published", "schema", "storage"},
    "pages": {"artifacts", "description"},
    "pickled": {"trust"},
    "trust": set(),
    "foreign": set(),
    "presented": set(),
    "publish": {
        "decoding",
        "engine",
        "fitted",
        "json_file",
        "models",
        "published",
        "schema",
        "source",
        "storage",
        "trust",
    },
    "published": {"json_file", "storage"},
    "schema": {"columns", "json_file"},
    "scored": {"tables"},
    "scoring": {"client", "scored", "tables"},
    "request_id": set(),
    "server": {"access_log", "config", "cors", "lanes", "listener", "metrics", "wire"},
    "source": {"storage"},
    "storage": {"storage_errors"},
    "storage_errors": set(),
    "throttle": set(),
    "trial": {"artifacts", "config", "engine", "models", "published", "source"},
    "wire": {"request_id"},
}


def imported(path: Path) -> set[str]:
    """The modules of ours that a module imports, by the first name below the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "ml_census":
            names = {name.name for name in node.names}
            found |= {
                name if (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir() else "__init__" for name in names
            }
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ml_census."):
            found.add(str(node.module).split(".")[1])
    return found


def test_modules_import_only_what_they_may() -> None:
    imports = {path.stem: imported(path) for path in PACKAGE.glob("*.py") if path.stem != "cli"}

    assert imports == ALLOWED


def test_protocols_import_of_ours_only_what_they_share() -> None:
    assert {name for path in (PACKAGE / "protocols").glob("*.py") for name in imported(path)} == {
        "delimited",
        "protocols",
    }


def test_the_engine_imports_of_ours_what_a_model_takes_and_itself() -> None:
    assert {name for path in (PACKAGE / "engine").glob("*.py") for name in imported(path)} == {
        "columns",
        "engine",
        "schema",
    }


def test_training_imports_of_ours_nothing_that_serves() -> None:
    assert {name for path in (PACKAGE / "training").glob("*.py") for name in imported(path)} == {
        "__init__",
        "columns",
        "introspect",
        "publish",
        "schema",
        "storage",
        "training",
    }


def used(path: Path) -> set[str]:
    """The attributes of modules that a module uses, such as os.environ."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def test_only_the_command_line_uses_environment_signals_and_exit() -> None:
    reserved = {"os.environ", "os.getenv", "signal.signal", "sys.exit"}
    using = {path.stem: names for path in PACKAGE.glob("*.py") if (names := used(path) & reserved)}

    assert using.keys() == {"cli"}


@pytest.mark.slow
def test_the_help_is_there_without_loading_scikit_learn() -> None:
    code = "import sys, ml_census.cli; print([m for m in ('sklearn', 'flask', 'gcsfs', 'numpy') if m in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
