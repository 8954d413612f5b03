"""`ml-census check`: reports whether a server can serve a model, and all facts that a user needs before."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ml_census.models.checking.facts import ColumnFacts, ModelCheck

MAX_SHOWN_COLUMNS = 20
"""Maximum number of columns in the text output (20). The output of --json has all
columns."""
MAX_SHOWN_ROW = 300
"""Maximum length of the row in the text output, in characters (300)."""


@click.command(epilog="Example: ml-census check model.pkl")
@click.argument("model", metavar="FILE|FOLDER|gs://…")
@click.option("--trusted-global", "trusted", multiple=True, metavar="MODULE.NAME",
              help="Further global that the pickle may reference; can be repeated.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print all facts as a JSON object.")
def check(model: str, trusted: tuple[str, ...], as_json: bool) -> None:
    """Check whether a server can serve a model, and print all facts about the model.

    The exit code is 0 if a server can serve the model, and 1 if not.
    """
    from ml_census.models.checking.check import check

    facts = check(model, trusted)
    click.echo(json.dumps(facts.to_json(), indent=2) if as_json else "\n".join(_lines(facts)))
    sys.exit(0 if facts.is_servable else 1)


def _lines(facts: "ModelCheck") -> list[str]:
    """Return the lines of the text output. A fact that is not known has no line."""
    result = (
        f"cannot be served: {facts.problem}" if facts.problem else f"can be served: ml-census serve --model {facts.uri}"
    )
    before, after = _facts_of_the_file(facts), _facts_of_the_model(facts) | {"result": result}
    return [*_present(before), *_column_lines(facts.columns), *_present(after)]


def _present(values: dict[str, str | None]) -> list[str]:
    return [f"{name:<12} {value}" for name, value in values.items() if value]


def _facts_of_the_file(facts: "ModelCheck") -> dict[str, str | None]:
    return {
        "model": facts.uri + (f", {_size(facts.bytes)}" if facts.bytes is not None else ""),
        "written by": facts.sklearn_version and f"scikit-learn {facts.sklearn_version}",
        "packages": ", ".join(facts.packages),
        "estimator": facts.estimator,
        "loaded in": None if facts.load_seconds is None else f"{facts.load_seconds:.3f} s",
        "to trust": " ".join(f"--trusted-global {name}" for name in facts.globals.to_trust),
        "not trusted": ", ".join(facts.globals.rejected),
        "to install": ", ".join(facts.globals.missing_modules),
    }


def _facts_of_the_model(facts: "ModelCheck") -> dict[str, str | None]:
    row, prediction = (json.dumps(value, ensure_ascii=False) for value in (facts.row, facts.prediction))
    return {
        "engine": str(facts.engine) if facts.engine else None,
        "row": None if facts.row is None else _cut(row),
        "prediction": None if facts.row is None else prediction,
        "speed": _speed(facts),
    }


def _column_lines(columns: "tuple[ColumnFacts, ...]") -> list[str]:
    lines = [f"{'columns':<12} {len(columns)}"] if columns else []
    for column in columns[:MAX_SHOWN_COLUMNS]:
        categories = f", {column.categories} categories" if column.type == "category" else ""
        lines.append(f"  {column.name}: {column.type}{categories}{', may be missing' if column.nullable else ''}")
    more = len(columns) - MAX_SHOWN_COLUMNS
    return lines + ([f"  … {more} more, which --json prints"] if more > 0 else [])


def _speed(facts: "ModelCheck") -> str:
    compiled, original = facts.compiled_microseconds, facts.sklearn_microseconds
    parts = [f"{compiled:.0f} µs compiled"] if compiled else []
    parts += [f"{original:.0f} µs not compiled"] if original else []
    return f"for a row {', '.join(parts)}" if parts else ""


def _size(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count / 1e3:.0f} kB" if count < 1e7 else f"{count / 1e6:.0f} MB"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_ROW else f"{text[:MAX_SHOWN_ROW]} …"
