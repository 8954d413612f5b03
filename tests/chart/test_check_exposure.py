"""Gateway, Ingress, NetworkPolicy and times that contradict each other are rejected."""

from typing import Any

import pytest

from support.chart_rendering import Chart, assert_rejected
from support.chart_values import FOREIGN, IMAGE, MODEL

ACCOUNT = "census@example.iam.gserviceaccount.com"
LOCAL = FOREIGN | {"config": {"model_path": "/model/model.pkl"}}
GATEWAY = FOREIGN | {"gateway": {"enabled": True, "certificateMap": "census"}}
CLIENTS = {"podSelector": {"matchLabels": {"app": "client"}}}
SPOT = {"nodeSelector": {"cloud.google.com/gke-spot": "true"}}


def affinity(operator: str) -> dict[str, Any]:
    """Return the values of pods that have, or have not, a preference for Spot nodes."""
    expression = {"key": "cloud.google.com/gke-spot", "operator": operator, "values": ["true"]}
    term = {"weight": 1, "preference": {"matchExpressions": [expression]}}
    return {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}}


PROXY_HEADERS = {"trusted_proxies": 1}
CONTRADICTIONS: list[tuple[dict[str, Any], list[str]]] = [
    (
        LOCAL | {"serviceAccount": {"googleServiceAccount": ACCOUNT}, "networkPolicy": {"metadataServer": False}},
        ["googleServiceAccount needs networkPolicy.metadataServer"],
    ),
    (
        FOREIGN
        | {"preStopSleepSeconds": 4, "config": MODEL | {"drain_delay_seconds": 6, "drain_deadline_seconds": 30}}
        | {"terminationGracePeriodSeconds": 40},
        ["terminationGracePeriodSeconds is 40", "preStopSleepSeconds", "config.drain_deadline_seconds = 40"],
    ),
    (
        GATEWAY | {"config": MODEL | {"drain_delay_seconds": 5}},
        ["drain_delay_seconds = 5", "Google's load balancer takes up to 30"],
    ),
    (GATEWAY | {"config": MODEL | {"keep_alive_timeout_seconds": 600}}, ["keep_alive_timeout_seconds is 600"]),
    (GATEWAY | {"config": MODEL | {"trusted_proxies": 1}}, ["trusted_proxies is 1", "appends 2 addresses"]),
    (
        FOREIGN | {"service": {"type": "LoadBalancer"}, "config": MODEL | {"trusted_proxies": 2}},
        ["trusted_proxies is 2", "can forge their address"],
    ),
    (FOREIGN | {"gateway": {"enabled": True}}, ["the Gateway has no certificate", "allowHTTP=true"]),
    (FOREIGN | {"ingress": {"enabled": True}}, ["the Ingress has no certificate", "allowHTTP=true"]),
    (
        FOREIGN | {"gateway": {"hostnames": ["https://a.example"]}},
        ["gateway.hostnames: https://a.example is not a host"],
    ),
    (FOREIGN | {"ingress": {"hosts": ["census"]}}, ["ingress.hosts: census is not a host name such as"]),
    (FOREIGN | {"service": {"internal": True}}, ["service.internal need service.type=LoadBalancer"]),
    (FOREIGN | {"service": {"loadBalancerClass": "a.example/b"}}, ["need service.type=LoadBalancer"]),
    (FOREIGN | {"service": {"loadBalancerIP": "198.51.100.1"}}, ["need service.type=LoadBalancer"]),
    (
        FOREIGN | {"gateway": {"parentRefs": [{"name": "a"}], "address": "b"}},
        ["gateway.parentRefs names existing Gateways"],
    ),
    (
        FOREIGN | {"gateway": {"certificateMap": "a", "tlsSecret": "b"}},
        ["gateway.certificateMap and gateway.tlsSecret exclude"],
    ),
    (
        FOREIGN | {"ingress": {"managedCertificate": True, "hosts": ["a.example"], "tlsSecret": "b"}},
        ["ingress.managedCertificate and ingress.tlsSecret exclude"],
    ),
    (FOREIGN | {"ingress": {"managedCertificate": True}}, ["managedCertificate needs ingress.hosts"]),
    (
        FOREIGN | {"ingress": {"managedCertificate": True, "hosts": ["*.example.com"]}},
        ["Google issues none for *.example.com"],
    ),
    (FOREIGN | {"ingress": {"address": "a", "className": "nginx"}}, ["ingress.address is for ingress.className=gce"]),
    (
        FOREIGN | {"gateway": {"certificateMap": "a", "className": "gke-l7-rilb"}},
        ["gateway.certificateMap needs one of Google's global classes"],
    ),
    (GATEWAY | {"googleLoadBalancer": None}, ["give all values by --values"]),
    (
        FOREIGN | {"service": {"externalTrafficPolicy": "Local"}},
        ["service.externalTrafficPolicy needs service.type=LoadBalancer or NodePort"],
    ),
    (
        FOREIGN | {"ingress": {"managedCertificate": True, "hosts": ["a.example"], "className": "gce-internal"}},
        ["and ingress.className=gce."],
    ),
    (
        GATEWAY | {"networkPolicy": {"from": [CLIENTS], "fromGoogleLoadBalancer": False}},
        ["networkPolicy.from shuts out the health checks"],
    ),
    (
        FOREIGN | {"networkPolicy": {"https": False}},
        ["gs:// URIs need a way to Cloud Storage", "networkPolicy.https=true"],
    ),
    (
        FOREIGN | {"networkPolicy": {"metadataServer": False}},
        ["tokens of Workload Identity", "networkPolicy.metadataServer=true"],
    ),
    *(
        (FOREIGN | spot, ["config.drain_deadline_seconds = 25", "a Spot node of GKE ends after 15", "GKE 1.35"])
        for spot in (SPOT, affinity("In"))
    ),
]


