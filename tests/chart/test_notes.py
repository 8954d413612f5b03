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
