"""What the server is told: its configuration, probes, arguments, folders, image and Service."""

import dataclasses
import json

import pytest
import yaml

import ml_census
from charts import server, volume
from ml_census import cli, config


def test_app_version(chart):
    """The chart's appVersion is the version of the package."""
    assert yaml.safe_load((chart.folder / "Chart.yaml").read_text())["appVersion"] == ml_census.__version__


def test_config_keys(chart):
    """config.yaml knows the keys that the server knows, no more and no fewer."""
    keys = yaml.safe_load(chart.config(file="ci/full-values.yaml"))

    assert set(keys) == {field.name for field in dataclasses.fields(config.Config)}


def test_config_defaults(chart, tmp_path):
    """The chart's defaults are the server's own, but for the cache, which needs a folder, and who may log in."""
    (tmp_path / "config.yaml").write_text(chart.config())

    shown = dataclasses.asdict(config.load(str(tmp_path / "config.yaml")))

    for field in dataclasses.fields(config.Config):
        if field.name not in ("cache_path", "users", "secret") and field.default is not dataclasses.MISSING:
            assert shown[field.name] == field.default


def test_empty_is_left_out(chart):
    """What is optional and empty is not in config.yaml."""
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
def test_changed_config_changes_the_pods(chart, change):
    """A changed config.yaml is another pod template: the pods restart, and a rollback brings the old one back."""
    assert chart.pod({"config": change}) != chart.pod()


def test_config_loads(chart, scenario, tmp_path):
    """The server accepts the config.yaml of every values file."""
    (tmp_path / "config.yaml").write_text(chart.config(file=scenario))

    assert config.load(str(tmp_path / "config.yaml")).model_path.endswith("model.pkl")


def test_config_quotes(chart):
    """A path comes through as it was given, whatever it is made of."""
    path = 'gs://models/a: "b" #c/\\1/ü.pkl'

    assert yaml.safe_load(chart.config({"config": {"model_path": path}}))["model_path"] == path


NUMBERS = [field.name for field in dataclasses.fields(config.Config) if type(field.default) in (int, float)]


def test_large_numbers(chart, major):
    """Numbers of a million and more are plain digits."""
    values = {
        "config": dict.fromkeys(NUMBERS, 1000000),
        "terminationGracePeriodSeconds": 4000000,
    }

    text = chart.text(values, major=major)

    for key in NUMBERS:
        assert f" {key}: 1000000\n" in text
    assert "terminationGracePeriodSeconds: 4000000\n" in text


@pytest.mark.parametrize("probe", ["startup", "readiness", "liveness"])
def test_probes(chart, probe):
    """A probe asks a route that the server has, on the port by name, as often and as long as the values say."""
    values = {"periodSeconds": 7, "failureThreshold": 8, "timeoutSeconds": 9}
    if probe == "liveness":
        values["terminationGracePeriodSeconds"] = 10

    container = server(chart.pod({"probes": {probe: values}}))

    request = container[f"{probe}Probe"]["httpGet"]
    assert f'"{request["path"]}"' in (chart.root / "image/ml_census/app.py").read_text()
    assert request["path"] == ("/livez" if probe == "liveness" else "/readyz")
    assert request["port"] in {port["name"] for port in container["ports"]}
    assert container[f"{probe}Probe"] == {"httpGet": request, **values}


def test_a_hanging_server_ends_sooner(chart):
    """A restart for want of an answer waits for no drain, unless an older chart left values without the key."""
    key = "terminationGracePeriodSeconds"
    ours = chart.pod()
    old = chart.pod({"probes": {"liveness": {key: None}}})

    assert server(ours)["livenessProbe"][key] < ours["spec"][key]
    assert key not in server(old)["livenessProbe"]


def test_arguments(chart):
    """The commands of the server's container and of the test's are those of the package, with options that it knows."""
    values = {"test": {"existingSecret": "test"}}
    containers = [server(chart.pod(values)), server(chart.one("Pod", values))]

    for container in containers:
        command, *arguments = container["args"]
        known = {option for each in cli.main.commands[command].params for option in each.opts}
        assert {each for each in arguments if each.startswith("--")} <= known
    expected = "serve --config /configuration/config.yaml --host 0.0.0.0 --port 5090 --metrics-port 5091"
    assert " ".join(containers[0]["args"]) == expected
    assert containers[1]["args"][0] == "predict"


def test_folders(chart):
    """The server finds config.yaml in /configuration, and can write to /tmp and to its cache alone."""
    values = {"tmpSizeLimit": "7Mi", "cacheSizeLimit": "8Mi"}
    pod = chart.pod(values)
    mounts = {mount["mountPath"]: mount for mount in server(pod)["volumeMounts"]}

    assert volume(pod, mounts["/configuration"]["name"])["downwardAPI"]["items"][0]["path"] == "config.yaml"
    assert volume(pod, mounts["/tmp"]["name"])["emptyDir"] == {"sizeLimit": "7Mi"}
    cache = yaml.safe_load(chart.config(values))["cache_path"]
    assert volume(pod, mounts[cache]["name"])["emptyDir"] == {"sizeLimit": "8Mi"}
    assert {path for path, mount in mounts.items() if not mount.get("readOnly")} == {"/tmp", cache}


def test_startup_takes_ten_minutes(chart):
    """A pod is given ten minutes to start, in which the server waits for a bucket that it cannot reach."""
    probe = server(chart.pod())["startupProbe"]

    assert probe["periodSeconds"] * probe["failureThreshold"] == 600


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, f"ml-census:{ml_census.__version__}"),
        ({"repository": "eu.example/a", "tag": "1.2"}, "eu.example/a:1.2"),
        ({"repository": "a", "tag": "1.2", "digest": "sha256:" + 64 * "a"}, "a@sha256:" + 64 * "a"),
    ],
)
def test_image(chart, image, expected):
    """The digest wins over the tag, which is the chart's appVersion unless given; the test runs the same image."""
    values = {"image": image, "test": {"existingSecret": "test"}}

    assert server(chart.pod(values))["image"] == expected
    assert server(chart.one("Pod", values))["image"] == expected


def test_service_of_the_article(chart):
    """The article's load balancer listens on port 90, before the server's 5090."""
    spec = chart.one("Service", file="ci/article-values.yaml")["spec"]
    container = server(chart.pod(file="ci/article-values.yaml"))

    assert spec["type"] == "LoadBalancer"
    assert spec["ports"] == [{"name": "http", "port": 90, "targetPort": "http"}]
    assert {"name": "http", "containerPort": 5090} in container["ports"]
