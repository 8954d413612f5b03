"""The pod that `helm test` runs, and its Secret."""

import json

from support.chart_rendering import Chart
from support.chart_values import data, server, volume


def test_own_secrets_differ_from_names_in_the_readme(chart: Chart) -> None:
    """Helm would delete a user's Secret of the same name with its own."""
    values = {"test": {"user": "alice", "password": "p"}}

    names = {each["metadata"]["name"] for each in chart.all("Secret", values, release="ml-census")}

    assert names == {"ml-census-own-credentials", "ml-census-own-test"}


def test_helm_test_without_password_has_no_pod(chart: Chart) -> None:
    """Without a password there is no test pod."""
    assert not chart.all("Pod", {"test": {"user": "alice"}})


def test_helm_test_secret_is_created_first_and_deleted(chart: Chart) -> None:
    """Helm creates the Secret of user and password before the pod and deletes it after the test."""
    values = {"test": {"user": "alice", "password": "p"}}

    secret = next(each for each in chart.all("Secret", values) if each["metadata"]["name"].endswith("-test"))

    assert data(secret) == {"user": b"alice", "password": b"p"}
    assert int(secret["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0
    assert "hook-succeeded" in secret["metadata"]["annotations"]["helm.sh/hook-delete-policy"]


def test_helm_test_pod_predicts_an_example_by_default(chart: Chart) -> None:
    """The values know no row of the model. The command makes one from the columns, and any prediction passes."""
    arguments = server(chart.one("Pod", {"test": {"existingSecret": "other"}}))["args"]

    assert arguments[-1] == "--example"
    assert not {"--row", "--expect"} & {*arguments}


def test_helm_test_pod_predicts_the_row_of_the_values(chart: Chart) -> None:
    """The test is a hook. It logs in with the files of the Secret and predicts the row of the values."""
    values = {"test": {"existingSecret": "other", "row": [1, "<=50K", None], "expected": 'a "b" <c>'}}

    pod = chart.one("Pod", values)

    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert volume(pod, "test")["secret"]["secretName"] == "other"
    arguments = server(pod)["args"]
    options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    assert json.loads(options.pop("--row")) == [1, "<=50K", None]
    assert options == {
        "--url": "http://census-ml-census:80",
        "--user-file": "/test/user",
        "--password-file": "/test/password",
        "--expect": 'a "b" <c>',
    }
