"""The sources of users and keys, their rules, and the restarts that they cause."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.security import generate_password_hash

from ml_census import auth, config
from support.chart_rendering import Chart
from support.chart_values import FOREIGN, HASH, IMAGE, KEY, MODEL, data, server, volume


def test_secret_of_values_is_mounted_where_config_says(chart: Chart) -> None:
    """The users and keys of the values become a Secret that the server can read, at the paths of config.yaml."""
    values = {"credentials": {"users": {"alice": HASH, "Bob": HASH}, "signingKey": KEY}}

    pod, secret = chart.pod(values, file="ci/default-values.yaml"), data(chart.one("Secret", values))
    shown = yaml.safe_load(chart.config(values))

    assert auth.parse_users(json.loads(secret["users.json"])).keys() == {"alice", "bob"}
    assert [key for _, key in auth.parse_keys(secret["secret.txt"])] == [KEY]
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
def test_existing_secret_mounts_keys_without_uri(chart: Chart, uris: dict[str, str], keys: list[str]) -> None:
    """The pod mounts those keys of an existing Secret that config has no URI for. The chart creates no Secret."""
    values = IMAGE | {"config": MODEL | uris, "credentials": {"existingSecret": "other"}}

    secret = volume(chart.pod(values, file=None), "credentials")["secret"]

    assert secret["secretName"] == "other"
    assert [item["key"] for item in secret["items"]] == keys
    assert not chart.all("Secret", values, file=None)


def test_bucket_credentials_need_no_secret_and_no_mount(chart: Chart) -> None:
    """Users and keys in the bucket need neither a Secret nor a mount."""
    assert not chart.all("Secret", file="ci/bucket-values.yaml")
    volumes = chart.pod(file="ci/bucket-values.yaml")["spec"]["volumes"]
    assert "credentials" not in {each["name"] for each in volumes}


def test_unauthenticated_protocols_need_no_credentials(chart: Chart, tmp_path: Path) -> None:
    """Without any source of users and keys the server serves these protocols alone."""
    values = IMAGE | {"config": MODEL | {"unauthenticated_protocols": ["vertex"]}}
    (tmp_path / "config.yaml").write_text(chart.config(values, file=None))

    shown = config.load(str(tmp_path / "config.yaml"))

    assert (shown.users, shown.secret) == ("", "")
    assert "credentials" not in {each["name"] for each in chart.pod(values, file=None)["spec"]["volumes"]}


def test_external_secret_creates_the_mounted_secret(chart: Chart) -> None:
    """The ExternalSecret creates the Secret that the pod mounts, with the defaults that older operators write."""
    file = "ci/keda-values.yaml"
    spec = chart.one("ExternalSecret", file=file)["spec"]

    secret = volume(chart.pod(file=file), "credentials")["secret"]

    assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "google"}
    assert spec["refreshInterval"] == "5m"
    assert secret["secretName"] == spec["target"]["name"]
    assert [item["key"] for item in secret["items"]] == [each["secretKey"] for each in spec["data"]]
    older = {"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"}
    keys = ("census-users", "census-signing-key")
    assert [each["remoteRef"] for each in spec["data"]] == [{"key": key} | older for key in keys]
    assert not chart.all("Secret", file=file)


def test_external_secret_target_differs_from_own_secret(chart: Chart) -> None:
    """Helm deletes the chart's own Secret when an ExternalSecret replaces it, so the two need different names."""
    own = chart.one("Secret", {"credentials": {"users": {"a": HASH}, "signingKey": KEY}})["metadata"]["name"]

    assert chart.one("ExternalSecret", file="ci/keda-values.yaml")["spec"]["target"]["name"] != own


@pytest.mark.parametrize(
    ("uris", "files"), [({}, ["users.json", "secret.txt"]), ({"users": "gs://b/users.json"}, ["secret.txt"])]
)
def test_secret_manager_mounts_files_where_config_says(chart: Chart, uris: dict[str, str], files: list[str]) -> None:
    """GKE's add-on mounts the files of the SecretProviderClass at the paths of config.yaml. There is no Secret."""
    given = {key: f"projects/p/secrets/{key}/versions/latest" for key in ("users", "signingKey")[-len(files) :]}
    values = IMAGE | {"config": MODEL | uris, "credentials": {"secretManager": given}}

    source = chart.one("SecretProviderClass", values, file=None)
    mounted = yaml.safe_load(source["spec"]["parameters"]["secrets"])
    csi = volume(chart.pod(values, file=None), "credentials")["csi"]

    assert [each["path"] for each in mounted] == files
    assert [each["resourceName"] for each in mounted] == list(given.values())
    assert csi["volumeAttributes"]["secretProviderClass"] == source["metadata"]["name"]
    assert csi["readOnly"] is True
    assert f"/credentials/{files[-1]}" in chart.config(values, file=None)
    assert not chart.all("Secret", values, file=None)


