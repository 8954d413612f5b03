"""The configuration, probes, arguments, folders, image and Service of the server."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import ml_census
from ml_census import config
from ml_census.api.views.health import LIVENESS_PATH, READINESS_PATH
from ml_census.cli import main
from support.chart_rendering import Chart
from support.chart_values import server, volume


def config_name(chart: Chart, values: object = None) -> str:
    """Return the name of the ConfigMap with config.yaml."""
    (name,) = (each["metadata"]["name"] for each in chart.all("ConfigMap", values) if "config.yaml" in each["data"])
    return str(name)


def test_config_has_the_keys_that_the_server_knows(chart: Chart) -> None:
    """config.yaml has the keys that the server knows, no more and no fewer."""
    keys = yaml.safe_load(chart.config(file="ci/full-values.yaml"))

    assert set(keys) == {field.name for field in dataclasses.fields(config.Config)}


def test_config_defaults_are_those_of_the_server(chart: Chart, tmp_path: Path) -> None:
    """The chart's defaults are the server's own, except credentials, the cache, and the size of a model."""
    (tmp_path / "config.yaml").write_text(chart.config())

    shown = dataclasses.asdict(config.load(str(tmp_path / "config.yaml")))

    for field in dataclasses.fields(config.Config):
        if (
            field.name not in ("cache_path", "max_model_bytes", "users", "secret")
            and field.default is not dataclasses.MISSING
        ):
            assert shown[field.name] == field.default


def test_config_leaves_out_empty_optional_keys(chart: Chart) -> None:
    """An optional value that is empty is not in config.yaml."""
    keys = yaml.safe_load(chart.config())

    assert not keys.keys() & {"prediction_decoding", "model_sha256", "trusted_globals"}


@pytest.mark.parametrize(
    "change",
    [
        {"max_rows": 5},
        {"model_sha256": 64 * "a"},
        {"trusted_globals": ["a.B"]},
        {"model_path": "gs://models/other.pkl"},
        {"prediction_decoding": "/model/decoding.json"},
    ],
    ids=json.dumps,
)
def test_changed_config_changes_name_and_pod_template(chart: Chart, change: dict[str, Any]) -> None:
    """A changed config.yaml restarts the pods, and a rollback brings the old one back."""
    assert chart.pod({"config": change}) != chart.pod()
    assert config_name(chart, {"config": change}) != config_name(chart)


def test_config_map_is_named_by_its_content(chart: Chart) -> None:
    """The name has the SHA-256 of the text. Values that are not in config.yaml do not change it."""
    name = config_name(chart)

    assert name == f"census-ml-census-config-{hashlib.sha256(chart.config().encode()).hexdigest()[:10]}"
    assert config_name(chart, {"replicaCount": 7, "image": {"tag": "other"}}) == name


def test_config_is_accepted_by_the_server(chart: Chart, scenario: str, tmp_path: Path) -> None:
    """The server accepts the config.yaml of every values file."""
    (tmp_path / "config.yaml").write_text(chart.config(file=scenario))

    assert config.load(str(tmp_path / "config.yaml")).model_path.endswith("model.pkl")


def test_config_keeps_special_characters_of_a_path(chart: Chart) -> None:
    """A path appears as given, also with quotes, colons and backslashes."""
    path = 'gs://models/a: "b" #c/\\1/ü.pkl'

    assert yaml.safe_load(chart.config({"config": {"model_path": path}}))["model_path"] == path


NUMBERS = [field.name for field in dataclasses.fields(config.Config) if type(field.default) in (int, float)]


def largest(schema: Any) -> Any:
    """Return the largest integers that the schema accepts, or 2,000,000 where it has no maximum."""
    if "integer" in schema.get("type", ()):
        return schema.get("maximum", 2_000_000)
    below = {key: largest(rule) for key, rule in schema.get("properties", {}).items()}
    return {key: value for key, value in below.items() if value}


@pytest.mark.parametrize(
    "scaler", [{}, {"enabled": True}, {"enabled": True, "keda": True}], ids=["none", "hpa", "keda"]
)
def test_large_numbers_are_plain_digits(chart: Chart, major: int, scaler: dict[str, bool]) -> None:
    """The largest number that the schema accepts for each value has no exponent."""
    values = largest(json.loads((chart.folder / "values.schema.json").read_text()))
    numbers = values["config"]
    values["autoscaling"] |= scaler
    values |= {
        "gateway": {"enabled": True, "certificateMap": "a"},
        "probes": {each: {"periodSeconds": 2_000_000} for each in ("startup", "readiness", "liveness")},
        "resources": {"limits": {"memory": "1Ti"}},
        "terminationGracePeriodSeconds": 40_000_000,
        "progressDeadlineSeconds": 2_000_001,
        "podDisruptionBudget": {"minAvailable": 1_999_999},
    }

    text = chart.text(values, major=major)

    assert set(NUMBERS) <= numbers.keys()
    assert sum(number >= 1_000_000 for number in numbers.values()) >= 8
    for key, number in numbers.items():
        assert f" {key}: {number}\n" in text
    assert "terminationGracePeriodSeconds: 40000000\n" in text
    assert not re.findall(r".*\de\+\d.*", text)


@pytest.mark.parametrize("probe", ["startup", "readiness", "liveness"])
def test_probe_has_route_port_and_times_of_the_values(chart: Chart, probe: str) -> None:
    """A probe requests a route that the server has, on the port by name, with the times of the values."""
    values = {"periodSeconds": 7, "failureThreshold": 8, "timeoutSeconds": 9}
    if probe == "liveness":
        values["terminationGracePeriodSeconds"] = 10

    container = server(chart.pod({"probes": {probe: values}}))

    request = container[f"{probe}Probe"]["httpGet"]
    assert request["path"] == (LIVENESS_PATH if probe == "liveness" else READINESS_PATH)
    assert request["port"] in {port["name"] for port in container["ports"]}
    assert container[f"{probe}Probe"] == {"httpGet": request, **values}


def test_liveness_restart_waits_for_no_drain(chart: Chart) -> None:
    """A restart of a hanging server waits for no drain, unless an older chart left values without the key."""
    key = "terminationGracePeriodSeconds"
    ours = chart.pod()
    old = chart.pod({"probes": {"liveness": {key: None}}})

    assert server(ours)["livenessProbe"][key] < ours["spec"][key]
    assert key not in server(old)["livenessProbe"]


def test_arguments_are_known_to_the_command_line(chart: Chart) -> None:
    """The commands of the server's container and of the test's are those of the package, with options that it knows."""
    values = {"test": {"existingSecret": "test"}}
    containers = [server(chart.pod(values)), server(chart.one("Pod", values))]

    for container in containers:
        command, *arguments = container["args"]
        known = {option for each in main.main.commands[command].params for option in each.opts}
        assert {each for each in arguments if each.startswith("--")} <= known
    expected = "serve --config /configuration/config.yaml --host 0.0.0.0 --port 5090 --metrics-port 5091"
    assert " ".join(containers[0]["args"]) == expected
    assert containers[1]["args"][0] == "predict"


def test_only_tmp_and_cache_are_writable(chart: Chart) -> None:
    """The server finds config.yaml in /configuration and can write to /tmp and to its cache alone."""
    pod = chart.pod()
    mounts = {mount["mountPath"]: mount for mount in server(pod)["volumeMounts"]}

    annotation, config_map = volume(pod, mounts["/configuration"]["name"])["projected"]["sources"]
    assert annotation["downwardAPI"]["items"][0]["path"] == "config.yaml"
    assert config_map == {"configMap": {"name": config_name(chart), "optional": True}}
    assert volume(pod, mounts["/tmp"]["name"])["emptyDir"] == {"sizeLimit": "64Mi"}
    cache = yaml.safe_load(chart.config())["cache_path"]
    assert volume(pod, mounts[cache]["name"])["emptyDir"] == {"sizeLimit": "192Mi"}
    assert {path for path, mount in mounts.items() if not mount.get("readOnly")} == {"/tmp", cache}


def test_startup_probe_allows_ten_minutes(chart: Chart) -> None:
    """A pod has ten minutes to start, in which the server waits for a bucket that it cannot reach."""
    probe = server(chart.pod())["startupProbe"]

    assert probe["periodSeconds"] * probe["failureThreshold"] == 600


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"repository": "a"}, f"a:{ml_census.__version__}"),
        ({"repository": "eu.example/a", "tag": "1.2"}, "eu.example/a:1.2"),
        ({"repository": "a", "tag": "1.2", "digest": "sha256:" + 64 * "a"}, "a@sha256:" + 64 * "a"),
    ],
)
def test_image_digest_wins_over_tag_and_app_version(chart: Chart, image: dict[str, str], expected: str) -> None:
    """The digest wins over the tag, and the tag over the appVersion. The test runs the same image."""
    values = {"image": image, "test": {"existingSecret": "test"}}

    assert server(chart.pod(values))["image"] == expected
    assert server(chart.one("Pod", values))["image"] == expected


def test_article_service_listens_on_port_90(chart: Chart) -> None:
    """The article's load balancer listens on port 90 and forwards to the server's 5090."""
    spec = chart.one("Service", file="ci/article-values.yaml")["spec"]
    container = server(chart.pod(file="ci/article-values.yaml"))

    assert spec["type"] == "LoadBalancer"
    assert spec["ports"] == [{"name": "http", "port": 90, "targetPort": "http"}]
    assert {"name": "http", "containerPort": 5090} in container["ports"]
