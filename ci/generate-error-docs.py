#!/usr/bin/env python3
"""Write docs/reference/error-messages.md, the list of all messages of the server and of the commands, from the code.

ci/generate-error-docs.py           writes the page if its content changes
ci/generate-error-docs.py --check   writes no file; exits with 1 if the page would change

A *reporter* is a name in the code that reports a message: an exception class, the class `EngineInfo`, the function
`abort` or `fail`, a log method, or the JSON key "error message". SECTIONS lists the reporters with the effect of their
messages. The script parses the package, and reads the messages from the arguments of each call of a reporter:

- A subclass of a listed exception class has the section and the effect of its base class.
- The message is the argument for the parameter `message` or `reason`. Without such a parameter, the message is the last
  argument that is text.
- If the argument is a call, as in `abort(413, too_large(limit))`, the messages are the texts that the function returns,
  and the module is that of the function.

The script exits with 1 if an exception class of the package is in no section.
"""

import ast
import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "image" / "ml_census"
PAGE = ROOT / "docs" / "reference" / "error-messages.md"

SECTIONS: dict[str, dict[str, str]] = {
    "Responses to a client": {
        "abort": "the status",
        "error message": "401 or 429",
        "missing": "404",
        "UnsupportedMediaType": "415",
        "AuthenticationError": "401; 403 at `/prediction`",
        "NoProbabilitiesError": "400",
        "NoReasonsError": "400",
        "MalformedBodyError": "400",
        "InvalidRowsError": "400",
        "InvalidValueError": "400, as the expected value",
        "CsvError": "400",
        "RowError": "400",
        "PredictionError": "400",
        "TooManyRowsError": "413",
        "TableTooLargeError": "413",
        "ParsingError": "400",
        "RequestError": "400, 408, 500 or 503",
        "reject": "400",
    },
    "Configuration and artifacts: the start ends, or a reload is rejected": dict.fromkeys(
        ["ConfigError", "ArtifactError", "CredentialsError", "SchemaError", "DecodingError", "JsonError",
         "ForbiddenGlobalError", "ReadsFilesError", "CompiledError", "ValueError", "InvalidYamlError",
         "_ForbiddenYamlError"],
        "rejected",
    ),
    "Storage": {"StorageError": "rejected", "ObjectNotFoundError": "rejected", "StorageUnavailableError": "retried"},
    "Why a model is not compiled (`engine` of `/version`)": dict.fromkeys(
        ["UnsupportedModelError", "NotEquivalentError", "SklearnInternalsError", "EngineInfo"], "served by scikit-learn"
    ),
    "Commands: they end with exit code 1": dict.fromkeys(
        ["fail", "ClientError", "ScoringError", "DataError"], "exit 1"
    ) | {"BatchError": "exit 65"},
    "Log lines": {"warning": "WARNING", "error": "ERROR", "exception": "ERROR"},
}  # fmt: skip
REPORTERS = {name: (section, effect) for section, names in SECTIONS.items() for name, effect in names.items()}
MESSAGE_FUNCTIONS = ("missing",)
"""Reporters of SECTIONS that are functions whose return value is the message."""
LIBRARY_EXCEPTIONS = ("UnsupportedMediaType", "ParsingError", "BadRequest", "ValueError")
LOGGERS = ("log", "logger")
LOG_METHODS = ("warning", "error", "exception")
MESSAGE_PARAMETERS = ("message", "reason")

Expressions = dict[str, list[ast.expr]]
"""The expressions that are assigned to each name."""


class Message(NamedTuple):
    """A message with its reporter. `status` is the HTTP status of an `abort` or RequestError, otherwise empty."""

    reporter: str
    text: str
    module: str
    status: str = ""


class Returned(NamedTuple):
    """A text that a function returns, and the module of the function."""

    text: str
    module: str


class Function(NamedTuple):
    """The syntax tree of a function, and the name of the module that defines the function."""

    module: str
    node: ast.FunctionDef


