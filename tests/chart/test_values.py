"""values.yaml, its schema, the templates and the README agree, and the chart rejects contradictions with a reason."""

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from support.chart_rendering import Chart
from support.chart_values import FOREIGN, HASH, KEY, MODEL

# Values that the schema accepts and a template rejects, and parts of the message.
STORE = {"store": "google", "users": "census-users", "signingKey": "census-key"}
MANAGER = {key: f"projects/example/secrets/{key}/versions/latest" for key in ("users", "signingKey")}
ACCOUNT = "census@example.iam.gserviceaccount.com"
CRON = {"type": "cron", "metadata": {"desiredReplicas": "6"}}
CONTRADICTIONS = [
    ({"config": MODEL, "credentials": {"signingKey": KEY}}, ["config.users", "credentials.users", "user add"]),
    (
        {"config": MODEL, "credentials": {"users": {"a": HASH}}},
        ["config.secret", "signingKey", "ml-census generate-key"],
    ),
    (
        {"config": MODEL | {"users": "/u"}, "credentials": {"users": {"a": HASH}, "signingKey": KEY}},
        ["config.users and the users of credentials both"],
    ),
    (
        {"config": MODEL | {"secret": "/s"}, "credentials": {"users": {"a": HASH}, "signingKey": KEY}},
        ["config.secret and the signingKey of credentials both"],
    ),
    (
        {"config": MODEL, "credentials": {"existingSecret": "other", "users": {"a": HASH}}},
        ["credentials.existingSecret and credentials.users exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"existingSecret": "other", "signingKey": KEY}},
        ["credentials.existingSecret and credentials.signingKey exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"existingSecret": "other", "externalSecret": STORE}},
        ["credentials.existingSecret and credentials.externalSecret exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"externalSecret": STORE, "secretManager": MANAGER}},
        ["credentials.externalSecret and credentials.secretManager exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"secretManager": MANAGER, "signingKey": KEY}},
        ["credentials.secretManager and credentials.signingKey exclude each other"],
    ),
    (
        {"config": MODEL | {"users": "/u"}, "credentials": {"externalSecret": STORE}},
        ["config.users and the users of credentials both name"],
    ),
    (
        {"config": MODEL | {"secret": "/s"}, "credentials": {"secretManager": MANAGER}},
        ["config.secret and the signingKey of credentials both name"],
    ),
    (
        {"config": MODEL, "credentials": {"externalSecret": STORE | {"store": ""}}},
        ["credentials.externalSecret needs a store, and"],
    ),
    (
        {"config": MODEL | {"users": "/u", "secret": "/s"}, "credentials": {"externalSecret": {"store": "google"}}},
        ["the names of users"],
    ),
    (
        FOREIGN | {"serviceAccount": {"create": False, "googleServiceAccount": ACCOUNT}},
        ["googleServiceAccount needs serviceAccount.create"],
    ),
    (
        FOREIGN | {"serviceAccount": {"googleServiceAccount": ACCOUNT}, "networkPolicy": {"metadataServer": False}},
        ["googleServiceAccount needs networkPolicy.metadataServer"],
    ),
    (
        {"config": MODEL | {"users": "/u", "secret": "/s"}, "credentials": {"existingSecret": "other"}},
        ["credentials.existingSecret is not used"],
    ),
    (
        {"config": MODEL, "credentials": {"users": {"alice": "hunter2"}, "signingKey": KEY}},
        ["credentials.users.alice is not a complete password hash", "ml-census user add alice"],
    ),
    (
        FOREIGN
        | {"preStopSleepSeconds": 4, "config": MODEL | {"drain_delay_seconds": 6, "drain_deadline_seconds": 30}},
        ["terminationGracePeriodSeconds is 40", "preStopSleepSeconds", "config.drain_deadline_seconds = 40"],
    ),
    (FOREIGN | {"gateway": {"enabled": True}}, ["drain_delay_seconds = 5", "Google's load balancer takes up to 30"]),
    (
        FOREIGN | {"ingress": {"enabled": True}, "preStopSleepSeconds": 80, "terminationGracePeriodSeconds": 200},
        ["drainingSeconds is 90", "drain_deadline_seconds = 105"],
    ),
    (
        FOREIGN | {"gateway": {"enabled": True}, "config": MODEL | {"keep_alive_timeout_seconds": 600}},
        ["keep_alive_timeout_seconds is 600"],
    ),
    (FOREIGN | {"service": {"internal": True}}, ["service.internal need service.type=LoadBalancer"]),
    (FOREIGN | {"service": {"loadBalancerIP": "198.51.100.1"}}, ["need service.type=LoadBalancer"]),
    (
        FOREIGN | {"gateway": {"parentRefs": [{"name": "a"}], "address": "b"}},
        ["gateway.parentRefs names existing Gateways"],
    ),
    (
        FOREIGN | {"gateway": {"certificateMap": "a", "tlsSecret": "b"}},
        ["gateway.certificateMap and gateway.tlsSecret exclude"],
    ),
    (
        FOREIGN | {"ingress": {"managedCertificate": True, "hosts": ["a.example"], "tlsSecret": "b"}},
        ["ingress.managedCertificate and ingress.tlsSecret exclude"],
    ),
    (FOREIGN | {"ingress": {"managedCertificate": True}}, ["managedCertificate needs ingress.hosts"]),
    (
        FOREIGN | {"ingress": {"managedCertificate": True, "hosts": ["*.example.com"]}},
        ["Google issues none for *.example.com"],
    ),
    (FOREIGN | {"ingress": {"address": "a", "className": "nginx"}}, ["ingress.address is for ingress.className=gce"]),
    (
        FOREIGN | {"gateway": {"certificateMap": "a", "className": "gke-l7-rilb"}},
        ["gateway.certificateMap needs one of Google's global classes"],
    ),
    (FOREIGN | {"gateway": {"enabled": True}, "googleLoadBalancer": None}, ["use --reset-then-reuse-values"]),
    (
        FOREIGN | {"service": {"externalTrafficPolicy": "Local"}},
        ["service.externalTrafficPolicy needs service.type=LoadBalancer or NodePort"],
    ),
    (
        FOREIGN | {"ingress": {"managedCertificate": True, "hosts": ["a.example"], "className": "gce-internal"}},
        ["and ingress.className=gce."],
    ),
    (FOREIGN | {"autoscaling": {"enabled": True, "minReplicas": 11}}, ["minReplicas is more than"]),
    (
        FOREIGN | {"autoscaling": {"enabled": True}, "resources": {"requests": {"cpu": None}}},
        ["autoscaling needs resources.requests.cpu"],
    ),
    (FOREIGN | {"autoscaling": {"enabled": True}, "resources": None}, ["autoscaling needs resources.requests.cpu"]),
    (
        FOREIGN | {"autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": 0}},
        ["autoscaling has no metric"],
    ),
    (FOREIGN | {"autoscaling": {"enabled": True, "triggers": [CRON]}}, ["autoscaling.triggers to autoscaling.keda"]),
    (
        FOREIGN | {"autoscaling": {"enabled": True, "keda": True, "metrics": [{"type": "External"}]}},
        ["autoscaling.metrics belong to the HorizontalPodAutoscaler"],
    ),
    (
        FOREIGN | {"metrics": {"enabled": False, "podMonitoring": True}},
        ["metrics.podMonitoring and metrics.serviceMonitor need metrics.enabled"],
    ),
    (FOREIGN | {"metrics": {"alerts": True}}, ["metrics.alerts need exactly one"]),
    (
        FOREIGN | {"metrics": {"alerts": True, "podMonitoring": True, "serviceMonitor": True}},
        ["metrics.alerts need exactly one"],
    ),
    (FOREIGN | {"test": {"user": "a", "password": "b", "existingSecret": "c"}}, ["test.password and test.existing"]),
    (FOREIGN | {"test": {"password": "b"}}, ["test.password needs test.user"]),
    (
        {"config": MODEL, "credentials": {"users": {"a:b": HASH}, "signingKey": KEY}},
        ["credentials.users.a:b: a user name must not be empty or contain a colon"],
    ),
    (
        {"config": MODEL, "credentials": {"users": {"Alice": HASH, "alice": HASH}, "signingKey": KEY}},
        ["two names that differ only in case"],
    ),
    # The message has all problems at once.
    ({"config": MODEL, "test": {"password": "b"}}, ["config.users", "config.secret", "test.user"]),
]


@pytest.mark.parametrize(("values", "says"), CONTRADICTIONS, ids=[says[0] for _, says in CONTRADICTIONS])
def test_contradiction_is_rejected_with_values_to_change(chart: Chart, values: dict[str, Any], says: list[str]) -> None:
    """The chart rejects missing and contradictory values, with the values to change and the command to run."""
    message = chart.error(values, file=None)

    assert "schema" not in message
    for each in says:
        assert each in message


def test_wait_of_30_s_suffices_behind_a_google_gateway(chart: Chart) -> None:
    """Google's load balancer needs up to 30 s to stop sending requests to a pod."""
    waits = {"preStopSleepSeconds": 20, "terminationGracePeriodSeconds": 100}
    values = FOREIGN | {"gateway": {"enabled": True}, "config": MODEL | {"drain_delay_seconds": 10}}

    assert chart.one("Gateway", values | waits, file=None)


@pytest.mark.parametrize(
    ("secret", "credentials"),
    [
        ("hunter2", {"users": {"alice": "hunter2"}}),
        ("hunter2", {"signingKey": "hunter2"}),
        ("hunter2", {"signingKey": "hunter2\nhunter2\nhunter2\nhunter2\nhunter2"}),
    ],
)
def test_error_message_quotes_no_secret(chart: Chart, secret: str, credentials: dict[str, Any]) -> None:
    """A message ends up in the log of CI."""
    assert secret not in chart.error({"credentials": credentials})


@pytest.mark.parametrize("value", [{"enabled": True}, {"global": {"a": 1}}], ids=["enabled", "global"])
def test_values_of_a_parent_chart_are_accepted(chart: Chart, value: dict[str, Any]) -> None:
    """Values that Helm passes to a subchart change nothing."""
    assert chart.text(value) == chart.text()


def leaves(values: dict[str, Any], comments: Collection[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the documented values that have no documented ones below them, as a.b.c, with the value."""
    for key, value in values.items():
        here = f"{path}{key}"
        if isinstance(value, dict) and any(each.startswith(here + ".") for each in comments):
            yield from leaves(value, comments, here + ".")
        else:
            yield here, value


@pytest.fixture(scope="module")
def defaults(chart: Chart) -> dict[str, Any]:
    """Return each value of values.yaml with its default. Raw Kubernetes objects count as one value."""
    values = yaml.safe_load((chart.folder / "values.yaml").read_text())
    return dict(leaves(values, list(properties(schema_of(chart)))))


def schema_of(chart: Chart) -> dict[str, Any]:
    """Return the chart's schema."""
    schema: dict[str, Any] = json.loads((chart.folder / "values.schema.json").read_text())
    return schema


def properties(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of all properties as a.b.c."""
    for key, rule in schema.get("properties", {}).items():
        yield f"{path}{key}"
        yield from properties(rule, f"{path}{key}.")


def test_schema_is_valid_and_describes_each_property(chart: Chart) -> None:
    """The schema is one of draft 7, describes each property and rejects unknown ones."""
    schema = schema_of(chart)

    jsonschema.Draft7Validator.check_schema(schema)
    for path in properties(schema):
        rule = schema
        for key in path.split("."):
            rule = rule["properties"][key]
        assert rule["description"].endswith("."), path
        assert rule.get("additionalProperties") is False or "properties" not in rule, path


def test_schema_and_values_have_the_same_keys(chart: Chart, defaults: dict[str, Any]) -> None:
    """values.yaml and the schema have the same values, except the two of a parent chart."""
    paths = set(properties(schema_of(chart)))

    assert {path for path in paths if not any(each.startswith(path + ".") for each in paths)} == (
        defaults.keys() | {"global", "enabled"}
    )


def test_templates_use_every_value_and_no_other(chart: Chart, defaults: dict[str, Any]) -> None:
    """Each value is used by a template, and no template uses another."""
    used = set()
    for template in chart.folder.rglob("templates/**/*.*"):
        for match in re.findall(r"\.Values((?:\)*\.\w+)+)", template.read_text()):
            path = match.replace(")", "").lstrip(".")
            used.add(next((each for each in defaults if path.startswith(each + ".")), path))

    assert used == defaults.keys()


def test_value_has_a_comment_in_whole_sentences(chart: Chart) -> None:
    """Directly above each value of values.yaml is its purpose, in whole sentences."""
    text = (chart.folder / "values.yaml").read_text()

    above = re.findall(r"^( *)# -- ([A-Z`].*(?:\n *# .*)*)\.\n\1(\w+):", text, re.MULTILINE)

    assert [key for _, _, key in above] == [path.split(".")[-1] for path in properties(schema_of(chart))][:-2]


def test_value_is_set_by_a_file_for_ci(chart: Chart, defaults: dict[str, Any]) -> None:
    """full-values.yaml has every value, and some file in ci/ sets it to something other than its default."""
    files = {each: yaml.safe_load(each.read_text()) for each in chart.folder.glob("ci/*.yaml")}

    set_ = {each: dict(leaves(values, list(defaults))) for each, values in files.items()}

    assert set_[chart.folder / "ci/full-values.yaml"].keys() == defaults.keys()
    for path, default in defaults.items():
        assert any(values.get(path, default) != default for values in set_.values()), path


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_environment_sets_no_value_to_its_default(chart: Chart, defaults: dict[str, Any], environment: str) -> None:
    """An environment holds differences from the defaults alone."""
    values = yaml.safe_load((chart.folder / f"environments/{environment}.yaml").read_text())

    for path, value in leaves(values, list(defaults)):
        assert value != defaults[path], path


@pytest.mark.parametrize(
    "block",
    [
        *("autoscaling", "test", "resources", "podLabels", "affinity", "extraEnv", "gateway", "ingress"),
        *(
            "googleLoadBalancer",
            "networkPolicy",
            "preStopSleepSeconds",
            "minReadySeconds",
            "verticalPodAutoscaler",
            "metrics",
        ),
    ],
)
def test_missing_block_of_values_is_accepted(chart: Chart, block: str) -> None:
    """A block that is missing, as after --reuse-values from an older chart, counts as its default."""
    assert chart.objects({block: None})


@pytest.mark.parametrize(
    ("block", "keys"),
    [
        ("credentials", ["externalSecret", "secretManager"]),
        ("serviceAccount", ["googleServiceAccount"]),
        ("autoscaling", ["keda", "metrics", "triggers"]),
        ("metrics", ["podMonitoring", "serviceMonitor", "alerts", "dashboard", "labels"]),
    ],
)
def test_missing_keys_of_a_block_count_as_default(chart: Chart, block: str, keys: list[str]) -> None:
    """Keys that are missing, as in a block of an older chart, count as their defaults."""
    on = {"autoscaling": {"enabled": True}}

    assert chart.objects(on | {block: on.get(block, {}) | dict.fromkeys(keys)}) == chart.objects(on)


def test_readme_and_schema_have_comments_of_values(chart: Chart) -> None:
    """README and schema repeat the comments of values.yaml."""
    done = subprocess.run(
        [sys.executable, "ci/generate-values-docs.py", "--check"], cwd=chart.root, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_readme_recipe_is_accepted_and_has_an_effect(chart: Chart) -> None:
    """Each YAML recipe of the chart's README changes the rendering. One about credentials stands alone."""
    recipes = re.findall(r"```yaml\n(.*?)```", (chart.folder / "README.md").read_text(), re.DOTALL)

    assert len(recipes) >= 4
    for recipe in map(yaml.safe_load, recipes):
        shown = chart.text({"config": MODEL} | recipe, file=None) if "credentials" in recipe else chart.text(recipe)
        assert shown != chart.text()
