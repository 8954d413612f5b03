"""The peers of the pods. tests/e2e/test_network.py shows that a cluster enforces them."""

import ipaddress
from typing import Any

import pytest

from support.chart_rendering import Chart

HTTPS, METADATA, DNS = (443,), (80, 988), (53, 53)
CLOSED = {"dns": [], "metadataServer": False, "https": False}
LOCAL = {"config": {"model_path": "/model/model.pkl"}}
CLIENTS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "clients"}}}


def egress(chart: Chart, policy: dict[str, Any]) -> dict[tuple[int, ...], list[dict[str, Any]]]:
    """Return the peers of each rule by the rule's ports."""
    rules = chart.one("NetworkPolicy", LOCAL | {"networkPolicy": policy})["spec"]["egress"]
    return {tuple(port["port"] for port in rule["ports"]): rule["to"] for rule in rules}


def test_policy_selects_the_pods_in_both_directions(chart: Chart) -> None:
    """The policy selects the Deployment's pods and denies all other traffic, in and out."""
    policy, deployment = chart.one("NetworkPolicy")["spec"], chart.one("Deployment")["spec"]

    assert policy["podSelector"] == deployment["selector"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]


def test_policy_by_default_admits_clients_to_http_port(chart: Chart) -> None:
    """Requests come from everywhere, to the server's port alone."""
    rules = chart.one("NetworkPolicy", {"networkPolicy": {"monitoring": []}})["spec"]["ingress"]

    assert rules == [{"ports": [{"port": "http"}]}]


def test_metrics_port_is_open_to_monitoring_alone(chart: Chart) -> None:
    """The monitoring namespaces reach the port of the metrics and no other. Without metrics there is no such rule."""
    rules = {
        enabled: chart.one("NetworkPolicy", {"metrics": {"enabled": enabled}, "networkPolicy": {"monitoring": ["m"]}})
        for enabled in (True, False)
    }
    http, metrics = rules[True]["spec"]["ingress"]

    assert metrics["ports"] == [{"port": "metrics"}]
    (peer_namespace,) = metrics["from"]
    (expression,) = peer_namespace["namespaceSelector"]["matchExpressions"]
    assert expression == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["m"]}
    assert rules[False]["spec"]["ingress"] == [http]


@pytest.mark.parametrize(("google", "ranges"), [(True, ["35.191.0.0/16", "130.211.0.0/22"]), (False, [])])
def test_policy_with_clients_admits_them_test_and_google(chart: Chart, google: bool, ranges: list[str]) -> None:
    """The policy admits the named clients, helm test, and Google's load balancer if there is one."""
    policy = {"networkPolicy": {"from": [CLIENTS], "fromGoogleLoadBalancer": google}, "test": {"existingSecret": "t"}}
    rule = chart.one("NetworkPolicy", policy)["spec"]["ingress"][0]

    assert CLIENTS in rule["from"]
    assert [
        peer_namespace["ipBlock"]["cidr"] for peer_namespace in rule["from"] if "ipBlock" in peer_namespace
    ] == ranges
    (test,) = [
        peer_namespace["podSelector"]["matchLabels"]
        for peer_namespace in rule["from"]
        if "podSelector" in peer_namespace
    ]
    assert test.items() <= chart.one("Pod", policy)["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("flag", "ports"),
    [({"https": True}, HTTPS), ({"metadataServer": True}, METADATA), ({"dns": ["kube-dns"]}, DNS)],
    ids=["https", "metadata", "dns"],
)
def test_egress_flag_opens_its_ports_alone(chart: Chart, flag: dict[str, Any], ports: tuple[int, ...]) -> None:
    """Without flags there is no egress. Each flag opens its ports and no others."""
    assert egress(chart, CLOSED) == {}
    assert egress(chart, CLOSED | flag).keys() == {ports}


def test_dns_kind_opens_its_peers_on_udp_and_tcp(chart: Chart) -> None:
    """Each kind of DNS has the peers that GKE runs it on, over UDP and TCP."""
    inside = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    expected: dict[str, list[dict[str, Any]]] = {
        "kube-dns": [inside | {"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}],
        "node-local": [
            inside | {"podSelector": {"matchLabels": {"k8s-app": "node-local-dns"}}},
            {"ipBlock": {"cidr": "169.254.20.10/32"}},
        ],
        "cloud-dns": [{"ipBlock": {"cidr": "169.254.169.254/32"}}],
        "34.118.224.10": [{"ipBlock": {"cidr": "34.118.224.10/32"}}],
    }

    for kind, peers in expected.items():
        assert egress(chart, CLOSED | {"dns": [kind]}) == {DNS: peers}
    assert egress(chart, {"dns": list(expected)})[DNS] == sum(expected.values(), [])


def test_https_egress_leaves_out_private_addresses(chart: Chart) -> None:
    """HTTPS egress reaches neither the VPC nor the metadata server."""
    blocks = [peer_namespace["ipBlock"] for peer_namespace in egress(chart, {})[HTTPS]]

    assert [block["cidr"] for block in blocks] == ["0.0.0.0/0", "::/0"]
    closed = [ipaddress.ip_network(each) for block in blocks for each in block["except"]]
    for address in (
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.19.0.1",
        "240.0.0.1",
        "fd00::1",
    ):
        assert any(ipaddress.ip_address(address) in network for network in closed), address


def test_extra_egress_is_passed_through_unchanged(chart: Chart) -> None:
    """Extra egress rules appear as given."""
    rule = {"to": [{"ipBlock": {"cidr": "10.0.0.8/32"}}], "ports": [{"port": 4443}]}

    policy = chart.one("NetworkPolicy", LOCAL | {"networkPolicy": CLOSED | {"extraEgress": [rule]}})

    assert policy["spec"]["egress"] == [rule]


def test_policy_can_be_switched_off(chart: Chart) -> None:
    """The chart creates no NetworkPolicy if it is switched off."""
    values = {"networkPolicy": {"enabled": False}, "test": {"existingSecret": "t"}}

    assert not chart.all("NetworkPolicy", values)


def test_helm_test_pod_reaches_dns_and_server_alone(chart: Chart) -> None:
    """The test pod holds a password. It may reach DNS and the server, and nothing may reach it."""
    values = {"test": {"existingSecret": "t"}, "networkPolicy": {"dns": ["cloud-dns"]}}
    objects = chart.all("NetworkPolicy", values)
    (policy,) = (each["spec"] for each in objects if "helm.sh/hook" in each["metadata"].get("annotations", {}))

    assert policy["podSelector"]["matchLabels"].items() <= chart.one("Pod", values)["metadata"]["labels"].items()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    server, dns = policy["egress"]
    assert server["ports"] == [{"port": 5090}]
    assert server["to"] == [{"podSelector": chart.one("Deployment", values)["spec"]["selector"]}]
    assert dns["to"] == [{"ipBlock": {"cidr": "169.254.169.254/32"}}]
