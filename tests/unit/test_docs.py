"""The reference pages list every route, key, command and series; the lock files list every dependency."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
import pytest

from ml_census import config
from ml_census.api.app import create_app
from ml_census.api.web import static_files
from ml_census.cli.main import main
from ml_census.config import Config
from ml_census.observability.metrics import Metrics

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
REFERENCE = {path.stem: path.read_text() for path in (ROOT / "docs/reference").glob("*.md")}
COMPARISON = (ROOT / "docs/explanation/chart-comparison.md").read_text()

APP = create_app(cast(Any, None), Config("", "", ""))


@pytest.mark.parametrize(
    "path", sorted({rule.rule for rule in APP.url_map.iter_rules()}.difference(static_files.PATHS))
)
def test_each_route_is_in_the_api_reference(path: str) -> None:
    assert re.search(rf"(GET|POST) {re.escape(path)}[`,]|`{re.escape(path)}`", REFERENCE["api"])


@pytest.mark.parametrize("field", dataclasses.fields(config.Config), ids=lambda field: field.name)
def test_each_config_key_is_documented_with_its_default(field: "dataclasses.Field[Any]") -> None:
    (row,) = re.findall(rf"^\| `{field.name}` \|.*$", REFERENCE["configuration"], re.MULTILINE)

    if isinstance(field.default, int | float):
        assert json.dumps(field.default) in row


@pytest.mark.parametrize("protocol", config.PROTOCOLS)
def test_each_protocol_is_in_the_reference(protocol: str) -> None:
    (row,) = re.findall(r"^\| `unauthenticated_protocols` \|.*$", REFERENCE["configuration"], re.MULTILINE)
    (sentence,) = re.findall(r"^`protocol` is .*$", REFERENCE["metrics"], re.MULTILINE)

    assert f"`{protocol}`" in row
    assert f"`{protocol}`" in sentence


@pytest.mark.parametrize("command", sorted(name for name, command in main.commands.items() if not command.hidden))
def test_each_command_is_in_the_cli_reference(command: str) -> None:
    assert f"`ml-census {command}" in REFERENCE["cli"]


def options(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each command, and a row of the reference for each of its options."""
    if isinstance(command, click.Group):
        for word, inner in command.commands.items():
            yield from options(inner, f"{name} {word}")
    elif not command.hidden:
        for option in (each for each in command.params if isinstance(each, click.Option)):
            metavar = "" if option.is_flag else f" {option.make_metavar(click.Context(command))}"
            shown = "required" if option.required else f"`{option.default}`" if option.show_default else ""
            cells = (f"`{option.opts[0]}{metavar}`".replace("|", "\\|"), " ".join((option.help or "").split()), shown)
            yield name, f"| {' | '.join(cells)} |".replace("  |", " |")


@pytest.mark.parametrize(("command", "row"), list(options(main, "ml-census")))
def test_each_option_is_in_the_cli_reference(command: str, row: str) -> None:
    """The text is that of `--help`. A hidden option, or one that exists no more, has no row."""
    section = re.split(rf"^## `{command}`$", REFERENCE["cli"], flags=re.MULTILINE)[1].split("\n## ")[0]

    assert row in section.splitlines()
    assert section.count("\n| `--") == sum(name == command for name, _ in options(main, "ml-census"))


@pytest.mark.parametrize(
    "target", re.findall(r"`make (\w+)", README) + re.findall(r"^make (\w+)", README, re.MULTILINE)
)
def test_each_make_target_of_the_readme_exists(target: str) -> None:
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)]+)\)", README) + re.findall(r"`(ci/\w+)`", README))
def test_each_file_that_the_readme_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("family", [each.name for each in Metrics().registry.collect() if each.name[:2] == "ml"])
def test_each_series_is_in_the_metrics_reference(family: str) -> None:
    assert re.search(rf"`{family}(_total)?`", REFERENCE["metrics"])


def test_each_test_named_in_the_chart_comparison_exists() -> None:
    tests = {
        name for file in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }

    named = set(re.findall(r"`(test_\w+)`", COMPARISON))
    assert len(named) > 40
    assert named <= tests


def test_the_development_lock_has_the_image_lock_within() -> None:
    """Tests run with what the image has."""

    def locked(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==[^ ;]+", (ROOT / "image" / name).read_text(), re.MULTILINE))

    assert locked("requirements.lock") <= locked("requirements-dev.lock")
