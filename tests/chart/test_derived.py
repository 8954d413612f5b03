"""Numbers that the chart derives from other values unless they are given."""

from typing import Any

import pytest
import yaml

from support.chart_rendering import Chart
from support.chart_values import server, volume

GATEWAY = {"gateway": {"enabled": True, "certificateMap": "census"}}
INGRESS = {"ingress": {"enabled": True, "managedCertificate": True, "hosts": ["a.example"]}}
OTHER = {"gateway": {"enabled": True, "className": "istio", "tlsSecret": "tls"}}
LOCAL = {"service": {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}}


@pytest.mark.parametrize(
    ("values", "proxies", "delay", "grace"),
    [
        ({}, 0, 5, 40),
        (OTHER, 0, 5, 40),
        ({"service": {"type": "LoadBalancer"}}, 0, 5, 40),
        ({"service": {"type": "LoadBalancer", "externalTrafficPolicy": None}}, 0, 5, 40),
        (LOCAL, 0, 40, 75),
        (GATEWAY, 2, 40, 75),
        (INGRESS, 2, 40, 75),
        ({"gateway": {"enabled": True, "parentRefs": [{"name": "shared"}]}}, 2, 40, 75),
        (GATEWAY | {"preStopSleepSeconds": 30}, 2, 10, 75),
        (GATEWAY | {"preStopSleepSeconds": 50}, 2, 0, 85),
        (GATEWAY | {"config": {"trusted_proxies": 3, "drain_delay_seconds": 31}}, 3, 31, 66),
        ({"config": {"trusted_proxies": 0, "drain_delay_seconds": 0, "drain_deadline_seconds": 0}}, 0, 0, 15),
        ({"terminationGracePeriodSeconds": 50}, 0, 5, 50),
    ],
)
def test_proxies_and_times_follow_from_the_exposure(
    chart: Chart, values: dict[str, Any], proxies: int, delay: int, grace: int
) -> None:
    """A Gateway or Ingress of Google needs other numbers than a Service. A number that is given is kept."""
    config = yaml.safe_load(chart.config(values))

    assert (config["trusted_proxies"], config["drain_delay_seconds"]) == (proxies, delay)
    assert chart.pod(values)["spec"]["terminationGracePeriodSeconds"] == grace


@pytest.mark.parametrize(("values", "seconds"), [({}, 75), ({"terminationGracePeriodSeconds": 5000}, 3600)])
def test_google_drains_a_pod_for_its_grace_period(chart: Chart, values: dict[str, Any], seconds: int) -> None:
    """Google's load balancer keeps connections until the pod has ended, but for maximum an hour."""
    policy = chart.one("GCPBackendPolicy", GATEWAY | values)

    assert policy["spec"]["default"]["connectionDraining"] == {"drainingTimeoutSec": seconds}


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({}, 600 + 5 + 60),
        ({"minReadySeconds": 0, "probes": {"startup": {"periodSeconds": 3, "failureThreshold": 7}}}, 21 + 60),
        ({"minReadySeconds": 1, "probes": {"startup": {"initialDelaySeconds": 9}}}, 9 + 600 + 1 + 60),
        ({"probes": {"startup": {"periodSeconds": None, "failureThreshold": None}}}, 10 * 3 + 5 + 60),
        ({"progressDeadlineSeconds": 300}, 300),
    ],
)
def test_update_fails_after_the_startup_budget(chart: Chart, values: dict[str, Any], seconds: int) -> None:
    """Kubernetes would call an update failed after 600 s, in which a pod may still wait for its bucket."""
    assert chart.one("Deployment", values)["spec"]["progressDeadlineSeconds"] == seconds


MIB = 2**20


@pytest.mark.parametrize(
    ("limits", "bytes_"),
    [
        ({}, 64 * MIB),
        ({"memory": "1Gi"}, 128 * MIB),
        ({"memory": "1G"}, 125_000_000),
        ({"memory": "1.5Gi"}, 192 * MIB),
        ({"memory": 1_000_000_000}, 125_000_000),
        ({"memory": "1e9"}, 125_000_000),
        ({"memory": "80000000k"}, 512 * MIB),
        ({"memory": None}, 512 * MIB),
    ],
)
def test_maximum_model_is_an_eighth_of_the_memory(chart: Chart, limits: dict[str, Any], bytes_: int) -> None:
    """Loading a pickle takes five times its size, and 182 MiB."""
    config = yaml.safe_load(chart.config({"resources": {"limits": limits}}))

    assert config["max_model_bytes"] == bytes_


def test_cache_and_disk_fit_two_models(chart: Chart) -> None:
    """A new model is written beside the old one, each with its compiled form. The disk also has /tmp and the logs."""
    pod = chart.pod({"config": {"max_model_bytes": 100 * MIB + 1}})

    assert volume(pod, "cache")["emptyDir"] == {"sizeLimit": "301Mi"}
    resources = server(pod)["resources"]
    assert resources["requests"]["ephemeral-storage"] == resources["limits"]["ephemeral-storage"] == "415Mi"


def test_derived_sizes_are_written_as_an_api_server_does(chart: Chart) -> None:
    """An API server writes 3072Mi as 3Gi, and Argo CD compares the text."""
    pod = chart.pod({"config": {"max_model_bytes": 1024 * MIB}, "resources": {"limits": {"memory": "8Gi"}}})

    assert volume(pod, "cache")["emptyDir"] == {"sizeLimit": "3Gi"}


@pytest.mark.parametrize("which", [["limits"], ["requests"], ["requests", "limits"]])
def test_given_disk_is_request_and_limit(chart: Chart, which: list[str]) -> None:
    """A disk that is given replaces the derived one as request and as limit."""
    resources = server(chart.pod({"resources": {each: {"ephemeral-storage": "5Gi"} for each in which}}))["resources"]

    assert resources["requests"]["ephemeral-storage"] == resources["limits"]["ephemeral-storage"] == "5Gi"
