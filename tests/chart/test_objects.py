"""What values do to the objects."""

import base64
import dataclasses
import json
import re

import pytest
import yaml

import ml_census
from ml_census import auth, cli, config

HASH = "scrypt:32768:8:1$salt$" + 128 * "0"
KEY = "k" * 32
MODEL = {"model_path": "gs://models/model.pkl"}
OTHER_SECRET = {"config": MODEL, "credentials": {"existingSecret": "other"}}


def data(secret):
    return {key: base64.b64decode(value) for key, value in secret["data"].items()}


def server(pod):
    return pod["spec"]["containers"][0]


def volume(pod, name):
    return next((each for each in pod["spec"]["volumes"] if each["name"] == name), None)


# The server


def test_app_version(chart):
    """The chart's appVersion is the version of the package."""
    assert yaml.safe_load((chart.folder / "Chart.yaml").read_text())["appVersion"] == ml_census.__version__


def test_config_keys(chart):
    """config.yaml knows the keys that the server knows, no more and no fewer."""
    keys = yaml.safe_load(chart.config(file="ci/full-values.yaml"))

    assert set(keys) == {field.name for field in dataclasses.fields(config.Config)}


def test_config_defaults(chart):
    """The chart's defaults are the server's own."""
    shown = yaml.safe_load(chart.config())

    for field in dataclasses.fields(config.Config):
        if field.default not in (None, dataclasses.MISSING):
            assert shown[field.name] == field.default


def test_config_loads(chart, scenario, tmp_path):
    """The server accepts the config.yaml of every values file."""
    (tmp_path / "config.yaml").write_text(chart.config(file=scenario))

    assert config.load(str(tmp_path / "config.yaml")).model_path.endswith("model.pkl")


def test_config_quotes(chart):
    """A path comes through as it was given, whatever it is made of."""
    path = 'gs://models/a: "b" #c/\\1/ü.pkl'

    assert yaml.safe_load(chart.config({"config": {"model_path": path}}))["model_path"] == path


def test_large_numbers(chart, major):
    """Numbers of a million and more are plain digits."""
    values = {
        "config": {"max_body_bytes": 1000000000, "drain_delay_seconds": 1000000, "drain_deadline_seconds": 2000000},
        "terminationGracePeriodSeconds": 4000000,
    }

    text = chart.text(values, major=major)

    assert re.findall(r"(?:max_body_bytes|_seconds|GracePeriodSeconds): (.*)", text) == [
        "1000000000",
        "1000000",
        "2000000",
        "4000000",
    ]


@pytest.mark.parametrize("probe", ["startup", "readiness", "liveness"])
def test_probes(chart, probe):
    """A probe asks a route that the server has, on the port by name, as often and as long as the values say."""
    values = {"periodSeconds": 7, "failureThreshold": 8, "timeoutSeconds": 9}

    container = server(chart.pod({"probes": {probe: values}}))

    request = container[f"{probe}Probe"]["httpGet"]
    assert f'"{request["path"]}"' in (chart.root / "image/ml_census/app.py").read_text()
    assert request["path"] == ("/livez" if probe == "liveness" else "/readyz")
    assert request["port"] in {port["name"] for port in container["ports"]}
    assert container[f"{probe}Probe"] == {"httpGet": request, **values}


def test_arguments(chart):
    """The commands of the server's container and of the test's are those of the package, with options that it knows."""
    values = {"test": {"existingSecret": "test"}}
    containers = [server(chart.pod(values)), server(chart.one("Pod", values))]

    for container in containers:
        command, *arguments = container["args"]
        known = {option for each in cli.main.commands[command].params for option in each.opts}
        assert {each for each in arguments if each.startswith("--")} <= known
    assert " ".join(containers[0]["args"]) == "serve --config /configuration/config.yaml --host 0.0.0.0 --port 5090"
    assert containers[1]["args"][0] == "predict"


def test_folders(chart):
    """The server finds config.yaml in /configuration, and /tmp is the only folder that it can write to."""
    pod = chart.pod({"tmpSizeLimit": "7Mi"})
    mounts = {mount["mountPath"]: mount for mount in server(pod)["volumeMounts"]}

    assert volume(pod, mounts["/configuration"]["name"])["configMap"]["name"] == "census-ml-census-config"
    assert volume(pod, mounts["/tmp"]["name"])["emptyDir"] == {"sizeLimit": "7Mi"}
    assert [path for path, mount in mounts.items() if not mount.get("readOnly")] == ["/tmp"]


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
    assert container["ports"] == [{"name": "http", "containerPort": 5090}]


# Users and key


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
    assert checksums(chart, OTHER_SECRET)[1] is None


# Metadata and placement


def test_selector_labels_win(chart):
    """Labels of the user are added to the pods', but never replace those that select them."""
    labels = {"app.kubernetes.io/name": "other", "team": "census"}

    shown = chart.pod({"podLabels": labels})["metadata"]["labels"]

    assert shown["app.kubernetes.io/name"] == "ml-census"
    assert shown["team"] == "census"