@pytest.mark.parametrize(("values", "says"), CONTRADICTIONS, ids=[says[0] for _, says in CONTRADICTIONS])
def test_wrong_exposure_is_rejected_with_a_remedy(chart: Chart, values: dict[str, Any], says: list[str]) -> None:
    """The chart rejects an exposure that would lose requests, passwords or the bucket."""
    assert_rejected(chart, IMAGE | values, says)


PERMITTED: dict[str, dict[str, Any]] = {
    "HTTP to the internet": FOREIGN | {"allowHTTP": True, "gateway": {"enabled": True}, "ingress": {"enabled": True}},
    "HTTP in a VPC": FOREIGN | {"gateway": {"enabled": True, "className": "gke-l7-rilb"}},
    "HTTP of an internal Ingress": FOREIGN | {"ingress": {"enabled": True, "className": "gce-internal"}},
    "bucket at a private address": FOREIGN | {"networkPolicy": {"https": False, "extraEgress": [{"to": []}]}},
    "key file": FOREIGN
    | {"networkPolicy": {"metadataServer": False}, "extraEnv": [{"name": "GOOGLE_APPLICATION_CREDENTIALS"}]},
    "metadata server by rule": FOREIGN
    | {
        "networkPolicy": {
            "metadataServer": False,
            "extraEgress": [{"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}]}],
        }
    },
    "no bucket": LOCAL | {"networkPolicy": {"https": False, "metadataServer": False}},
    "no NetworkPolicy": FOREIGN | {"networkPolicy": {"enabled": False, "https": False, "metadataServer": False}},
    "clients without load balancer": FOREIGN | {"networkPolicy": {"from": [CLIENTS], "fromGoogleLoadBalancer": False}},
    "never on Spot": FOREIGN | affinity("NotIn"),
    "short drain on Spot": FOREIGN | SPOT | {"config": MODEL | {"drain_deadline_seconds": 10}},
    "long notice on Spot": FOREIGN | SPOT | {"terminationGracePeriodSeconds": 60},
    "proxies before a LoadBalancer": FOREIGN
    | {"config": MODEL | PROXY_HEADERS, "service": {"type": "LoadBalancer", "internal": True}},
}


@pytest.mark.parametrize("values", PERMITTED.values(), ids=PERMITTED)
def test_exposure_without_contradiction_is_accepted(chart: Chart, values: dict[str, Any]) -> None:
    """Values next to a contradiction are accepted."""
    assert chart.objects(values, file=None)


def test_wait_of_30_s_suffices_behind_a_google_gateway(chart: Chart) -> None:
    """Google's load balancer needs up to 30 s to stop sending requests to a pod."""
    waits = {"preStopSleepSeconds": 20, "terminationGracePeriodSeconds": 100}
    values = GATEWAY | {"config": MODEL | {"drain_delay_seconds": 10}}

    assert chart.one("Gateway", values | waits, file=None)
