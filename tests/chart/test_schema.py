"""Helm rejects wrong values with their place, and each rule of the schema rejects some value."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from support.chart_rendering import Chart
from support.chart_values import FOREIGN
from support.rejected_values import REJECTED, Node

Path = tuple[Any, ...]


def test_wrong_value_is_rejected_with_its_place(chart: Chart) -> None:
    """Helm rejects each wrong value by the schema, and the message names its place."""
    messages = [(values, place, chart.error(values)) for values, place in REJECTED]

    assert [each for each in messages if "schema" not in each[2] or each[1] not in each[2]] == []


RAW = {
    *(("resources",), ("podSecurityContext",), ("securityContext",), ("autoscaling", "behavior"), ("test", "row")),
    ("batch", "resources"),
}
"""Values whose contents are Kubernetes' or the model's, not the chart's."""


@pytest.fixture(scope="module")
def schema(chart: Chart) -> Node:
    """Return the chart's schema."""
    found: Node = json.loads((chart.folder / "values.schema.json").read_text())
    return found


@pytest.fixture(scope="module")
def values(chart: Chart) -> Node:
    """Return the defaults with the values that are needed to install."""
    found: Node = merged(yaml.safe_load((chart.folder / "values.yaml").read_text()), FOREIGN)
    return found


def merged(values: Any, changes: Any) -> Any:
    """Return values with changes as Helm merges them: null removes a key."""
    if not (isinstance(values, dict) and isinstance(changes, dict)):
        return changes
    kept = {key: value for key, value in values.items() if changes.get(key, value) is not None}
    return kept | {key: merged(kept.get(key), value) for key, value in changes.items() if value is not None}


def generated(values: Node, path: Path = ()) -> Iterator[Node]:
    """Yield for each value one of another type, for each list an item of another type, for each block a new key."""
    for key, value in values.items():
        here = (*path, key)
        yield nested(here, "x" if isinstance(value, dict | list) else ["x"])
        if here in RAW:
            continue
        if isinstance(value, list):
            yield nested(here, [1])
        if isinstance(value, dict) and value:
            yield nested((*here, "unknown"), 1)
            yield from generated(value, here)


def missing(values: Node, path: Path = ()) -> Iterator[Node]:
    """Yield for each value a change that removes it."""
    for key, value in values.items():
        yield nested((*path, key), None)
        if isinstance(value, dict):
            yield from missing(value, (*path, key))


def nested(path: Path, value: Any) -> Node:
    """Return nested dictionaries with the value at the path, which is not empty."""
    for key in reversed(path):
        value = {key: value}
    found: Node = value
    return found


def test_other_types_and_unknown_keys_are_rejected(schema: Node, values: Node) -> None:
    """The schema rejects them wherever there is a value. The rows above show that Helm reads the schema likewise."""
    validator = jsonschema.Draft7Validator(schema)

    passed = [wrong for wrong in generated(values) if validator.is_valid(merged(values, wrong))]

    assert passed == []


def rules(node: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of all rules: a schema without one of them accepts more values."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    for key, value in node.items() if isinstance(node, dict) else ():
        here = (*path, key)
        if path[-1:] != ("properties",) and key not in ("$schema", "title", "description", "properties"):
            yield here
        if key == "required":
            yield from ((*here, number) for number in range(len(value)))
        elif key not in ("anyOf", "enum", "not", "type"):
            yield from rules(value, here)


def without(schema: Node, path: Path) -> Node:
    """Return a copy of the schema without the rule."""
    changed = copy.deepcopy(schema)
    node = changed
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return changed


def idle(schema: Node, documents: list[Any]) -> Iterator[str]:
    """Yield each rule without which no rejected document would pass."""
    validator = jsonschema.Draft7Validator(schema)
    wrong = [document for document in documents if not validator.is_valid(document)]
    for path in rules(schema):
        weaker = jsonschema.Draft7Validator(without(schema, path))
        if not any(weaker.is_valid(document) for document in wrong):
            yield "/".join(map(str, path))


def test_rule_of_the_schema_rejects_some_value(schema: Node, values: Node) -> None:
    """Without the rule, some wrong value that the schema rejects now would pass.

    A rule below a top-level value is tried on that value alone: all other values are the defaults, which are valid.
    """
    changes = [row for row, _ in REJECTED] + [*generated(values), *missing(values)]
    documents = [merged(values, change) for change in changes]
    top = schema | {"properties": {key: {} for key in schema["properties"]}}

    found = list(idle(top, [*documents, []]))
    for key, below in schema["properties"].items():
        found += [f"{key}/{rule}" for rule in idle(below, [each[key] for each in documents if key in each])]

    assert jsonschema.Draft7Validator(schema).is_valid(values)
    assert found == []