class Package:
    """The parsed modules of the package ml_census, with all classes and functions by name."""

    def __init__(self, trees: dict[str, ast.Module]) -> None:
        """Index the classes and functions. `trees` has the syntax tree of each module, such as "api/app"."""
        self.trees = trees
        self.classes: dict[str, ast.ClassDef] = {}
        self.functions: dict[str, list[Function]] = {}
        for module, tree in trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self.classes[node.name] = node
                elif isinstance(node, ast.FunctionDef):
                    self.functions.setdefault(node.name, []).append(Function(module, node))

    def bases(self, name: str) -> list[str]:
        """Return the names of the base classes of a class; empty for a class of another package."""
        return [name_of(base) for base in self.classes[name].bases] if name in self.classes else []

    def is_exception(self, name: str) -> bool:
        """Return whether a name is an exception class. For classes of other packages, the end of the name decides."""
        if name not in self.classes:
            return name.endswith(("Error", "Exception"))
        return any(map(self.is_exception, self.bases(name)))

    def reporter(self, name: str) -> str | None:
        """Return the name itself if SECTIONS lists it, else its first listed base class, else None."""
        if name in REPORTERS:
            return name
        return next((found for base in self.bases(name) if (found := self.reporter(base))), None)

    def message_index(self, name: str) -> int | None:
        """Return the index of the parameter `message` or `reason` of an exception class; None if there is none."""
        for node in self.classes[name].body if name in self.classes else []:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                names = [argument.arg for argument in node.args.args[1:]]
                return next((names.index(each) for each in MESSAGE_PARAMETERS if each in names), None)
        return next((found for base in self.bases(name) if (found := self.message_index(base)) is not None), None)

    def called(self, module: str, call: ast.Call) -> list[Function]:
        """Return the functions that a call can refer to.

        These are the imported functions of that name, else those of the module, else the only one in the package.
        """
        found = self.functions.get(name_of(call.func), [])
        origins = self._origins(module, {name_of(call.func), owner_of(call)})
        imported = [function for function in found if function.module.startswith(origins)]
        own = [function for function in found if function.module == module]
        return imported or own or found[: len(found) == 1]

    def _origins(self, module: str, names: set[str]) -> tuple[str, ...]:
        """Return the paths of the modules and packages from which a module imports some of the names."""
        nodes = [node for node in ast.walk(self.trees[module]) if isinstance(node, ast.ImportFrom)]
        dotted = [f"{node.module}.{each.name}" for node in nodes for each in node.names if each.name in names]
        paths = [name.removeprefix("ml_census.").replace(".", "/") for name in dotted]
        is_module = [any(f"{each}/".startswith(f"{path}/") for each in self.trees) for path in paths]
        return tuple(path if found else path.rpartition("/")[0] for path, found in zip(paths, is_module, strict=True))

    def constants(self, module: str) -> Expressions:
        """Return the values that a module assigns to names in upper case."""
        return {name: values for name, values in assigned(self.trees[module].body).items() if name.isupper()}


def problems(package: Package) -> list[str]:
    """Return the errors in SECTIONS: exception classes without a section, and names that do not exist in the code."""
    missing = [name for name in package.classes if package.is_exception(name) and not package.reporter(name)]
    known = {*package.classes, *package.functions, *LIBRARY_EXCEPTIONS, *LOG_METHODS, "abort", "error message"}
    return [f"{name}: an exception class in no section of SECTIONS" for name in missing] + [
        f"{name}: in SECTIONS, but not in the package" for name in REPORTERS if name not in known
    ]


def name_of(node: ast.expr) -> str:
    """Return the last part of a dotted name, or an empty text for other expressions."""
    return str(getattr(node, "id", getattr(node, "attr", "")))


def owner_of(call: ast.Call) -> str:
    """Return the name before the dot of a call, such as `log` for `log.warning(…)`; empty without a dot."""
    return name_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def assigned(body: list[ast.stmt]) -> Expressions:
    """Return the expressions that the statements assign to each name."""
    found: Expressions = {}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, []).append(node.value)
            elif isinstance(node, ast.NamedExpr):
                found.setdefault(node.target.id, []).append(node.value)
    return found


