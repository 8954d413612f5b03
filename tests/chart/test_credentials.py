"""Where users and key come from, and when pods restart for them."""

import pytest
import yaml

from charts import FOREIGN, HASH, KEY, MODEL, data, server, volume
from ml_census import auth


def test_own_secret(chart):
    """The values become a Secret that the server can read, mounted where config.yaml says."""
    values = {"credentials": {"users": {"alice": HASH, "Bob": HASH}, "signingKey": KEY}}

    pod, secret = chart.pod(values, file="ci/default-values.yaml"), data(chart.one("Secret", values))
    shown = yaml.safe_load(chart.config(values))

    assert auth.parse_users(secret["users.json"]).keys() == {"alice", "bob"}
    assert auth.parse_keys(secret["secret.txt"]) == (KEY,)
    mount = next(each for each in server(pod)["volumeMounts"] if each["name"] == "credentials")
    assert mount["readOnly"] is True
    items = volume(pod, "credentials")["secret"]["items"]
    assert {f"{mount['mountPath']}/{item['path']}" for item in items} == {shown["users"], shown["secret"]}
    assert {item["key"] for item in items} == set(secret)


@pytest.mark.parametrize(
    ("uris", "keys"),
    [
        ({}, ["users.json", "secret.txt"]),
        ({"users": "gs://b/users.json"}, ["secret.txt"]),
        ({"secret": "gs://b/secret.txt"}, ["users.json"]),
    ],
)
def test_existing_secret(chart, uris, keys):
    """Of an existing Secret, what config does not point to elsewhere is mounted, and the chart makes none."""
    values = {"config": MODEL | uris, "credentials": {"existingSecret": "other"}}

    secret = volume(chart.pod(values, file=None), "credentials")["secret"]

    assert secret["secretName"] == "other"
    assert [item["key"] for item in secret["items"]] == keys
    assert not chart.all("Secret", values, file=None)


def test_everything_in_the_bucket(chart):
    """With users and key in the bucket there is neither a Secret nor a mount."""
    assert not chart.all("Secret", file="ci/bucket-values.yaml")
    assert volume(chart.pod(file="ci/bucket-values.yaml"), "credentials") is None


NEVER = {"config": {"reload_seconds": 0}}


@pytest.mark.parametrize(("reload", "restarts"), [({}, False), (NEVER, True)], ids=["reload", "never"])
@pytest.mark.parametrize("change", [{"signingKey": KEY}, {"users": {"zoe": HASH}}], ids=["key", "user"])
def test_restart_for_credentials(chart, reload, restarts, change):
    """Pods restart for other contents of the chart's own Secret only if the server never looks for them."""
    assert (chart.pod(reload | {"credentials": change}) != chart.pod(reload)) == restarts


def test_no_checksum_of_what_is_not_there(chart):
    """Of a Secret that is not the chart's there is no checksum, though the server never looks."""
    values = {**FOREIGN, "config": FOREIGN["config"] | NEVER["config"]}

    assert chart.pod(values, file=None)["metadata"]["annotations"].keys() == {"ml-census/config.yaml"}
