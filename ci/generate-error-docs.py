#!/usr/bin/env python3
"""Write docs/reference/error-messages.md: every message of the server and the commands, as the code has them.

ci/generate-error-docs.py           writes what has changed
ci/generate-error-docs.py --check   writes nothing; fails if something would change
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "image" / "ml_census"
PAGE = ROOT / "docs" / "reference" / "error-messages.md"

SECTIONS = {
    "Answers to a client": {
        "abort": "the status",
        "error message": "401, 403 or 429",
        "returned": "400, 404, 405 or 413",
        "UnsupportedMediaType": "415",
        "AuthenticationError": "401; 403 at `/prediction`",
        "NoProbabilitiesError": "400",
        "MalformedBodyError": "400",
        "InvalidRowsError": "400",
        "InvalidValueError": "400, as what was expected",
        "CsvError": "400",
        "RowError": "400",
        "PredictionError": "400",
        "TooManyRowsError": "413",
        "ParsingError": "400",
        "BadRequest": "400",
        "OverloadedError": "503",
        "RequestTimeoutError": "408",
    },
    "Configuration and artifacts: the start ends, or a reload is refused": dict.fromkeys(
        ["wrong", "ConfigError", "ArtifactError", "CredentialsError", "SchemaError", "DecodingError", "JsonError",
         "ForbiddenGlobalError", "CompiledError", "NotEquivalentError", "ValueError", "_InvalidConfigError"],
        "refused",
    ),
    "Stores": {"StorageError": "refused", "ObjectNotFoundError": "refused", "StorageUnavailableError": "tried again"},
    "Why a model is not compiled (`engine` of `/version`)": {"UnsupportedModelError": "served by scikit-learn"},
    "Commands: they end with exit code 1": dict.fromkeys(
        ["fail", "ClientError", "RejectedError", "RejectedRowError", "ScoringError", "DataError"], "exit 1"
    ),
    "Log lines": {"warning": "WARNING", "error": "ERROR", "exception": "ERROR"},
}  # fmt: skip
NAMES = {name: (section, effect) for section, names in SECTIONS.items() for name, effect in names.items()}
LOGGERS = ("log", "logger")
PLACES = {"AuthenticationError": 0, "ArtifactError": 2}
"""Which argument of these is the message; of others, the last that is text."""
RETURNING = {"missing": "returned", "too_large": "returned", "_wrong": "wrong", "_wrong_origins": "wrong",
             "_wrong_number": "wrong"}  # fmt: skip
"""Functions that return messages."""


def text_of(node: ast.expr, known: dict[str, ast.expr]) -> str | None:
    """The text of an expression, with … for what only a run knows; None if nothing of it is text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part, known) or "…" for part in parts)
        case ast.FormattedValue(value=ast.Name(id=name)) if name.isupper():
            return text_of(node.value, known)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return (text_of(left, known) or "…") + (text_of(right, known) or "…")
        case ast.Name(id=name) if name in known:
            return text_of(known[name], {key: value for key, value in known.items() if key != name})
    return None


def assigned(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """The expression of each name that these statements assign once, wherever they stand in them."""
    found: dict[str, list[ast.expr]] = {}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def messages(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What is raised, answered or logged, and its text."""
    constants = {name: value for name, value in assigned(tree.body).items() if name.isupper()}
    for call in [each.value for each in tree.body if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call)]:
        yield from raised(call, constants)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        known = constants | assigned(function.body)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                yield from raised(node, known)
            elif isinstance(node, ast.Return) and function.name in RETURNING:
                branches = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
                yield from ((RETURNING[function.name], text) for each in branches if (text := text_of(each, known)))
            elif isinstance(node, ast.Dict):
                pairs = [(getattr(key, "value", ""), value) for key, value in zip(node.keys, node.values, strict=True)]
                yield from ((key, text) for key, value in pairs if key in NAMES and (text := text_of(value, known)))


def raised(call: ast.Call, known: dict[str, ast.expr]) -> Iterator[tuple[str, str]]:
    """The message of a call that makes an exception, an answer, a log line or the end of a command."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    owner = getattr(getattr(call.func, "value", None), "id", "")
    if name not in NAMES or (name in ("warning", "error", "exception") and owner not in LOGGERS):
        return
    place = 0 if owner in LOGGERS else PLACES.get(name)
    arguments = call.args if place is None else call.args[place : place + 1]
    texts = [text for each in arguments if (text := text_of(each, known))]
    if not texts or (len(texts[-1].split()) < 2 and name != "InvalidValueError"):
        return
    status = call.args[0].value if name == "abort" and isinstance(call.args[0], ast.Constant) else ""
    text = re.sub(r"%(\.\d)?[dgs]", "…", texts[-1]) if owner in LOGGERS else texts[-1]
    yield (f"abort {status}" if status else name), " ".join(text.split())


def page() -> str:
    found: dict[str, set[tuple[str, str, str]]] = {section: set() for section in SECTIONS}
    for path in sorted(PACKAGE.rglob("*.py")):
        for name, text in messages(ast.parse(path.read_text())):
            kind, status = ("abort", name[6:]) if name.startswith("abort ") else (name, "")
            if not re.search("[A-Za-z]{2}", text):
                continue  # the reason of another error alone
            section, effect = NAMES[kind]
            where = str(path.relative_to(PACKAGE)).removesuffix(".py").removesuffix("/__init__")
            found[section].add((text.replace("|", r"\|"), status or effect, where))
    lines = [
        "# Error messages",
        "",
        "Every message of the server and of the commands. `ci/generate-error-docs.py` writes this page from the code.",
        "… stands for a name, a number or a path. Each protocol has its own JSON form for a message to a client.",
    ]
    for section, rows in found.items():
        lines += ["", f"## {section}", "", "| message | effect | module |", "| --- | --- | --- |"]
        lines += [f"| {text} | {effect} | `{where}` |" for text, effect, where in sorted(rows)]
    return "\n".join(lines) + "\n"


def main() -> int:
    new, is_check = page(), "--check" in sys.argv
    if PAGE.exists() and PAGE.read_text() == new:
        return 0
    print(PAGE.relative_to(ROOT), "is stale: run ci/generate-error-docs.py" if is_check else "written")
    if not is_check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(new)
    return int(is_check)


if __name__ == "__main__":
    sys.exit(main())