class Scope:
    """A function or the top level of a module, with the expressions that the code assigns to each name."""

    def __init__(self, package: Package, module: str, function: ast.FunctionDef | None = None) -> None:
        """Collect the assignments of a function of the module, or of its top level if `function` is None."""
        self._package, self._module = package, module
        self._known = package.constants(module) | (assigned(function.body) if function else {})

    def messages(self, root: ast.AST) -> Iterator[Message]:
        """Yield the messages in a node and its descendants."""
        for node in ast.walk(root):
            if isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "error message":
                        yield from (Message("error message", text, self._module) for text in self.texts(value))
            elif isinstance(node, ast.FunctionDef) and node.name in MESSAGE_FUNCTIONS:
                yield from (Message(node.name, *each) for each in returned(self._package, Function(self._module, node)))

    def texts(self, node: ast.expr) -> list[str]:
        """Return the texts that an expression can evaluate to, with … for parts that are unknown before a run."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=parts):
                return ["".join(pieces) for pieces in product(*(self.texts(part) or ["…"] for part in parts))]
            case ast.FormattedValue(value=ast.Name() | ast.IfExp() as value):
                return self.texts(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return [start + end for start in self.texts(left) or ["…"] for end in self.texts(right) or ["…"]]
            case ast.IfExp(body=body, orelse=orelse):
                return self.texts(body) + self.texts(orelse)
            case ast.Name(id=name) if name in self._known:
                values = self._known.pop(name)  # avoids endless recursion: `text = text + …`
                found = [text for value in values for text in self.texts(value)]
                self._known[name] = values
                return found
        return []

    def _call(self, call: ast.Call) -> Iterator[Message]:
        """Yield the messages of a call; none if the function is not a reporter."""
        name = name_of(call.func)
        reporter = self._package.reporter(name)
        is_method = name in LOG_METHODS
        if not reporter or reporter in MESSAGE_FUNCTIONS or (is_method and owner_of(call) not in LOGGERS):
            return
        index = 0 if is_method else self._package.message_index(name)
        arguments = call.args if index is None else call.args[index : index + 1]
        arguments = arguments + [keyword.value for keyword in call.keywords if keyword.arg in MESSAGE_PARAMETERS]
        is_abort = name in ("abort", "RequestError") and bool(call.args) and isinstance(call.args[0], ast.Constant)
        status = str(getattr(call.args[0], "value", "")) if is_abort else ""
        found = [Returned(text, self._module) for text in next(filter(None, map(self.texts, reversed(arguments))), [])]
        found += [each for argument in arguments for part in ast.walk(argument) for each in self.returned(part)]
        yield from (Message(reporter, *each, status) for each in found)

    def returned(self, node: ast.AST) -> list[Returned]:
        """Return the texts that a called function returns. `node` is the call, or a name with the result of a call."""
        nodes = self._known.get(node.id, []) if isinstance(node, ast.Name) else [node]
        calls = [call for call in nodes if isinstance(call, ast.Call)]
        found = [function for call in calls for function in self._package.called(self._module, call)]
        return [each for function in found for each in returned(self._package, function)]


def returned(package: Package, function: Function) -> list[Returned]:
    """Return the texts that a function returns, also through calls of other functions; empty if it returns no text."""
    if function.node.returns is None or ast.unparse(function.node.returns) not in ("str", "str | None"):
        return []
    scope, found = Scope(package, function.module, function.node), list[Returned]()
    for node in ast.walk(function.node):
        if isinstance(node, ast.Return) and node.value:
            found += [Returned(text, function.module) for text in scope.texts(node.value)]
            if isinstance(node.value, ast.Call) and name_of(node.value.func) != function.node.name:
                found += scope.returned(node.value)
    return found


def messages(package: Package, module: str) -> Iterator[Message]:
    """Yield the messages of all functions, constants and exception classes of a module."""
    tree = package.trees[module]
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            yield from Scope(package, module).messages(statement)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from Scope(package, module, node).messages(node)
        elif isinstance(node, ast.ClassDef) and package.is_exception(node.name):
            yield from of_class(package, module, node)


def of_class(package: Package, module: str, node: ast.ClassDef) -> Iterator[Message]:
    """Yield the messages that an exception class passes to the constructor of its base class."""
    reporter = package.reporter(node.name)
    for call in ast.walk(node):
        if reporter and isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__" and call.args:
            yield from (Message(reporter, text, module) for text in Scope(package, module).texts(call.args[-1]))


def is_message(message: Message) -> bool:
    """Return whether a text has at least two words. A shorter text only contains the message of another error."""
    words = re.findall(r"[^\W\d_]{2,}", message.text)
    return len(words) > (0 if message.reporter == "InvalidValueError" else 1)


def page(package: Package) -> str:
    """Return the page error-messages.md as Markdown."""
    found: dict[str, set[tuple[str, str, str]]] = {section: set() for section in SECTIONS}
    for module in package.trees:
        for message in filter(is_message, messages(package, module)):
            section, effect = REPORTERS[message.reporter]
            text = re.sub(r"%(\.\d)?[dgs]", "…", message.text) if message.reporter in LOG_METHODS else message.text
            text = text.replace("{}", "…") if message.reporter == "UnsupportedModelError" else text
            text = re.sub("…+", "…", " ".join(text.split())).replace("|", r"\|")
            found[section].add((text, message.status or effect, message.module))
    lines = [
        "# Error messages",
        "",
        "This page lists every message of the server and of the commands. `ci/generate-error-docs.py` writes the page",
        "from the code. In a message, … represents a name, a number or a path. *Effect* is the HTTP status of the",
        "response, the exit code of the command, or the consequence of the error. *Module* is the Python module below",
        "`image/ml_census` that contains the text. Some rows are a part of a message: a text on a key of config.yaml",
        "follows the key and the file.",
        "",
        "Each protocol has a separate JSON format for error messages. In the section on storage, *retried* means that",
        "the server tries to read the file again.",
    ]
    for section, rows in found.items():
        lines += ["", f"## {section}", "", "| message | effect | module |", "| --- | --- | --- |"]
        lines += [f"| {text} | {effect} | `{module}` |" for text, effect, module in sorted(rows)]
    return "\n".join(lines) + "\n"


def parsed() -> Package:
    """Parse all modules of the package ml_census."""
    names = {path: str(path.relative_to(PACKAGE).with_suffix("")) for path in sorted(PACKAGE.rglob("*.py"))}
    return Package({name.removesuffix("/__init__"): ast.parse(path.read_text()) for path, name in names.items()})


def main() -> int:
    """Write the page, or check it with `--check`; return the exit code."""
    package, is_check = parsed(), "--check" in sys.argv
    if wrong := problems(package):
        print("\n".join(wrong))
        return 1
    new = page(package)
    if PAGE.exists() and PAGE.read_text() == new:
        return 0
    print(PAGE.relative_to(ROOT), "is stale: run ci/generate-error-docs.py" if is_check else "written")
    if not is_check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(new)
    return int(is_check)


if __name__ == "__main__":
    sys.exit(main())
