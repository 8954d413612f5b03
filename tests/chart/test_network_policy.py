"""With whom the pods may speak. That it holds is for tests/e2e/test_network.py to show."""

import ipaddress

import pytest

HTTPS, METADATA, DNS = (443,), (80, 988), (53, 53)
CLOSED = {"dns": [], "metadataServer": False, "https": False}
CLIENTS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "clients"}}}


def egress(chart, policy):
    """Ports of each rule, and to whom they lead."""
    rules = chart.one("NetworkPolicy", {"networkPolicy": policy})["spec"]["egress"] or []
    return {tuple(port["port"] for port in rule["ports"]): rule["to"] for rule in rules}


def test_it_is_about_the_pods_and_both_ways(chart):
    """It selects what the Deployment selects, and what it does not name is denied, in and out."""
    policy, deployment = chart.one("NetworkPolicy")["spec"], chart.one("Deployment")["spec"]

    assert policy["podSelector"] == deployment["selector"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]


def test_everybody_may_ask_unless_told(chart):
    """Requests come in from everywhere, to the server's port alone."""
    rules = chart.one("NetworkPolicy", {"networkPolicy": {"monitoring": []}})["spec"]["ingress"]

    assert rules == [{"ports": [{"port": "http"}]}]


def test_metrics_are_for_the_monitoring_alone(chart):
    """Its namespaces reach the port of the metrics, and no other; without metrics there is no such rule."""
    rules = {
        enabled: chart.one("NetworkPolicy", {"metrics": {"enabled": enabled}, "networkPolicy": {"monitoring": ["m"]}})
        for enabled in (True, False)
    }
    http, metrics = rules[True]["spec"]["ingress"]

    assert metrics["ports"] == [{"port": "metrics"}]
    (peer,) = metrics["from"]
    (expression,) = peer["namespaceSelector"]["matchExpressions"]
    assert expression == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["m"]}
    assert rules[False]["spec"]["ingress"] == [http]


@pytest.mark.parametrize(("google", "ranges"), [(True, ["35.191.0.0/16", "130.211.0.0/22"]), (False, [])])
def test_only_some_may_ask(chart, google, ranges):
    """Of those who may ask are the named ones, helm test, and Google's load balancer if there is one."""
    policy = {"networkPolicy": {"from": [CLIENTS], "fromGoogleLoadBalancer": google}, "test": {"existingSecret": "t"}}
    rule = chart.one("NetworkPolicy", policy)["spec"]["ingress"][0]

    assert CLIENTS in rule["from"]
    assert [peer["ipBlock"]["cidr"] for peer in rule["from"] if "ipBlock" in peer] == ranges
    (test,) = [peer["podSelector"]["matchLabels"] for peer in rule["from"] if "podSelector" in peer]
    assert test.items() <= chart.one("Pod", policy)["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("flag", "ports"),
    [({"https": True}, HTTPS), ({"metadataServer": True}, METADATA), ({"dns": ["kube-dns"]}, DNS)],
    ids=["https", "metadata", "dns"],
)
def test_each_flag_opens_its_own(chart, flag, ports):
    """Without flags nothing goes out; each lets out what it says and nothing else."""
    assert egress(chart, CLOSED) == {}
    assert egress(chart, CLOSED | flag).keys() == {ports}


def test_kinds_of_dns(chart):
    """Each kind of DNS is where GKE has it, and is asked over UDP and TCP."""
    inside = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    expected = {
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


def test_https_is_for_public_addresses(chart):
    """Neither the VPC nor the metadata server is reached by it."""
    blocks = [peer["ipBlock"] for peer in egress(chart, {})[HTTPS]]

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


def test_more_egress(chart):
    """What is added comes as it was given."""
    rule = {"to": [{"ipBlock": {"cidr": "10.0.0.8/32"}}], "ports": [{"port": 4443}]}

    assert chart.one("NetworkPolicy", {"networkPolicy": CLOSED | {"extraEgress": [rule]}})["spec"]["egress"] == [rule]


def test_none(chart):
    """It can be left out."""
    values = {"networkPolicy": {"enabled": False}, "test": {"existingSecret": "t"}}

    assert not chart.all("NetworkPolicy", values)


def test_helm_test_speaks_with_the_server_alone(chart):
    """Its pod holds a password: it may ask for the server's name and the server, and nobody may ask it."""
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
