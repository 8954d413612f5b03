#!/usr/bin/env python3
"""Write the comments of the chart's values.yaml into its schema, its README and docs/reference/values.md.

ci/generate-values-docs.py           writes the files that change
ci/generate-values-docs.py --check   writes no file; exits with 1 if a file would change
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
    """Return the comment of each value by its path, such as `image.tag`. A comment begins with `# -- `."""
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
    """Return the value at a path such as `image.tag`. Raises KeyError if there is no such value."""
    for key in path.split("."):
        values = values[key]
    return values


def table(found: dict[str, str], values: object) -> str:
    """Return a Markdown table of path, default and comment. Objects whose fields have comments are left out."""
    rows = ["| Value | Default | |", "| --- | --- | --- |"]
    for path, comment in found.items():
        if not any(other.startswith(path + ".") for other in found):
            default = json.dumps(lookup(values, path), ensure_ascii=False)
            rows.append(f"| `{path}` | `{default}` | {comment} |".replace('`""`', ""))
    return "\n".join(rows)


def described(schema: dict[str, Any], found: dict[str, str]) -> dict[str, Any]:
    """Set the comment of each value as the `description` of its property in the JSON schema; return the schema."""
    for path, comment in found.items():
        parent = schema
        *above, key = path.split(".")
        for name in above:
            parent = parent["properties"][name]
        rest = {name: rule for name, rule in parent["properties"][key].items() if name != "description"}
        parent["properties"][key] = {"description": comment, **rest}
    return schema


def main() -> int:
    """Write the three files, or check them with `--check`; return the exit code."""
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
