"""Texts for readers are plain technical English: the list has the patterns that have come back most often."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BANNED = {
    "a relative clause as subject": r"(?:^|[.:!?]\s+)(?-i:Who|Whoever|What) (?!is new)[^\s?]+ [^?.]*(?:[.;]|$)",
    "a limit without its number": r"\bso (?:many|long|much)\b(?! as| that)",
    "anew": r"\banew\b",
    "by itself for separately": r"\beach by itself\b|\bby themselves\b",
    "told for configured or reported": r"\btold\b|\bunless told\b|\btells of\b",
    "a metaphor": r"\bstands? in for\b|\bat a glance\b|\bby the same road\b",
    "proof for a comparison of samples": r"\bproved equal\b|\bproves? (?:it )?equal\b",
}


def comments_and_docstrings(path: Path) -> Iterator[str]:
    """Yield the comments and docstrings of a module."""
    text = path.read_text()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def without_code(text: str) -> str:
    """Return the text without code blocks and inline code."""
    return re.sub(r"`[^`\n]*`", "CODE", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


MAX_WORDS = 25
PACKAGE = ROOT / "image/ml_census"
CHART = ROOT / "charts/ml-census"
DOCUMENTS = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    CHART / "README.md",
]
PROGRAMS = [path for folder in (PACKAGE, ROOT / "tests", ROOT / "ci") for path in sorted(folder.rglob("*.py"))]
SCRIPTS = [path for folder in ("ci", ".ci") for path in sorted((ROOT / folder).iterdir()) if not path.suffix]
TEXTS = {path: list(comments_and_docstrings(path)) for path in PROGRAMS}
TEXTS |= {path: re.split(r"\n\n|\n(?=[-|])", without_code(path.read_text())) for path in DOCUMENTS}
TEXTS |= {
    path: re.split(r"\n\s*\n|\n(?=\s*# --)", re.sub(r"^\s*#", "", path.read_text(), flags=re.MULTILINE))
    for path in [CHART / "values.yaml", *sorted((CHART / "templates").rglob("*.*")), *SCRIPTS]
}
TEXTS |= {
    path: re.findall(r"/\*[\s\S]*?\*/|(?:^ *//.*\n)+|//.*", path.read_text(), re.MULTILINE)
    for path in sorted(PACKAGE.rglob("*.js"))
}


def sentences(path: Path) -> Iterator[str]:
    """Yield the sentences of a document: a cell of a table and an item of a list each end one."""
    text = re.sub(r"\]\([^)]*\)", "]", without_code(path.read_text()))
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-|#]|\d+\.) ?)", text):
        for cell in block.split("|") if block.startswith("|") else [block]:
            yield from re.split(r"(?<=[.!?])[\"*)]*\s+(?=[A-Z*\[(])", " ".join(cell.split()))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_of_a_document_has_over_25_words(path: Path) -> None:
    assert [text for text in sentences(path) if len(re.findall(r"\w\S*", text)) > MAX_WORDS] == []


def test_each_source_file_that_a_text_names_exists() -> None:
    """A text has the name of a file, or its path below a folder: `trees/leaf_masks.py`. The CHANGELOG has old names."""
    paths = [path.parts for folder in ("image", "tests", "ci") for path in (ROOT / folder).rglob("*.*")]
    known = {"/".join(parts[start:]) for parts in paths for start in range(len(parts))}
    names = re.compile(r"(?<![\w./:-])[a-z_0-9-]+(?:/[a-z_0-9-]+)*\.(?:py|js|c|css)\b")

    named = {
        (name, str(path.relative_to(ROOT)))
        for path, texts in TEXTS.items()
        for name in names.findall(" ".join(texts))
        if path.name != "CHANGELOG.md"
    }
    assert len(named) > 200
    assert [each for each in sorted(named) if each[0] not in known] == []


@pytest.mark.parametrize("name", BANNED)
def test_no_text_has_the_pattern(name: str) -> None:
    pattern = re.compile(BANNED[name], re.MULTILINE | re.IGNORECASE)

    found = [
        f"{path}: {text[:90]}"
        for path, texts in TEXTS.items()
        for text in texts
        if pattern.search(" ".join(text.split()))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a relative clause as subject", "Who comes next takes the place of the oldest."),
        ("a relative clause as subject", "What scalers, encoders and XGBoost keep of a column."),
        ("a limit without its number", "So many trees of 100 leaves."),
        ("told for configured or reported", "10 unless told"),
    ],
)
def test_pattern_finds_the_dialect(name: str, text: str) -> None:
    assert re.search(BANNED[name], text, re.IGNORECASE)
