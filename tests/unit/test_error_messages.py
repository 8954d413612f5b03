"""docs/reference/error-messages.md lists the messages of the code, and no exception class is left out."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "ci" / "generate-error-docs.py"
PAGE = ROOT / "docs" / "reference" / "error-messages.md"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Import the script, whose name is no identifier."""
    spec = importlib.util.spec_from_file_location("generate_error_docs", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def texts(script: ModuleType, source: str, **others: str) -> list[tuple[str, str]]:
    """Return reporter and text of the messages of a module's source, in a package with other modules."""
    sources = {"module": source, **others}
    package = script.Package({name: ast.parse(text) for name, text in sources.items()})
    return [(each.reporter, each.text) for each in script.messages(package, "module")]


def test_list_of_messages_is_current() -> None:
    command = [sys.executable, str(SCRIPT), "--check"]

    assert subprocess.run(command, capture_output=True, text=True).stdout == ""


@pytest.mark.parametrize("message", ["Token is missing!", "must be between … and …", "too many requests wait already"])
def test_page_has_messages_of_each_kind(message: str) -> None:
    """Raised, returned by a function, or a constant of a module."""
    assert f"\n| {message} |" in PAGE.read_text()


def test_exception_class_without_section_is_reported(script: ModuleType) -> None:
    package = script.Package({"module": ast.parse("class NewError(Exception): ...")})

    assert "NewError: an exception class in no section of SECTIONS" in script.problems(package)


def test_listed_name_without_code_is_reported(script: ModuleType) -> None:
    assert "ArtifactError: in SECTIONS, but not in the package" in script.problems(script.Package({}))


def test_every_class_of_the_package_has_a_section(script: ModuleType) -> None:
    assert script.problems(script.parsed()) == []


CLASS = "class ConfigError(Exception): ...\n"
CLASS_WITH_PARAMETERS = "class ConfigError(Exception):\n    def __init__(self, reason, where): ...\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (CLASS + "class B(ConfigError): ...\ndef f(): raise B('key is missing')", "key is missing"),
        (CLASS + "def f(n): raise ConfigError(g(n))\ndef g(n) -> str: return f'maximum is {n}'", "maximum is …"),
        (CLASS_WITH_PARAMETERS + "def f(): raise ConfigError('not found', 'in the bucket')", "not found"),
    ],
    ids=["subclass", "message-function", "message-parameter"],
)
def test_message_is_derived_from_the_code(script: ModuleType, source: str, expected: str) -> None:
    assert ("ConfigError", expected) in texts(script, source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def why() -> str: return 'key is missing'\ndef f(): raise ConfigError(why())", "key is missing"),
        ("from ml_census.a import why\ndef f(): raise ConfigError(why())", "key is short"),
        ("from ml_census import b\ndef f(): raise ConfigError(b.why())", "key is long"),
    ],
    ids=["own", "imported", "of-an-imported-module"],
)
def test_function_with_a_shared_name_is_resolved(script: ModuleType, source: str, expected: str) -> None:
    a, b = "def why() -> str: return 'key is short'", "def why() -> str: return 'key is long'"

    assert texts(script, CLASS + source, a=a, b=b) == [("ConfigError", expected)]


def test_message_has_the_module_of_its_text(script: ModuleType) -> None:
    """Expect the module of the function that returns the text, not that of the exception."""
    source = CLASS + "from ml_census.a import why\ndef f(): raise ConfigError(why())"
    package = script.Package({"module": ast.parse(source), "a": ast.parse("def why() -> str: return 'key is short'")})

    assert [each.module for each in script.messages(package, "module")] == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        "reason = 'key is missing'\n if n: reason = 'key is unknown'\n raise ConfigError(reason)",
        "reason = 'key is missing' if n else 'key is unknown'\n raise ConfigError(reason)",
        "reason = 'key is '\n raise ConfigError(reason + ('missing' if n else 'unknown'))",
        "state = 'missing' if n else 'unknown'\n raise ConfigError(f'key is {state}')",
        'raise ConfigError(f\'key is {"missing" if n else "unknown"}\')',
    ],
    ids=["two-assignments", "conditional", "conditional-part", "within-a-text", "conditional-within-a-text"],
)
def test_each_text_of_a_variable_is_a_message(script: ModuleType, body: str) -> None:
    found = texts(script, CLASS + f"def f(n):\n {body}")

    assert found == [("ConfigError", "key is missing"), ("ConfigError", "key is unknown")]


def test_keyword_argument_with_the_reason_is_a_message(script: ModuleType) -> None:
    source = "class EngineInfo: ...\ndef f(): return EngineInfo('sklearn', reason='no rule for a step')"

    assert ("EngineInfo", "no rule for a step") in texts(script, source)


@pytest.mark.parametrize("message", ["predictions differ on …", "the configuration says compile: false"])
def test_section_on_compilation_has_each_kind_of_reason(message: str) -> None:
    section = PAGE.read_text().split("\n## Why a model is not compiled")[1].split("\n## ")[0]

    assert f"\n| {message} | served by scikit-learn |" in section


def test_variable_in_its_own_next_value_is_read_once(script: ModuleType) -> None:
    source = CLASS + "def f():\n text = 'key is'\n text = text + ' missing'\n raise ConfigError(text)"

    assert ("ConfigError", "key is") in texts(script, source)
