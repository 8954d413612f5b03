"""Commands that the documents show."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/ml-census"
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", CHART / "README.md"]
}


def blocks(text: str, language: str) -> list[str]:
    """Return all code blocks of a language, without the indent of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


def steps(text: str) -> list[tuple[str, str]]:
    """Return each block of shell commands with the block of language `output` that comes next, or "" without one.

    A block of output has everything that the commands print, on stdout and stderr.
    """
    found = re.findall(r"^```(sh|output)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    followers = [*found[1:], ("", "")]
    return [
        (body, after if kind == "output" else "")
        for (language, body), (kind, after) in zip(found, followers, strict=True)
        if language == "sh"
    ]


def is_shown(printed: str, shown: str) -> bool:
    """Return whether a block of output shows what was printed.

    In the block, "…" is any text within a line, and a line "…" is any number of lines.
    """
    lines = (r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
             for line in shown.splitlines())  # fmt: skip
    return re.fullmatch("".join(lines), printed.removesuffix("\n") + "\n") is not None


def section(document: str, heading: str) -> str:
    """Return the text below a heading, up to the next heading of its level or above."""
    _, level, rest = re.split(rf"^(#+) {re.escape(heading)}$", DOCUMENTS[document], maxsplit=1, flags=re.MULTILINE)
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def inline(text: str) -> list[str]:
    """Return the texts in single backticks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))


def calls(program: str) -> list[tuple[str, ...]]:
    """Return the words of each call of a program, in blocks and in sentences, without shell syntax."""
    found: dict[tuple[str, ...], None] = {}
    for text in DOCUMENTS.values():
        lines = "\n".join(blocks(text, "sh")).replace("\\\n", " ").splitlines() + inline(text)
        for line in lines:
            for call in re.split(r"&&|\|\||[|;] | do | &$", line):
                if re.match(rf"\s*{program} [a-z]", call) and "…" not in call:
                    words = shlex.split(re.sub(r"(<<<|[<>]) ?\S+", "", call), comments=True)
                    found[tuple(words)] = None
    return list(found)
