"""The pages of docs/runbook: each alert has a page, and no command acts on an unnamed release."""

import re
from typing import Any

import pytest

from ml_census.observability.metrics import Metrics
from support.chart_rendering import Chart
from support.chart_values import GOOGLE_ALERTS, OPERATOR_ALERTS
from support.doc_commands import DOCUMENTS, ROOT, blocks, inline
from support.promql import selectors

RUNBOOK = {name.removeprefix("docs/runbook/"): text for name, text in DOCUMENTS.items() if "docs/runbook/" in name}
ALERT_PAGES = {name: text for name, text in RUNBOOK.items() if name.startswith("alerts/")}
URL = "https://git.example.com/docs/runbook/alerts"
KNOWN = {"ml_census_drift", *(family.name for family in Metrics().registry.collect()), "process_cpu_seconds"}
"""Series of the server. The model adds ml_census_drift, and Linux the CPU time."""
QUESTIONS = 17
"""Number of questions that on-call operators could not answer with the earlier guides."""
CLUSTER_SCOPED = ("config", "top nodes", "describe nodes", "cordon", "uncordon", "get --raw", "get deployments --all")


def rules(chart: Chart, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alerts of the chart."""
    kind = "Rules" if "podMonitoring" in values["metrics"] else "PrometheusRule"
    return [rule for group in chart.one(kind, values)["spec"]["groups"] for rule in group["rules"]]


def commands(text: str, program: str) -> list[str]:
    """Return the calls of a program in the shell blocks and sentences of a page, each as one line."""
    lines = "\n".join(blocks(text, "sh")).replace("\\\n", " ").splitlines()
    calls = [call.strip() for line in lines for call in re.split(r"&&|\|", line)] + inline(text)
    return [call for call in calls if re.match(rf"{program} \S+ \S", call)]


@pytest.mark.parametrize("values", [GOOGLE_ALERTS, OPERATOR_ALERTS], ids=["google", "operator"])
def test_alert_has_the_url_of_its_page(chart: Chart, values: dict[str, Any]) -> None:
    found = rules(chart, values | {"metrics": values["metrics"] | {"runbookURL": URL}})

    urls = [rule["annotations"]["runbook_url"] for rule in found]
    assert urls == [f"{URL}/{rule['alert']}.md" for rule in found]
    assert {f"docs/runbook/alerts/{url.rpartition('/')[2]}" for url in urls} <= DOCUMENTS.keys()


def test_alert_without_base_url_has_no_runbook_url(chart: Chart) -> None:
    assert [rule for rule in rules(chart, GOOGLE_ALERTS) if "runbook_url" in rule["annotations"]] == []


def test_alert_names_release_and_namespace(chart: Chart) -> None:
    """An aggregate has no label of the release. Only an alert of a missing series has no value."""
    for rule in rules(chart, GOOGLE_ALERTS):
        description = rule["annotations"]["description"]
        assert description.startswith("Release census in namespace default: ")
        assert ("{{ $value" in description) == (rule["alert"] != "MlCensusAbsent")


def test_each_alert_has_a_page_and_each_page_an_alert(chart: Chart) -> None:
    assert {f"alerts/{rule['alert']}.md" for rule in rules(chart, GOOGLE_ALERTS)} == ALERT_PAGES.keys()


def test_readme_lists_alerts_with_their_severity(chart: Chart) -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(alerts/\1\.md\) \| (\w+) \|", RUNBOOK["README.md"], re.MULTILINE)

    assert rows == [(rule["alert"], rule["labels"]["severity"]) for rule in rules(chart, GOOGLE_ALERTS)]


@pytest.mark.parametrize("page", ALERT_PAGES)
def test_alert_page_has_four_headings(page: str) -> None:
    title, *headings = re.findall(r"^#+ (.+)$", RUNBOOK[page], re.MULTILINE)

    assert f"alerts/{title}.md" == page
    assert headings == ["Meaning", "Impact", "Diagnosis", "Mitigation"]


@pytest.mark.parametrize("page", RUNBOOK)
def test_page_begins_with_context_and_release(page: str) -> None:
    first = blocks(RUNBOOK["README.md"], "sh")[0]

    assert re.match(rf"# .+\n\n```sh\n{re.escape(first)}```\n", RUNBOOK[page])
    assert ["current-context" in line for line in first.splitlines()] == [False, True]


@pytest.mark.parametrize("page", RUNBOOK)
def test_command_names_its_namespace(page: str) -> None:
    found = [call for program in ("kubectl", "helm") for call in commands(RUNBOOK[page], program)]

    assert found
    unnamed = [call for call in found if "$NS" not in call and "--all-namespaces" not in call]
    assert [call for call in unnamed if not call.startswith(tuple(f"kubectl {each}" for each in CLUSTER_SCOPED))] == []


@pytest.mark.parametrize("page", RUNBOOK)
def test_command_upgrades_no_chart_and_forwards_no_port(page: str) -> None:
    """A checkout can have another version. A fixed port can belong to another server."""
    assert not re.search(r"helm (upgrade|install) \S+ ", RUNBOOK[page])
    assert "port-forward" not in RUNBOOK[page]


def test_logs_of_a_selector_have_a_tail() -> None:
    """By default, `kubectl logs --selector` prints the last ten lines of each pod."""
    found = [call for text in RUNBOOK.values() for call in commands(text, "kubectl")]
    logs = [call for call in found if " logs " in call and "--selector" in call]

    assert len(logs) > 10
    assert [call for call in logs if "--tail=" not in call] == []


def test_question_leads_to_a_page() -> None:
    section = RUNBOOK["README.md"].partition("\n## Questions\n")[2]
    questions = [row for row in section.splitlines() if row.startswith("| ")][2:]
    targets = [re.findall(r"\]\(([^)#]*)", row) for row in questions]

    assert len(questions) >= QUESTIONS
    assert all(targets)
    assert [path for row in targets for path in row if not (ROOT / "docs/runbook" / path).exists()] == []


def test_query_has_series_of_the_server() -> None:
    queries = [block for text in RUNBOOK.values() for block in blocks(text, "promql")]
    found = [selector for query in queries for selector in selectors(query)]

    assert len(queries) >= 5
    for selector in found:
        assert re.sub("_(total|bucket|sum|count)$", "", str(selector.name)) in KNOWN
        assert 'namespace="ml"' in str(selector)


def test_page_is_typed_on_the_cluster() -> None:
    """A page of commands for the bucket is typed in tests/system/test_runbook.py, with a fake gcloud."""
    source = "".join((ROOT / f"tests/e2e/{name}.py").read_text() for name in ("test_runbook", "test_scaling"))
    pages = {name.removesuffix(".md") for name in RUNBOOK if name not in ALERT_PAGES}

    assert {page for page in pages if f'"{page}"' not in source} == {"restore-a-model"}
