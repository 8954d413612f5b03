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


def checksums(chart, values, file=None):
    annotations = chart.pod(values, file=file)["metadata"]["annotations"]
    return [annotations.get(f"checksum/{each}") for each in ("config", "credentials")]


@pytest.mark.parametrize(
    ("change", "config_changes", "credentials_change"),
    [
        ({"replicaCount": 4, "podLabels": {"a": "b"}, "nameOverride": "x"}, False, False),
        ({"config": {"max_body_bytes": 5}}, True, False),
        ({"credentials": {"signingKey": KEY}}, False, True),
        ({"credentials": {"users": {"zoe": HASH}}}, False, True),
    ],
)
def test_checksums(chart, change, config_changes, credentials_change):
    """Pods restart when config.yaml or the chart's own Secret changes, and for no other value."""
    before, after = (checksums(chart, values, "ci/default-values.yaml") for values in ({}, change))

    assert [old != new for old, new in zip(before, after, strict=True)] == [config_changes, credentials_change]


def test_no_checksum_of_a_foreign_secret(chart):
    """Of a Secret that is not the chart's there is no checksum."""
    assert checksums(chart, FOREIGN)[1] is None
