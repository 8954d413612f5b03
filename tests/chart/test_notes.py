"""What Helm prints after an installation."""

import pytest


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ({}, ["port-forward service/census-ml-census 5090:80", "http://127.0.0.1:5090"]),
        ({"type": "NodePort"}, ["{.spec.ports[0].nodePort}", "addresses"]),
        ({"type": "LoadBalancer", "port": 90}, ["{.status.loadBalancer.ingress[0].ip}'):90"]),
    ],
)
def test_next_commands(chart, service, says):
    """The notes have the commands to find the server as it is exposed, to log in and to predict."""
    notes = chart.notes({"service": service})

    for each in [*says, "curl --silent --user alice $URL/login", "$URL/prediction", '"State-gov",77516']:
        assert each in notes


@pytest.mark.parametrize(("type_", "warned"), [("ClusterIP", False), ("NodePort", True), ("LoadBalancer", True)])
def test_warning_of_clear_text(chart, type_, warned):
    """Who sends passwords in clear beyond the cluster is warned."""
    assert ("WARNING" in chart.notes({"service": {"type": type_}})) == warned


PATIENT = {"config": {"drain_delay_seconds": 40}, "terminationGracePeriodSeconds": 75}


@pytest.mark.parametrize(
    ("values", "url", "warned"),
    [
        ({"gateway": {"enabled": True}}, "URL=http://$(kubectl --namespace default get gateway census-ml-census", True),
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
def test_exposed(chart, values, url, warned):
    """The notes lead to the Gateway or Ingress, and warn where it has no certificate."""
    notes = chart.notes(PATIENT | values)

    assert url in notes
    assert ("passwords and tokens in clear" in notes) == warned


@pytest.mark.parametrize(("proxies", "warned"), [(0, True), (2, False)])
def test_warning_of_untrusted_proxies(chart, proxies, warned):
    """Behind Google's load balancer all clients would count as one."""
    values = {"config": {"drain_delay_seconds": 40, "trusted_proxies": proxies}, "terminationGracePeriodSeconds": 75}

    assert ("trusted_proxies is 0" in chart.notes(values | {"gateway": {"enabled": True}})) == warned


@pytest.mark.parametrize("values", [{"test": {"existingSecret": "t"}}, {"test": {"user": "u", "password": "p"}}, {}])
def test_about_the_test(chart, values):
    """The notes tell how to run the test, or that there is none and why."""
    notes = chart.notes(values)

    assert ("helm test census --namespace default" in notes) == bool(values)
    assert ("test.existingSecret" in notes) == (not values)


def test_no_password(chart):
    """The notes do not print what is secret."""
    notes = chart.notes(file="ci/full-values.yaml", values={"test": {"password": "hunter2"}})

    assert "hunter2" not in notes
    assert "an-example-that-everybody-may-read" not in notes


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ({"type": "LoadBalancer"}, True),
        ({"type": "NodePort", "externalTrafficPolicy": "Cluster"}, True),
        ({"type": "LoadBalancer", "externalTrafficPolicy": "Local"}, False),
        ({}, False),
    ],
)
def test_note_on_addresses_of_nodes(chart, service, told):
    """Where all clients of a node count as one, it is said what that does to wrong passwords."""
    assert ("clients of the Service are seen with the address of a node" in chart.notes({"service": service})) == told
