"""Short HTML for the JSON Schemas of the OpenAPI document, in the notation of TypeScript: `{name?: string[]}`."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

INDENT = "  "


def describe(schema: Any, indent: str = "") -> str:
    """Return the type that a schema describes, as HTML for a `pre` element. A reference is a link to `#NAME`."""
    if not isinstance(schema, Mapping):
        return "any"
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return " | ".join(escape(json.dumps(value), quote=False) for value in values)
    if choices := schema.get("oneOf") or _described(schema.get("anyOf", [])):
        return " | ".join(describe(choice, indent) for choice in choices)
    return _describe_type(schema, indent)


def _described(choices: list[Any]) -> list[Any]:
    """Return the choices, without those that only require properties."""
    return [choice for choice in choices if set(choice) != {"required"}]


def _describe_type(schema: Mapping[str, Any], indent: str) -> str:
    kinds = schema.get("type", "any")
    if not isinstance(kinds, str):
        return " | ".join(map(escape, kinds))
    if kinds == "array":
        items = describe(schema.get("items"), indent)
        return f"({items})[]" if " | " in items else f"{items}[]"
    if kinds == "object" and schema.get("properties"):
        return _describe_object(schema, indent)
    if kinds == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"{{[name]: {describe(schema['additionalProperties'], indent)}}}"
    return escape(kinds)


def _describe_object(schema: Mapping[str, Any], indent: str) -> str:
    inner = indent + INDENT
    required = schema.get("required", [])
    lines = []
    for name, value in schema["properties"].items():
        key = escape(name if name.isidentifier() else json.dumps(name), quote=False)
        note = value.get("description") if isinstance(value, Mapping) else None
        comment = f"  <i>// {escape(note, quote=False)}</i>" if note else ""
        lines.append(f"{inner}{key}{'' if name in required else '?'}: {describe(value, inner)}{comment}")
    return "\n".join(["{", *lines, f"{indent}}}"])
