"""The notes that Helm prints after an installation."""

from typing import Any

import pytest

from support.chart_rendering import Chart
from support.chart_values import IMAGE, MODEL


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ({}, ["port-forward service/census-ml-census 5090:80", "http://127.0.0.1:5090"]),
        ({"type": "NodePort"}, ["{.spec.ports[0].nodePort}", "addresses"]),
        ({"type": "LoadBalancer", "port": 90}, ["{.status.loadBalancer.ingress[0].ip}'):90"]),
    ],
)
def test_notes_have_commands_for_the_service_type(chart: Chart, service: dict[str, Any], says: list[str]) -> None:
    """The notes have the commands to find the server, to log in and to predict."""
    notes = chart.notes({"service": service})

    for each in [*says, "curl --silent --user alice $URL/login", "$URL/prediction", "[ROW]", "curl $URL/schema"]:
        assert each in notes


@pytest.mark.parametrize(("type_", "warned"), [("ClusterIP", False), ("NodePort", True), ("LoadBalancer", True)])
def test_notes_warn_of_passwords_in_clear_outside(chart: Chart, type_: str, warned: bool) -> None:
    """The notes warn if passwords leave the cluster without TLS."""
    assert ("WARNING" in chart.notes({"service": {"type": type_}})) == warned


def test_notes_without_users_name_the_protocols(chart: Chart) -> None:
    """Without users nobody can log in, and the protocols need no token."""
    values = IMAGE | {"config": MODEL | {"unauthenticated_protocols": ["mlflow", "vertex"]}}

    notes = chart.notes(values, file=None)

    assert "by these protocols alone: mlflow, vertex." in notes
    assert "$URL/login" not in notes and "helm test" not in notes


def test_notes_have_the_row_of_the_test(chart: Chart) -> None:
    """The notes have the row of helm test if the values name one."""
    notes = chart.notes({"test": {"row": [39, "State-gov"]}})

    assert '{"inputs": [[39,"State-gov"]]}' in notes
    assert "ROW" not in notes


PLAIN = {"allowHTTP": True}
GATEWAY = "gateways.gateway.networking.k8s.io"


@pytest.mark.parametrize(
    ("values", "url", "warned"),
    [
        (
            {"gateway": {"enabled": True}},
            f"URL=http://$(kubectl --namespace default get {GATEWAY} census-ml-census",
            True,
        ),
        (
            {"gateway": {"enabled": True, "certificateMap": "m", "hostnames": ["a.example"]}},
            "URL=https://a.example",
            False,
        ),
        ({"gateway": {"enabled": True, "parentRefs": [{"name": "shared"}]}}, "URL=https://THE-ADDRESS", False),
        ({"ingress": {"enabled": True}}, "URL=http://$(kubectl --namespace default get ingress census-ml-census", True),
        ({"ingress": {"enabled": True, "hosts": ["a.example"], "tlsSecret": "s"}}, "URL=https://a.example", False),
    ],
)
def test_notes_have_url_of_gateway_or_ingress(chart: Chart, values: dict[str, Any], url: str, warned: bool) -> None:
    """The notes have the URL of the Gateway or Ingress, and warn if it has no certificate."""
    notes = chart.notes(PLAIN | values)

    assert url in notes
    assert ("passwords and tokens over plain HTTP" in notes) == warned


@pytest.mark.parametrize("values", [{"test": {"existingSecret": "t"}}, {"test": {"user": "u", "password": "p"}}, {}])
def test_notes_tell_how_to_run_helm_test(chart: Chart, values: dict[str, Any]) -> None:
    """The notes have the command of the test, or the reason why there is none."""
    notes = chart.notes(values)

    assert ("helm test census --namespace default" in notes) == bool(values)
    assert ("test.existingSecret" in notes) == (not values)


def test_notes_contain_no_secret(chart: Chart) -> None:
    """The notes print neither the password nor the signing key."""
    notes = chart.notes(file="ci/full-values.yaml", values={"test": {"password": "hunter2"}})

    assert "hunter2" not in notes
    assert "an-example-that-everybody-may-read" not in notes


@pytest.mark.parametrize(
    ("service", "warned"),
    [
        ({"type": "LoadBalancer"}, True),
        ({"type": "NodePort", "externalTrafficPolicy": "Cluster"}, True),
        ({"type": "LoadBalancer", "externalTrafficPolicy": "Local"}, False),
        ({}, False),
    ],
)
def test_notes_warn_if_clients_share_node_addresses(chart: Chart, service: dict[str, Any], warned: bool) -> None:
    """The notes warn if the throttle of wrong passwords counts all clients of a node as one."""
    assert ("the server sees the address of a node" in chart.notes({"service": service})) == warned