NEVER = {"config": {"reload_interval_seconds": 0}}


@pytest.mark.parametrize(("reload", "restarts"), [({}, False), (NEVER, True)], ids=["reload", "never"])
@pytest.mark.parametrize("change", [{"signingKey": KEY}, {"users": {"zoe": HASH}}], ids=["key", "user"])
def test_changed_credentials_restart_pods_without_reload(
    chart: Chart, reload: dict[str, Any], restarts: bool, change: dict[str, Any]
) -> None:
    """Pods restart for changed contents of the chart's own Secret only if the server does not reload them."""
    assert (chart.pod(reload | {"credentials": change}) != chart.pod(reload)) == restarts


def test_foreign_secret_gets_no_checksum_annotation(chart: Chart) -> None:
    """The chart writes no checksum of a Secret that it does not create, even if the server never reloads."""
    values = {**FOREIGN, "config": FOREIGN["config"] | NEVER["config"]}

    assert chart.pod(values, file=None)["metadata"]["annotations"].keys() == {"ml-census/config.yaml"}


@pytest.mark.parametrize(
    "stored",
    [
        HASH,
        "scrypt:8192:8:10$a.b/c$" + 128 * "f",
        "pbkdf2:sha1:1$salt$" + 40 * "0",
        "pbkdf2:sha224:1$salt$" + 56 * "0",
        "pbkdf2:sha256:1000000$salt$" + 64 * "0",
        "pbkdf2:sha384:1$salt$" + 96 * "0",
        "pbkdf2:sha512:1$salt$" + 128 * "0",
        generate_password_hash("p"),
    ],
    ids=lambda stored: stored.partition("$")[0],
)
def test_werkzeug_hash_is_accepted_by_chart_and_server(chart: Chart, stored: str) -> None:
    """The chart and the server accept every kind of hash that werkzeug makes."""
    secret = data(chart.one("Secret", {"credentials": {"users": {"alice": stored}}}))

    assert auth.parse_users(json.loads(secret["users.json"]))["alice"] == stored


@pytest.mark.parametrize(
    "stored",
    [
        "hunter2",
        HASH[:-1],
        HASH + "0",
        HASH + "\n",
        HASH.replace("$salt$", "$$"),
        HASH.replace("32768", "32767"),
        HASH.replace("32768", "1073741824"),
        HASH.replace(":8:1", ":8:0"),
        HASH.upper(),
        "pbkdf2:md5:1000000$salt$" + 32 * "0",
        "pbkdf2:sha256$salt$" + 64 * "0",
        "pbkdf2:sha256:0$salt$" + 64 * "0",
        "pbkdf2:sha256:99999999999$salt$" + 64 * "0",
        "pbkdf2:sha256:1000000$salt$" + 40 * "0",
    ],
)
def test_wrong_hash_is_rejected_and_not_quoted(chart: Chart, stored: str) -> None:
    """The chart rejects a hash that matches no password or costs too much, and does not quote it."""
    message = chart.error({"credentials": {"users": {"zoe": stored}}})

    assert "credentials.users.zoe is not a complete password hash" in message
    assert stored not in message


@pytest.mark.parametrize("text", [KEY, KEY + "\n", f"{KEY}\n{KEY}x\n", f"\n {KEY} \r\n\n{KEY}", "a b " * 8 + "c"])
def test_signing_keys_one_per_line_are_accepted(chart: Chart, text: str) -> None:
    """The chart and the server accept one key or several, one a line."""
    secret = data(chart.one("Secret", {"credentials": {"signingKey": text}}))

    keys = [key for _, key in auth.parse_keys(secret["secret.txt"])]
    assert keys == [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY}\n{KEY[1:]}",
        f"{KEY[1:]}\n{KEY}",
        20 * "k" + "\n" + 20 * "k",
        KEY[1:] + " ",
        40 * " ",
        20 * "k" + "\u2028" + 20 * "k",
        20 * "k" + "\r" + 20 * "k",
    ],
)
def test_short_signing_key_is_rejected_line_by_line(chart: Chart, text: str) -> None:
    """The chart measures a key as the server does: line by line, without spaces around it."""
    assert "credentials.signingKey: each line" in chart.error({"credentials": {"signingKey": text}})
