"""What docs/ and the READMEs tell people to type: shell that parses, commands, options, values and files that exist."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from charts import FOREIGN, MODEL
from ml_census.cli import main

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/ml-census"
DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", CHART / "README.md"]
WRITTEN = "".join(document.read_text() for document in DOCUMENTS)
OPERATIONS = (ROOT / "docs/operations.md").read_text()


def blocks(language):
    """All blocks of a language, with the document that each is in."""
    return [
        pytest.param(re.sub(rf"^{indent}", "", body, flags=re.MULTILINE), id=f"{document.relative_to(ROOT)}-{number}")
        for document in DOCUMENTS
        for number, (indent, body) in enumerate(
            re.findall(rf"^( *)```{language}\n(.*?)^ *```$", document.read_text(), re.MULTILINE | re.DOTALL)
        )
    ]


def commands(name):
    """The words of each call of a program in a document's shell."""
    lines = [line for block in blocks("sh") for line in block.values[0].replace("\\\n", " ").splitlines()]
    lines += [found for document in DOCUMENTS for found in re.findall(r"`([^`\n]+)`", document.read_text())]
    # what a shell would cut off: comments, and what follows in a pipe
    return [shlex.split(line, comments=True) for line in lines if re.match(rf"{name} [a-z]", line) and "…" not in line]


@pytest.mark.parametrize("text", blocks("sh"))
def test_the_shell_can_read_it(text):
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", commands("ml-census"), ids=" ".join)
def test_the_command_line_has_the_command_and_its_options(words):
    command, rest = main, words[1:]
    while isinstance(command, click.Group) and rest:
        command = command.commands[rest.pop(0)]

    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("words", commands("helm"), ids=lambda words: " ".join(words)[:100])
def test_helm_is_given_files_and_values_that_there_are(words):
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for option, word in zip(words, words[1:], strict=False):
        if option in ("--set", "--set-file"):
            found = values
            for key in word.partition("=")[0].split("."):
                found = found[key]
        if option == "-f" or word == "charts/ml-census":
            assert (ROOT / word).exists() or f"> {word}" in WRITTEN


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_chart_takes_the_values(chart, text):
    """With what is needed to install, as a user would have it in the same file."""
    values = FOREIGN | yaml.safe_load(text)

    assert chart.objects(values | {"config": MODEL | values["config"]}, file=None)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_its_links_lead_somewhere(document):
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", document.read_text()):
        file = document.parent / target if target else document
        assert file.exists(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else []
        slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert not anchor or anchor in slugs, anchor


def test_each_panel_of_the_dashboard_is_in_the_runbook(chart):
    (text,) = chart.one("ConfigMap", {"metrics": {"dashboard": True}})["data"].values()
    section = OPERATIONS[OPERATIONS.index("## The dashboard") : OPERATIONS.index("## The alerts")]

    assert re.findall(r"^\| ([A-Z][^|]+?) \|", section, re.MULTILINE) == [
        panel["title"] for panel in json.loads(text)["panels"]
    ]


def test_each_alert_is_in_the_runbook(chart):
    (rules,) = chart.all("Rules", {"metrics": {"podMonitoring": True, "alerts": True}})
    section = OPERATIONS[OPERATIONS.index("## The alerts") :]

    alerts = [rule["alert"] for group in rules["spec"]["groups"] for rule in group["rules"]]
    assert re.findall(r"^\| (MlCensus\w+) \|", section, re.MULTILINE) == alerts


def test_the_readme_is_one_screen_before_its_details():
    assert (ROOT / "README.md").read_text().index("## A model of your own") < 3500
