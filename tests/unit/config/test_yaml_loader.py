"""YAML that is ambiguous, or expands to more than it seems, is rejected with its line."""

import pytest

from ml_census.config import yaml_loader
from ml_census.config.yaml_loader import InvalidYamlError

LISTS = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
MERGED = "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}\n" for i in range(1, 10))


@pytest.mark.parametrize("text", ["a0: &a0 [x]\n" + LISTS, "a0: &a0 {x: x}\n" + MERGED], ids=["lists", "merged"])
def test_aliases_are_rejected(text: str) -> None:
    """Nine lines of them would expand to 10^9 values."""
    with pytest.raises(InvalidYamlError, match="^an alias at line 2$"):
        yaml_loader.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "the key a stands twice, again at line 2"),
        ("a:\n  b: 1\n  b: 2\n", "the key b stands twice, again at line 3"),
        ("a: [\n", "not YAML at line 2"),
        ("a: 2020-13-45\n", "not YAML"),
        (f"a: {'9' * 5000}\n", "not YAML"),
        ("!!python/object:os.system {}\n", "not YAML at line 1"),
        ("[" * 100_000, "not YAML"),
    ],
    ids=["duplicate", "nested duplicate", "open list", "date", "number", "object", "deep"],
)
def test_invalid_yaml_is_rejected_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InvalidYamlError) as raised:
        yaml_loader.parse(text)

    assert str(raised.value) == message


def test_valid_yaml_is_parsed() -> None:
    assert yaml_loader.parse("a: 1\nb: [x, true]\n") == {"a": 1, "b": ["x", True]}
