"""The documents' commands: shell that parses, and commands, options, values and files that exist.

tests/system/test_documents.py runs the commands.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from ml_census.cli.main import main
from support.chart_rendering import Chart
from support.chart_values import FOREIGN, MODEL
from support.doc_commands import CHART, DOCUMENTS, ROOT, blocks, calls

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
EVERYTHING = "\n".join(DOCUMENTS.values())
# Variables are plain words and come from other blocks, as files do.
EXCLUDED = "SC1091,SC2034,SC2086,SC2154"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write each block of shell to a file with the name of its document and return the paths."""
    folder = tmp_path_factory.mktemp("blocks")
    texts = {
        folder / f"{document.replace('/', '-')}-{number}.sh": block
        for document, text in DOCUMENTS.items()
        for number, block in enumerate(blocks(text, "sh"))
    }
    for path, block in texts.items():
        path.write_text(block)
    return [str(path) for path in texts]


def test_shell_block_is_parsed_by_bash(scripts: list[str]) -> None:
    each = 'for file; do bash -n "$file" || exit 1; done'
    done = subprocess.run(["bash", "-c", each, "bash", *scripts], capture_output=True, text=True)

    assert scripts
    assert (done.returncode, done.stderr) == (0, "")


def test_shell_block_passes_shellcheck(scripts: list[str]) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    command = [str(shellcheck), "--shell=bash", f"--exclude={EXCLUDED}", *scripts]
    done = subprocess.run(command, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("words", calls("ml-census"), ids=" ".join)
def test_command_is_accepted_by_the_command_line(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line accepts all options and arguments. A sentence may name a command alone."""
    monkeypatch.chdir(tmp_path)
    for name in ("rows.csv", "test.csv"):
        (tmp_path / name).touch()
    command: click.Command = main
    name, rest = words[0], [*words[1:]]
    while isinstance(command, click.Group) and rest:
        name = rest.pop(0)
        command = command.commands[name]

    assert not rest or command.make_context(name, rest)


def exists(path: str) -> bool:
    """Return whether values.yaml has the value a.b.c."""
    found = VALUES
    for key in path.split("."):
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


def test_helm_command_names_existing_values_and_files() -> None:
    found = [pair for words in calls("helm") for pair in zip(words, words[1:], strict=False)]
    values = {word.partition("=")[0] for option, word in found if option in ("--set", "--set-file", "--set-json")}
    files = {word for _, word in found if word.startswith("charts/")}

    assert values and files
    assert [value for value in values if not exists(value)] == []
    assert [file for file in files if not (ROOT / file).exists()] == []


@pytest.mark.parametrize(
    "words", [words for words in calls("helm") if {*words[1:]} > {"charts/ml-census"}], ids=" ".join
)
def test_helm_deploys_a_values_file_and_waits(words: tuple[str, ...]) -> None:
    """A value of --set is lost at the next deployment from the file. Only secrets, which no file has, are set so."""
    assert words[1:3] == ("upgrade", "--install")
    assert "-f" in words
    assert "--set" not in words
    assert not any("reuse-values" in word for word in words)
    assert "--rollback-on-failure --timeout 15m" in " ".join(words)


def test_named_value_exists() -> None:
    named = set(re.findall(r"`([a-zA-Z]+\.[a-zA-Z._]+)(?:=[^`]*)?`", EVERYTHING))
    values = [each for each in named if re.match(rf"({'|'.join(VALUES)})\.(?!csv|prom|py|yaml)", each)]

    assert values
    assert [value for value in values if not exists(value)] == []


def test_named_file_exists() -> None:
    files = set(re.findall(r"(?<![\w/.-])(?:ci|charts|docs|environments|tests|image)/[\w/.-]*\w", EVERYTHING))

    assert files
    assert [file for file in files if not (ROOT / file).exists() and not (CHART / file).exists()] == []


def test_named_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {words[1] for words in calls("make")} <= targets


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(block, id=f"{document}-{number}")
        for document, text in DOCUMENTS.items()
        for number, block in enumerate(blocks(text, "yaml"))
        if "apiVersion:" not in block  # an object and no values: test_gitops.py
    ],
)
def test_values_of_a_document_are_accepted(chart: Chart, text: str) -> None:
    """The chart accepts the values together with those that are needed to install."""
    values: dict[str, Any] = FOREIGN | yaml.safe_load(text)

    assert chart.objects(values | {"config": MODEL | values["config"]}, file=None)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_link_leads_to_existing_file_and_heading(document: str) -> None:
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", DOCUMENTS[document]):
        file = (ROOT / document).parent / target if target else ROOT / document
        assert file.exists(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else []
        slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert not anchor or anchor in slugs, anchor


def test_named_alert_exists() -> None:
    """The alerts are named in sentences as well as in the runbook's table."""
    assert set(re.findall(r"MlCensus\w+", EVERYTHING)) == set(
        re.findall(r"alert: (\w+)", (CHART / "templates/alerts.yaml").read_text())
    )


def test_dashboard_panels_are_in_the_guide(chart: Chart) -> None:
    (text,) = chart.one("ConfigMap", {"metrics": {"dashboard": True}})["data"].values()
    section = DOCUMENTS["docs/how-to/read-the-dashboard.md"]

    assert re.findall(r"^\| ([A-Z][^|]+?) \|", section, re.MULTILINE) == [
        panel["title"] for panel in json.loads(text)["panels"]
    ]


def test_readme_production_file_has_20_lines_and_renders(chart: Chart) -> None:
    """Without other values the file gives a Gateway with HTTPS and an autoscaler."""
    (text,) = blocks(DOCUMENTS["README.md"], "yaml")

    assert len(text.splitlines()) <= 20
    objects = chart.objects(yaml.safe_load(text), file=None)
    (gateway,) = (each for each in objects if each["kind"] == "Gateway")
    assert "HTTPS" in [listener["protocol"] for listener in gateway["spec"]["listeners"]]
    assert "HorizontalPodAutoscaler" in [each["kind"] for each in objects]


def test_readme_has_at_most_120_lines() -> None:
    assert len(DOCUMENTS["README.md"].splitlines()) <= 120
