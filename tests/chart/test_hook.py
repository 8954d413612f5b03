"""The pod that `helm test` runs, and its Secret."""

import json

from charts import data, server, volume


def test_own_secrets_have_names_of_their_own(chart):
    """The chart's Secrets are not called as the README calls the user's: Helm would delete these with its own."""
    values = {"test": {"user": "alice", "password": "p"}}

    names = {each["metadata"]["name"] for each in chart.all("Secret", values, release="ml-census")}

    assert names == {"ml-census-own-credentials", "ml-census-own-test"}


def test_no_test_without_a_password(chart):
    """Without a password there is nothing to test with, and so no test."""
    assert not chart.all("Pod", {"test": {"user": "alice"}})


def test_test_with_values(chart):
    """A user and password in the values become a Secret that is gone after the test, and is made before its pod."""
    values = {"test": {"user": "alice", "password": "p"}}

    secret = next(each for each in chart.all("Secret", values) if each["metadata"]["name"].endswith("-test"))

    assert data(secret) == {"user": b"alice", "password": b"p"}
    assert int(secret["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0
    assert "hook-succeeded" in secret["metadata"]["annotations"]["helm.sh/hook-delete-policy"]


def test_test_pod(chart):
    """The test is a hook that logs in with the files of the Secret and predicts the row of the values."""
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
