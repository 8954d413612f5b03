"""`ml-census`: the list of commands, and help with examples."""

import click
import pytest
from click.testing import CliRunner

from ml_census.cli.main import main


def paths(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the names that lead to a command, and to each command in it."""
    inner = command.commands if isinstance(command, click.Group) else {}
    return [path, *(leaf for name, child in inner.items() for leaf in paths(child, (*path, name)))]


def test_all_commands_are_registered() -> None:
    commands = {" ".join(path) for path in paths(main) if path}

    assert commands == {
        "serve", "check", "train", "publish", "user", "user add", "user remove", "generate-key", "predict", "sandbox",
        "score"
    }  # fmt: skip


@pytest.mark.parametrize("path", paths(main), ids=lambda path: " ".join(path) or "ml-census")
def test_help_shows_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*path, "--help"])

    assert result.exit_code == 0
    assert f"Example: {' '.join(('ml-census', *path))} " in result.output
