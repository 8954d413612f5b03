"""What reads the pods' metrics, and what is made of them."""

import json
import re

import pytest

from charts import server
from ml_census.metrics import Metrics
from promql import selectors

GOOGLE = {"metrics": {"podMonitoring": True, "alerts": True}}
OPERATOR = {"metrics": {"serviceMonitor": True, "alerts": True}}
SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}


@pytest.fixture(scope="module")
def known():
    """The names of all series that a server has: counted by its own registry, and told of its model."""
    names = {"ml_census_model_info", "ml_census_reloads_total", "ml_census_drift"}
    for family in Metrics().registry.collect():
        names |= {family.name + suffix for suffix in SUFFIXES.get(family.type, [""])}
    return names


def series(expression):
    """The names of the series in a PromQL expression, which must be one."""
    return {selector.name for selector in selectors(expression)}


def rules(chart, values):
    kind = "Rules" if "podMonitoring" in values["metrics"] else "PrometheusRule"
    return [rule for group in chart.one(kind, values)["spec"]["groups"] for rule in group["rules"]]


def panels(chart):
    (text,) = chart.one("ConfigMap", {"metrics": {"dashboard": True}})["data"].values()
    return json.loads(text)["panels"]


def test_pod_monitoring(chart):
    """Google's collectors ask the pods on their port for metrics."""
    spec, deployment = chart.one("PodMonitoring", GOOGLE)["spec"], chart.one("Deployment", GOOGLE)["spec"]

    assert spec["selector"] == deployment["selector"]
    ports = {port["name"] for port in server(deployment["template"])["ports"]}
    assert [each["port"] in ports for each in spec["endpoints"]] == [True]


def test_service_monitor(chart):
    """The operator finds a Service of its own, which has no port but that for metrics and no address."""
    monitor = chart.one("ServiceMonitor", OPERATOR)["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    (service,) = (each for each in chart.all("Service", OPERATOR) if wanted <= each["metadata"]["labels"].items())

    assert service["spec"]["clusterIP"] == "None"
    assert [port["name"] for port in service["spec"]["ports"]] == [each["port"] for each in monitor["endpoints"]]
    assert "metrics" not in json.dumps(chart.one("Service", OPERATOR)["spec"])


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PrometheusRule"])
def test_labels_for_prometheus(chart, kind):
    """Prometheus selects what it reads by labels that its operator sets."""
    values = {"metrics": OPERATOR["metrics"] | {"labels": {"release": "prometheus"}}}

    assert chart.one(kind, values)["metadata"]["labels"]["release"] == "prometheus"


def test_no_metrics(chart):
    """Without metrics the port is not opened."""
    container = server(chart.pod({"metrics": {"enabled": False}}))

    assert "--metrics-port" not in container["args"]
    assert [port["name"] for port in container["ports"]] == ["http"]


@pytest.mark.parametrize("values", [GOOGLE, OPERATOR], ids=["google", "operator"])
def test_alerts(chart, known, values):
    """Each is PromQL about series that there are, says how bad it is, and what it means."""
    found = rules(chart, values)

    assert len(found) == 9
    for rule in found:
        assert series(rule["expr"]) and series(rule["expr"]) <= known, rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")


def test_alerts_are_about_this_release(chart):
    """Each series is of this release's pods: neither another's in the namespace, nor another namespace's."""
    for rule in rules(chart, GOOGLE):
        selectors = re.findall(r"ml_census_\w+{(.*?\{5}.*?)}", rule["expr"])
        assert len(selectors) == len(re.findall(r"ml_census_", rule["expr"]))
        for selector in selectors:
            assert 'namespace="default"' in selector
            pods = re.compile(re.search(r'pod=~"([^"]*)"', selector)[1])
            assert pods.fullmatch("census-ml-census-6954684fcc-jk7hk")
            assert not pods.fullmatch("census-ml-census-2-6954684fcc-jk7hk")


@pytest.mark.parametrize("length", [46, 47, 58, 63])
def test_alerts_find_pods_with_long_names(chart, length):
    """Kubernetes cuts what a pod's name is made of, not the ReplicaSet's hash and five letters of its own."""
    name = "c" * length
    (rule, *_) = rules(chart, GOOGLE | {"fullnameOverride": name})

    pods = re.search(r'pod=~"([^"]*)"', rule["expr"])[1]
    assert re.fullmatch(pods, f"{name}-6954684fcc-"[:58] + "jk7hk")


def test_dashboard(chart, known):
    """Each panel has a title and PromQL about series that there are, of the namespaces and pods that are chosen."""
    assert len(panels(chart)) >= 10
    for panel in panels(chart):
        assert panel["title"]
        for target in panel["targets"]:
            assert series(target["expr"]) and series(target["expr"]) <= known, panel["title"]
            assert 'namespace=~"$namespace",pod=~"$pod"' in target["expr"]


def test_dashboard_shows_all(chart, known):
    """What the server counts is on the dashboard; of a histogram some series is."""
    shown = set().union(*(series(target["expr"]) for panel in panels(chart) for target in panel["targets"]))

    families = {re.sub("_(bucket|sum|count)$", "", name) for name in known if name.startswith("ml_census")}
    assert families == {re.sub("_(bucket|sum|count)$", "", name) for name in shown if name.startswith("ml_census")}


def test_probes_are_not_counted(chart):
    """They would hide errors, and a drain would look like an overload; the server gives them no protocol."""
    found = [selector for rule in rules(chart, GOOGLE) for selector in selectors(rule["expr"])]
    requests = [str(selector) for selector in found if selector.name.startswith("ml_census_request")]

    assert len(requests) == 5
    for selector in requests:
        assert 'protocol!=""' in selector


def test_times_are_those_of_predictions(chart):
    """What is refused takes no time: with it among them an overload would look fast."""
    expressions = [rule["expr"] for rule in rules(chart, GOOGLE)]
    expressions += [target["expr"] for panel in panels(chart) for target in panel["targets"]]
    found = [selector for expression in expressions for selector in selectors(expression)]
    times = [str(selector) for selector in found if selector.name == "ml_census_request_seconds_bucket"]

    assert len(times) == 4
    for selector in times:
        assert 'protocol!="",route!="/login",status="200"' in selector
