"""Load balancers, Gateway, Ingress, and the settings of Google's load balancer."""

import json
from typing import Any

import pytest

from support.chart_rendering import Chart

GOOGLE = ("HealthCheckPolicy", "GCPBackendPolicy", "BackendConfig", "FrontendConfig", "ManagedCertificate")
PLAIN = {"allowHTTP": True}
PARENT = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
"""Fields that an API server adds to a reference to a Gateway."""


def test_load_balancer_has_given_address_and_networks(chart: Chart) -> None:
    """A load balancer has the address, the networks and the scope of the values."""
    service = chart.one("Service", file="ci/full-values.yaml")

    assert service["spec"]["loadBalancerIP"] == "198.18.1.77"
    assert service["spec"]["loadBalancerSourceRanges"] == ["198.18.0.0/15"]
    assert service["metadata"]["annotations"]["networking.gke.io/load-balancer-type"] == "Internal"


def test_load_balancer_class_is_set_only_if_given(chart: Chart) -> None:
    """GKE chooses the kind of load balancer by the class."""
    spec = chart.one("Service", file="ci/bucket-values.yaml")["spec"]

    assert spec["loadBalancerClass"] == "networking.gke.io/l4-regional-external"
    assert "loadBalancerClass" not in chart.one("Service", {"service": {"type": "LoadBalancer"}})["spec"]


def test_service_by_default_is_internal_without_gke_kinds(chart: Chart) -> None:
    """The default is a Service inside the cluster and no object of a GKE kind."""
    kinds = {each["kind"] for each in chart.objects()}

    assert chart.one("Service")["spec"]["type"] == "ClusterIP"
    assert not kinds & {"Gateway", "HTTPRoute", "Ingress", *GOOGLE}


def test_gateway_without_certificate_has_one_http_listener(chart: Chart) -> None:
    """Without a certificate there is one listener, and the route uses it."""
    values = PLAIN | {"gateway": {"enabled": True}}
    gateway, route = chart.one("Gateway", values), chart.one("HTTPRoute", values)

    assert [each["port"] for each in gateway["spec"]["listeners"]] == [80]
    assert route["spec"]["parentRefs"] == [PARENT | {"name": gateway["metadata"]["name"], "sectionName": "http"}]


