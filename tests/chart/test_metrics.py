"""The readers of metrics, the alerts and the dashboard."""

import json
import re
from typing import Any

import pytest

from ml_census.observability.metrics import Metrics
from support.chart_rendering import Chart
from support.chart_values import BATCH, GOOGLE_ALERTS, OPERATOR_ALERTS, server
from support.promql import selectors

CRON_JOB = {"kube_cronjob_status_last_successful_time", "kube_cronjob_created"}
"""Series of kube-state-metrics."""
SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return the names of all series of a server: those of its registry and those about its model."""
    names = {"ml_census_model_info", "ml_census_reloads_total", "ml_census_drift"}
    for family in Metrics().registry.collect():
        names |= {family.name + suffix for suffix in SUFFIXES.get(family.type, [""])}
    return names


def series(expression: str) -> set[str]:
    """Return the names of the series in a PromQL expression. Raises ValueError if it is none."""
    return {selector.name or "" for selector in selectors(expression)}


def rules(chart: Chart, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alerts."""
    kind = "Rules" if "podMonitoring" in values["metrics"] else "PrometheusRule"
    return [rule for group in chart.one(kind, values)["spec"]["groups"] for rule in group["rules"]]


def panels(chart: Chart) -> list[dict[str, Any]]:
    """Return the panels of the dashboard."""
    (text,) = chart.one("ConfigMap", {"metrics": {"dashboard": True}})["data"].values()
    found: list[dict[str, Any]] = json.loads(text)["panels"]
    return found


def test_pod_monitoring_selects_pods_and_their_port(chart: Chart) -> None:
    """Google's collectors read metrics from the pods, on a port that they have."""
    spec, deployment = chart.one("PodMonitoring", GOOGLE_ALERTS)["spec"], chart.one("Deployment", GOOGLE_ALERTS)["spec"]

    assert spec["selector"] == deployment["selector"]
    ports = {port["name"] for port in server(deployment["template"])["ports"]}
    assert [each["port"] in ports for each in spec["endpoints"]] == [True]


def test_service_monitor_selects_the_service_for_metrics(chart: Chart) -> None:
    """The operator finds a headless Service that has the port for metrics alone."""
    monitor = chart.one("ServiceMonitor", OPERATOR_ALERTS)["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    (service,) = (
        each for each in chart.all("Service", OPERATOR_ALERTS) if wanted <= each["metadata"]["labels"].items()
    )

    assert service["spec"]["clusterIP"] == "None"
    assert [port["name"] for port in service["spec"]["ports"]] == [each["port"] for each in monitor["endpoints"]]
    assert "metrics" not in json.dumps(chart.one("Service", OPERATOR_ALERTS)["spec"])


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PrometheusRule"])
def test_metrics_labels_are_set_on_operator_objects(chart: Chart, kind: str) -> None:
    """Prometheus selects the objects that it reads by labels that its operator sets."""
    values = {"metrics": OPERATOR_ALERTS["metrics"] | {"labels": {"release": "prometheus"}}}

    assert chart.one(kind, values)["metadata"]["labels"]["release"] == "prometheus"


def test_metrics_off_opens_no_port(chart: Chart) -> None:
    """Without metrics the server opens no port for them."""
    container = server(chart.pod({"metrics": {"enabled": False}}))

    assert "--metrics-port" not in container["args"]
    assert [port["name"] for port in container["ports"]] == ["http"]


@pytest.mark.parametrize("values", [GOOGLE_ALERTS, OPERATOR_ALERTS], ids=["google", "operator"])
def test_alert_has_known_series_severity_and_summary(chart: Chart, known: set[str], values: dict[str, Any]) -> None:
    """Each alert is PromQL over series that exist, and has a severity and a summary."""
    found = rules(chart, values)

    assert len(found) == 10
    for rule in found:
        assert series(rule["expr"]) and series(rule["expr"]) <= known | CRON_JOB, rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")


