"""What docs/ and the READMEs tell people to type: shell that parses, commands, options, values and files that exist.

tests/system/test_documents.py runs it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from charts import FOREIGN, MODEL
from documents import CHART, DOCUMENTS, ROOT, blocks, calls
from ml_census.cli import main

OPERATIONS = DOCUMENTS["docs/operations.md"]
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
EVERYTHING = "\n".join(DOCUMENTS.values())
# Of shellcheck: variables are plain words and come from other blocks, as do files.
NO_MATTER = "SC1091,SC2034,SC2086,SC2154"


def parameters(language):
    """All blocks of a language, with the document that each is in."""
    return [
        pytest.param(block, id=f"{document}-{number}")
        for document, text in DOCUMENTS.items()
        for number, block in enumerate(blocks(text, language))
    ]


@pytest.mark.parametrize("text", parameters("sh"))
def test_the_shell_can_read_it(text):
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("text", parameters("sh"))
def test_shellcheck_has_nothing_to_say(text):
    shellcheck = Path(sys.executable).with_name("shellcheck")
    command = [shellcheck, "--shell=bash", f"--exclude={NO_MATTER}", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("words", calls("ml-census"), ids=" ".join)
def test_the_command_line_takes_it(words, tmp_path, monkeypatch):
    """With all that it needs; a sentence may name a command alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").touch()
    command, name, rest = main, words[0], [*words[1:]]
    while isinstance(command, click.Group) and rest:
        name = rest.pop(0)
        command = command.commands[name]

    assert not rest or command.make_context(name, rest)


def value(path):
    """The default of a value, by its path."""
    found = VALUES
    for key in path.split("."):
        found = found[key]
    return found


@pytest.mark.parametrize("words", calls("helm"), ids=lambda words: " ".join(words)[:100])
def test_helm_is_given_files_and_values_that_there_are(words):
    for option, word in zip(words, words[1:], strict=False):
        if option in ("--set", "--set-file", "--set-json"):
            value(word.partition("=")[0])
        if word.startswith("charts/"):
            assert (ROOT / word).exists()


NAMED = re.findall(r"`([a-zA-Z]+\.[a-zA-Z._]+)(?:=[^`]*)?`", EVERYTHING)


@pytest.mark.parametrize(
    "path", sorted({each for each in NAMED if re.match(rf"({'|'.join(VALUES)})\.(?!py|yaml)", each)})
)
def test_each_value_that_is_named_exists(path):
    value(path)


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"(?<![\w/.-])(?:ci|charts|docs|environments|tests|image)/[\w/.-]*\w", EVERYTHING)))
)
def test_each_file_that_is_named_exists(path):
    assert (ROOT / path).exists() or (CHART / path).exists()


@pytest.mark.parametrize("target", sorted({words[1] for words in calls("make")}))
def test_each_target_of_make_exists(target):
    assert re.search(f"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("text", parameters("yaml"))
def test_the_chart_takes_the_values(chart, text):
    """With what is needed to install, as a user would have it in the same file."""
    values = FOREIGN | yaml.safe_load(text)

    assert chart.objects(values | {"config": MODEL | values["config"]}, file=None)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_its_links_lead_somewhere(document):
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", DOCUMENTS[document]):
        file = (ROOT / document).parent / target if target else ROOT / document
        assert file.exists(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else []
        slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert not anchor or anchor in slugs, anchor


@pytest.mark.parametrize(
    "line",
    re.findall(
        r"^\| `([^`]+)` \|", OPERATIONS[OPERATIONS.index("| the line has |") : OPERATIONS.index("## The dash")], re.M
    ),
)
def test_the_server_says_what_the_runbook_looks_for(line):
    """In a message, whose other parts are put together when it comes."""
    sources = "".join(path.read_text() for path in (ROOT / "image/ml_census").glob("*.py"))

    assert line in sources or line in sources.replace("{COMPILED}", "compiled.npz")


def test_each_panel_and_alert_that_the_runbook_points_to_is_there():
    """Also in sentences, where `test_each_…` below do not look."""
    assert set(re.findall(r"MlCensus\w+", EVERYTHING)) == set(
        re.findall(r"alert: (\w+)", (CHART / "templates/alerts.yaml").read_text())
    )


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
    assert DOCUMENTS["README.md"].index("## A model of your own") < 3500