@pytest.mark.parametrize(
    ("certificate", "tls"),
    [
        ({"certificateMap": "census"}, None),
        (
            {"tlsSecret": "own"},
            {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": "own"}]},
        ),
    ],
    ids=["map", "secret"],
)
def test_gateway_with_certificate_redirects_http_to_https(
    chart: Chart, certificate: dict[str, str], tls: object
) -> None:
    """With a certificate the Gateway serves requests over TLS and redirects plain HTTP to it."""
    values = {"gateway": {"enabled": True, "hostnames": ["census.example.com"], **certificate}}
    gateway = chart.one("Gateway", values)
    route, redirect = chart.all("HTTPRoute", values)

    http, https = gateway["spec"]["listeners"]
    assert [http["port"], https["port"]] == [80, 443]
    assert https.get("tls") == tls
    assert gateway["metadata"].get("annotations", {}).get("networking.gke.io/certmap") == certificate.get(
        "certificateMap"
    )
    assert [each["spec"]["parentRefs"][0]["sectionName"] for each in (route, redirect)] == ["https", "http"]
    assert redirect["spec"]["rules"][0]["filters"][0]["requestRedirect"] == {"scheme": "https", "statusCode": 301}
    assert "backendRefs" not in redirect["spec"]["rules"][0]
    assert route["spec"]["hostnames"] == redirect["spec"]["hostnames"] == ["census.example.com"]


def test_shared_gateway_gets_a_route_and_no_gateway(chart: Chart) -> None:
    """For a Gateway of another owner the chart creates one route and no Gateway."""
    parents = [{"name": "shared", "namespace": "gateways"}, {"name": "mesh", "group": "", "kind": "Service"}]
    values = {"gateway": {"enabled": True, "parentRefs": parents}}

    assert chart.one("HTTPRoute", values)["spec"]["parentRefs"] == [PARENT | each for each in parents]
    assert not chart.all("Gateway", values)


def test_route_and_ingress_name_the_service_and_its_port(chart: Chart) -> None:
    """Route and Ingress name the Service and a port that it has."""
    values = PLAIN | {"gateway": {"enabled": True}, "ingress": {"enabled": True}, "service": {"port": 8080}}
    service, route, ingress = (chart.one(kind, values) for kind in ("Service", "HTTPRoute", "Ingress"))
    name, port = service["metadata"]["name"], service["spec"]["ports"][0]

    (reference,) = route["spec"]["rules"][0]["backendRefs"]
    assert reference == {"group": "", "kind": "Service", "name": name, "port": port["port"], "weight": 1}
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": name, "port": {"name": port["name"]}}


def test_google_policies_for_gateway_match_the_server(chart: Chart) -> None:
    """Google's load balancer checks /readyz, which needs no token, and has the times of the drain."""
    values = PLAIN | {
        "gateway": {"enabled": True},
        "googleLoadBalancer": {"securityPolicy": "armor", "logSampleRate": 0.25},
    }
    health, backend = chart.one("HealthCheckPolicy", values)["spec"], chart.one("GCPBackendPolicy", values)["spec"]
    service = chart.one("Service", values)

    target = {"group": "", "kind": "Service", "name": service["metadata"]["name"]}
    assert health["targetRef"] == backend["targetRef"] == target
    ready = chart.pod(values)["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"]
    assert health["default"]["config"]["httpHealthCheck"]["requestPath"] == ready
    assert health["default"]["timeoutSec"] <= health["default"]["checkIntervalSec"]
    assert backend["default"] == {
        "timeoutSec": 30,
        "connectionDraining": {"drainingTimeoutSec": 75},
        "securityPolicy": "armor",
        "logging": {"enabled": True, "sampleRate": 250_000},
    }


def test_google_config_for_ingress_matches_the_server(chart: Chart) -> None:
    """The Service names the BackendConfig. The Ingress names the certificate and the redirection."""
    file = "ci/ingress-values.yaml"
    service, ingress = chart.one("Service", file=file), chart.one("Ingress", file=file)
    backend, certificate = chart.one("BackendConfig", file=file), chart.one("ManagedCertificate", file=file)
    frontend = chart.one("FrontendConfig", file=file)

    linked = service["metadata"]["annotations"]
    assert json.loads(linked["cloud.google.com/backend-config"]) == {"default": backend["metadata"]["name"]}
    assert json.loads(linked["cloud.google.com/neg"]) == {"ingress": True}
    shown = ingress["metadata"]["annotations"]
    assert shown["networking.gke.io/managed-certificates"] == certificate["metadata"]["name"]
    assert shown["networking.gke.io/v1beta1.FrontendConfig"] == frontend["metadata"]["name"]
    assert shown["kubernetes.io/ingress.class"] == "gce"
    assert "ingressClassName" not in ingress["spec"]
    assert certificate["spec"]["domains"] == [rule["host"] for rule in ingress["spec"]["rules"]]
    ports = chart.pod(file=file)["spec"]["containers"][0]["ports"]
    assert backend["spec"]["healthCheck"]["port"] == ports[0]["containerPort"]
    assert backend["spec"]["healthCheck"]["requestPath"] == "/readyz"
    assert backend["spec"]["logging"] == {"enable": True, "sampleRate": 0.01}


def test_other_ingress_controller_gets_no_gke_kinds(chart: Chart) -> None:
    """Outside of GKE there is an Ingress with its class and certificate and no object of a GKE kind."""
    file = "ci/nginx-values.yaml"
    ingress = chart.one("Ingress", file=file)

    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == [{"secretName": "census-tls", "hosts": ["census.example.com"]}]
    assert not any(
        key.startswith(("kubernetes.io/", "networking.gke.io/")) for key in ingress["metadata"].get("annotations", {})
    )
    assert not {each["kind"] for each in chart.objects(file=file)} & set(GOOGLE)


@pytest.mark.parametrize("way", ["gateway", "ingress"])
def test_google_load_balancer_off_creates_no_gke_kinds(chart: Chart, way: str) -> None:
    """Without Google's load balancer the chart creates none of its kinds and does not check its times."""
    values = PLAIN | {way: {"enabled": True}, "googleLoadBalancer": {"enabled": False}}

    assert not {each["kind"] for each in chart.objects(values)} & set(GOOGLE)


def test_user_annotations_replace_those_of_the_chart(chart: Chart) -> None:
    """An annotation of the values replaces the chart's own."""
    own = {"cloud.google.com/neg": '{"exposed_ports": {"80": {}}}', "kubernetes.io/ingress.class": "gce-internal"}
    values = PLAIN | {"ingress": {"enabled": True, "annotations": own}, "service": {"annotations": own}}

    assert own.items() <= chart.one("Service", values)["metadata"]["annotations"].items()
    assert own.items() <= chart.one("Ingress", values)["metadata"]["annotations"].items()


def test_pre_stop_sleep_is_set_only_if_seconds_are_given(chart: Chart) -> None:
    """The pod sleeps by Kubernetes' own action, which needs no shell. Without seconds there is no hook."""
    container = chart.pod(file="ci/full-values.yaml")["spec"]["containers"][0]

    assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 20}}}
    assert "lifecycle" not in chart.pod()["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("values", "made"),
    [
        ({}, True),
        ({"replicaCount": 2, "podDisruptionBudget": {"enabled": False}}, False),
        ({"autoscaling": {"enabled": True, "minReplicas": 1}}, True),
    ],
)
def test_disruption_budget_exists_unless_disabled(chart: Chart, values: dict[str, Any], made: bool) -> None:
    """An autoscaler or kubectl can start more pods. A budget of one unavailable pod lets a single pod be evicted."""
    assert bool(chart.all("PodDisruptionBudget", values)) == made