def test_overdue_alert_has_hours_and_cron_job_of_the_release(chart: Chart) -> None:
    """A CronJob that never succeeded has no time of the last success: its age counts."""
    rule = rules(chart, GOOGLE_ALERTS | {"batch": BATCH | {"alertAfterHours": 3}})[-1]
    labels = 'namespace="default",cronjob="census-ml-census-batch"'

    last, created = (f"{name}{{{labels}}}" for name in sorted(CRON_JOB, reverse=True))
    assert rule["expr"] == f"time() - max({last} or {created}) > 10800"


@pytest.mark.parametrize("change", [{"enabled": False}, {"schedule": ""}, {"alertAfterHours": None}])
def test_runs_without_schedule_have_no_overdue_alert(chart: Chart, change: dict[str, Any]) -> None:
    assert "MlCensusBatchOverdue" not in {
        rule["alert"] for rule in rules(chart, GOOGLE_ALERTS | {"batch": BATCH | change})
    }


def test_alert_selects_pods_of_this_release_alone(chart: Chart) -> None:
    """Each series is of this release's pods: of no other release and no other namespace."""
    for rule in rules(chart, GOOGLE_ALERTS):
        selectors = re.findall(r"ml_census_\w+{(.*?\{5}.*?)}", rule["expr"])
        assert len(selectors) == len(re.findall(r"ml_census_", rule["expr"]))
        for selector in selectors:
            assert 'namespace="default"' in selector
            (pattern,) = re.findall(r'pod=~"([^"]*)"', selector)
            pods = re.compile(pattern)
            assert pods.fullmatch("census-ml-census-6954684fcc-jk7hk")
            assert not pods.fullmatch("census-ml-census-2-6954684fcc-jk7hk")


@pytest.mark.parametrize("length", [46, 47, 58, 63])
def test_alert_finds_pods_whose_names_are_cut(chart: Chart, length: int) -> None:
    """Kubernetes cuts a pod's name before the five letters that it appends, also within the ReplicaSet's hash."""
    name = "c" * length
    (rule, *_) = rules(chart, GOOGLE_ALERTS | {"fullnameOverride": name})

    pods, *_ = re.findall(r'pod=~"([^"]*)"', rule["expr"])
    assert re.fullmatch(pods, f"{name}-6954684fcc-"[:58] + "jk7hk")


def test_dashboard_panel_has_title_and_known_series(chart: Chart, known: set[str]) -> None:
    """Each panel has a title and PromQL over series that exist, of the chosen namespaces and pods."""
    assert len(panels(chart)) >= 10
    for panel in panels(chart):
        assert panel["title"]
        for target in panel["targets"]:
            assert series(target["expr"]) and series(target["expr"]) <= known, panel["title"]
            assert 'namespace=~"$namespace",pod=~"$pod"' in target["expr"]


def test_dashboard_shows_every_metric_of_the_server(chart: Chart, known: set[str]) -> None:
    """The dashboard shows every metric of the server; of a histogram, one of its series."""
    shown = set().union(*(series(target["expr"]) for panel in panels(chart) for target in panel["targets"]))

    families = {re.sub("_(bucket|sum|count)$", "", name) for name in known if name.startswith("ml_census")}
    assert families == {re.sub("_(bucket|sum|count)$", "", name) for name in shown if name.startswith("ml_census")}


def test_alerts_leave_out_requests_of_probes(chart: Chart) -> None:
    """Requests of probes would hide errors. The server gives them no protocol."""
    found = [selector for rule in rules(chart, GOOGLE_ALERTS) for selector in selectors(rule["expr"])]
    requests = [str(selector) for selector in found if str(selector.name).startswith("ml_census_request")]

    assert len(requests) == 5
    for selector in requests:
        assert 'protocol!="none"' in selector


def test_durations_count_successful_predictions_alone(chart: Chart) -> None:
    """A rejected request takes no time: with such requests an overload would look fast."""
    expressions = [rule["expr"] for rule in rules(chart, GOOGLE_ALERTS)]
    expressions += [target["expr"] for panel in panels(chart) for target in panel["targets"]]
    found = [selector for expression in expressions for selector in selectors(expression)]
    times = [str(selector) for selector in found if selector.name == "ml_census_request_seconds_bucket"]

    assert len(times) == 4
    for selector in times:
        assert 'protocol!="none",route!="/login",status="200"' in selector
