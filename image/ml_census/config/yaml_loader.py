"""YAML parser that rejects aliases and duplicate keys."""

from typing import Any

import yaml


class InvalidYamlError(ValueError):
    """Report text that is not YAML, or YAML with an alias or a duplicate key. The message has the line if known."""


class _ForbiddenYamlError(yaml.MarkedYAMLError):
    """Report an alias or a duplicate key; `problem` says which."""


class _StrictLoader(yaml.SafeLoader):
    """YAML loader that rejects duplicate keys and aliases: nine lines with aliases can expand to 10^9 values."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node. Raises _ForbiddenYamlError for an alias."""
        if self.check_event(yaml.AliasEvent):
            raise _ForbiddenYamlError(problem="an alias", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping. Raises _ForbiddenYamlError for a duplicate key."""
        names = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in names:
                raise _ForbiddenYamlError(
                    problem=f"the key {key.value} stands twice, again", problem_mark=key.start_mark
                )
            names.add(key.value)
        return super().construct_mapping(node, deep)


def parse(text: str) -> Any:
    """Return the value of a YAML document. Raises InvalidYamlError for invalid YAML, an alias or a duplicate key."""
    try:
        return yaml.load(text, _StrictLoader)  # noqa: S506  # it is a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a malformed date or number
        mark = getattr(error, "problem_mark", None)
        location = f" at line {mark.line + 1}" if mark else ""
        reason = str(error.problem) if isinstance(error, _ForbiddenYamlError) else "not YAML"
        raise InvalidYamlError(f"{reason}{location}") from error