def test_disruption_budget_of_zero_is_kept_and_selects_pods(chart: Chart) -> None:
    """Zero counts as a number, and the budget selects the Deployment's pods."""
    values = {"podDisruptionBudget": {"maxUnavailable": 0}}
    budget, deployment = chart.one("PodDisruptionBudget", values), chart.one("Deployment", values)

    assert budget["spec"]["maxUnavailable"] == 0
    assert budget["spec"]["selector"] == deployment["spec"]["selector"]


@pytest.mark.parametrize("minimum", [1, "50%"])
def test_minimum_available_replaces_maximum_unavailable(chart: Chart, minimum: object) -> None:
    """An API server rejects a budget that has both."""
    values = {"replicaCount": 2, "podDisruptionBudget": {"minAvailable": minimum}}
    spec = chart.one("PodDisruptionBudget", values)["spec"]

    assert spec["minAvailable"] == minimum
    assert "maxUnavailable" not in spec


PRE_SHARED = {"annotations": {"ingress.gcp.kubernetes.io/pre-shared-cert": "census"}}


@pytest.mark.parametrize("certificate", [{"tlsSecret": "tls"}, PRE_SHARED], ids=["tlsSecret", "pre-shared"])
def test_internal_ingress_with_certificate_allows_no_http(chart: Chart, certificate: dict[str, Any]) -> None:
    """GKE's internal Ingress cannot redirect to HTTPS: with a certificate it serves HTTPS alone."""
    base = {"enabled": True, "className": "gce-internal", "address": "census"}
    keys = ("regional-static-ip-name", "allow-http")

    plain, secure = (
        chart.one("Ingress", {"ingress": base | more})["metadata"]["annotations"] for more in ({}, certificate)
    )

    assert [plain.get(f"kubernetes.io/ingress.{key}") for key in keys] == ["census", None]
    assert [secure.get(f"kubernetes.io/ingress.{key}") for key in keys] == ["census", "false"]
    assert "kubernetes.io/ingress.global-static-ip-name" not in secure


def test_pre_shared_certificate_redirects_http_to_https(chart: Chart) -> None:
    """A certificate of Google Cloud that an annotation names counts as a certificate."""
    assert chart.one("FrontendConfig", {"ingress": {"enabled": True} | PRE_SHARED})


def test_gateway_of_other_class_gets_no_gke_kinds(chart: Chart) -> None:
    """A Gateway of another class gets no policy of Google, and the chart does not check Google's times."""
    kinds = {each["kind"] for each in chart.objects(PLAIN | {"gateway": {"enabled": True, "className": "istio"}})}

    assert {"Gateway", "HTTPRoute"} <= kinds
    assert not kinds & set(GOOGLE)


def test_external_traffic_policy_is_set_only_if_given(chart: Chart) -> None:
    """A Service keeps the addresses of clients only if the values ask for it."""
    values = {"service": {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}}

    assert chart.one("Service", values)["spec"]["externalTrafficPolicy"] == "Local"
    assert "externalTrafficPolicy" not in chart.one("Service")["spec"]
