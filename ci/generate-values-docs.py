#!/usr/bin/env python3
"""Write the comments of the chart's values.yaml into its schema, its README and docs/reference/values.md.

ci/generate-values-docs.py           writes what has changed
ci/generate-values-docs.py --check   writes nothing; fails if something would change
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts/ml-census"
BEGIN, END = "<!-- values -->", "<!-- /values -->"


def comments(text: str) -> dict[str, str]:
    """Return the comment of each value by its path (a.b.c). Comments begin with `# -- `."""
    found, path, comment = dict[str, str](), list[str](), ""
    for line in text.splitlines():
        if match := re.match(r" *# -- (.+)", line):
            comment = match[1]
        elif comment and (match := re.match(r" *# (.+)", line)):
            comment += " " + match[1]
        elif match := re.match(r"( *)(\w+):", line):
            path[len(match[1]) // 2 :] = [match[2]]
            if comment:
                found[".".join(path)] = comment
            comment = ""
    return found


def lookup(values: Any, path: str) -> Any:
    """Return the value at a path."""
    for key in path.split("."):
        values = values[key]
    return values


def table(found: dict[str, str], values: object) -> str:
    """Return a Markdown table of the values without documented values below them."""
    rows = ["| Value | Default | |", "| --- | --- | --- |"]
    for path, comment in found.items():
        if not any(other.startswith(path + ".") for other in found):
            default = json.dumps(lookup(values, path), ensure_ascii=False)
            rows.append(f"| `{path}` | `{default}` | {comment} |".replace('`""`', ""))
    return "\n".join(rows)


def described(schema: dict[str, Any], found: dict[str, str]) -> dict[str, Any]:
    """Return the schema with each comment as the description of its property."""
    for path, comment in found.items():
        parent = schema
        *above, key = path.split(".")
        for name in above:
            parent = parent["properties"][name]
        rest = {name: rule for name, rule in parent["properties"][key].items() if name != "description"}
        parent["properties"][key] = {"description": comment, **rest}
    return schema


def main() -> int:
    """Write or check the three files; return the exit code."""
    text = (CHART / "values.yaml").read_text()
    found = comments(text)
    schema = CHART / "values.schema.json"
    files = {schema: json.dumps(described(json.loads(schema.read_text()), found), indent=2, ensure_ascii=False) + "\n"}
    new = f"{BEGIN}\n{table(found, yaml.safe_load(text))}\n{END}"
    for readme in (CHART / "README.md", ROOT / "docs/reference/values.md"):
        if readme.exists() and BEGIN in (old := readme.read_text()):
            files[readme] = re.sub(f"{BEGIN}.*?{END}", lambda _: new, old, flags=re.DOTALL)

    stale = [file for file, content in files.items() if file.read_text() != content]
    for file in stale:
        print(file.relative_to(ROOT), "is stale" if "--check" in sys.argv else "written")
        if "--check" not in sys.argv:
            file.write_text(files[file])
    return int("--check" in sys.argv and bool(stale))


sys.exit(main())