def test_passed_through(chart):
    """What is Kubernetes' own comes through as it was given."""
    file = "ci/full-values.yaml"
    values = yaml.safe_load((chart.folder / file).read_text())
    kinds = ("Deployment", "Service", "ServiceAccount", "HorizontalPodAutoscaler")
    deployment, service, account, scaler = (chart.one(kind, file=file) for kind in kinds)
    pod = deployment["spec"]["template"]

    for key in ("imagePullSecrets", "nodeSelector", "tolerations", "affinity", "terminationGracePeriodSeconds"):
        assert pod["spec"][key] == values[key]
    assert server(pod)["resources"] == values["resources"]
    assert server(pod)["env"] == values["extraEnv"]
    assert server(pod)["imagePullPolicy"] == values["image"]["pullPolicy"]
    assert all(each in server(pod)["volumeMounts"] for each in values["extraVolumeMounts"])
    assert all(each in pod["spec"]["volumes"] for each in values["extraVolumes"])
    assert values["podAnnotations"].items() <= pod["metadata"]["annotations"].items()
    assert values["podLabels"].items() <= pod["metadata"]["labels"].items()
    assert deployment["metadata"]["annotations"] == values["deploymentAnnotations"]
    assert deployment["spec"]["strategy"]["rollingUpdate"] == values["rollingUpdate"]
    assert service["metadata"]["annotations"] == values["service"]["annotations"]
    assert account["metadata"]["annotations"] == values["serviceAccount"]["annotations"]
    assert scaler["spec"]["behavior"] == values["autoscaling"]["behavior"]
    assert [scaler["spec"][key] for key in ("minReplicas", "maxReplicas")] == [3, 6]
    assert scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 60


def test_topology_spread(chart):
    """A rule without a selector is about the release's pods of one version; one with a selector is left alone."""
    rule = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    own = rule | {"labelSelector": {"matchLabels": {"a": "b"}}, "matchLabelKeys": []}

    first, second = chart.pod({"topologySpreadConstraints": [rule, own]})["spec"]["topologySpreadConstraints"]

    selector = chart.one("Deployment")["spec"]["selector"]
    assert first == rule | {"labelSelector": selector, "matchLabelKeys": ["pod-template-hash"]}
    assert second == own


def test_zero_survives(chart):
    """Zero pods and zero pods too many are numbers, not absent."""
    spec = chart.one("Deployment", {"replicaCount": 0, "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}})["spec"]

    assert spec["replicas"] == 0
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ({}, "census-ml-census"),
        ({"name": "mine"}, "mine"),
        ({"create": False, "name": "theirs"}, "theirs"),
        ({"create": False}, "default"),
    ],
)
def test_service_account(chart, account, name):
    """The pods run as the account that the chart makes, or as the one that is named."""
    values = {"serviceAccount": account}

    assert chart.pod(values)["spec"]["serviceAccountName"] == name
    made = [each["metadata"]["name"] for each in chart.all("ServiceAccount", values)]
    assert made == ([name] if account.get("create", True) else [])


def test_autoscaler(chart):
    """The autoscaler is about the chart's Deployment."""
    values = {"autoscaling": {"enabled": True}}
    deployment, scaler = (chart.one(kind, values) for kind in ("Deployment", "HorizontalPodAutoscaler"))

    assert scaler["spec"]["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"],
        "kind": deployment["kind"],
        "name": deployment["metadata"]["name"],
    }


LONG = "a" * 51 + "-" + "b" * 20


@pytest.mark.parametrize(
    ("values", "release"),
    [
        ({}, "r" * 53),
        ({"fullnameOverride": LONG}, "census"),
        ({"fullnameOverride": "c" * 80}, "census"),
        ({"nameOverride": LONG}, "r" * 53),
        ({}, "census.v1"),
    ],
)
def test_names(chart, values, release):
    """Names and labels have at most 63 characters, no two objects share one, and all who refer to it use the same."""
    values = values | {"autoscaling": {"enabled": True}, "test": {"user": "a", "password": "b"}}
    options = {"release": release}

    objects = chart.objects(values, **options)

    assert len({(each["kind"], each["metadata"]["name"]) for each in objects}) == len(objects) == 8
    for each in objects:
        assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", each["metadata"]["name"])
        for label in each["metadata"]["labels"].values():
            assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", label)
    names = {each["metadata"]["name"] for each in objects}
    pod, test = chart.pod(values, **options), chart.one("Pod", values, **options)
    assert {
        volume(pod, "configuration")["configMap"]["name"],
        volume(pod, "credentials")["secret"]["secretName"],
        volume(test, "test")["secret"]["secretName"],
        pod["spec"]["serviceAccountName"],
        chart.one("HorizontalPodAutoscaler", values, **options)["spec"]["scaleTargetRef"]["name"],
        test["metadata"]["name"],  # to which nothing refers
    } == names
    service = chart.one("Service", values, **options)["metadata"]["name"]
    assert f"http://{service}:80" in server(test)["args"]


# The test


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
