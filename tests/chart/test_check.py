"""Missing and contradictory values are rejected, with the values to change."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.chart_rendering import Chart
from support.chart_values import FOREIGN, HASH, IMAGE, KEY, MODEL

# Values that the schema accepts and a template rejects, and parts of the message.
STORE = {"store": "google", "users": "census-users", "signingKey": "census-key"}
MANAGER = {key: f"projects/example/secrets/{key}/versions/latest" for key in ("users", "signingKey")}
ACCOUNT = "census@example.iam.gserviceaccount.com"
LOCAL = FOREIGN | {"config": {"model_path": "/model/model.pkl"}}
GATEWAY = FOREIGN | {"gateway": {"enabled": True, "certificateMap": "census"}}
CLIENTS = {"podSelector": {"matchLabels": {"app": "client"}}}
SPOT = {"nodeSelector": {"cloud.google.com/gke-spot": "true"}}
CRON = {"type": "cron", "metadata": {"desiredReplicas": "6"}}
OWN_VOLUMES = ("tmp", "cache", "configuration", "credentials")
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
        LOCAL | {"serviceAccount": {"googleServiceAccount": ACCOUNT}, "networkPolicy": {"metadataServer": False}},
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
        | {"preStopSleepSeconds": 4, "config": MODEL | {"drain_delay_seconds": 6, "drain_deadline_seconds": 30}}
        | {"terminationGracePeriodSeconds": 40},
        ["terminationGracePeriodSeconds is 40", "preStopSleepSeconds", "config.drain_deadline_seconds = 40"],
    ),
    (
        GATEWAY | {"config": MODEL | {"drain_delay_seconds": 5}},
        ["drain_delay_seconds = 5", "Google's load balancer takes up to 30"],
    ),
    (GATEWAY | {"config": MODEL | {"keep_alive_timeout_seconds": 600}}, ["keep_alive_timeout_seconds is 600"]),
    (GATEWAY | {"config": MODEL | {"trusted_proxies": 1}}, ["trusted_proxies is 1", "appends 2 addresses"]),
    (
        FOREIGN | {"service": {"type": "LoadBalancer"}, "config": MODEL | {"trusted_proxies": 2}},
        ["trusted_proxies is 2", "can forge their address"],
    ),
    (FOREIGN | {"gateway": {"enabled": True}}, ["the Gateway has no certificate", "allowHTTP=true"]),
    (FOREIGN | {"ingress": {"enabled": True}}, ["the Ingress has no certificate", "allowHTTP=true"]),
    (
        FOREIGN | {"gateway": {"hostnames": ["https://a.example"]}},
        ["gateway.hostnames: https://a.example is not a host"],
    ),
    (FOREIGN | {"ingress": {"hosts": ["census"]}}, ["ingress.hosts: census is not a host name such as"]),
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
    (GATEWAY | {"googleLoadBalancer": None}, ["use --reset-then-reuse-values"]),
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
    (FOREIGN | {"test": {"expected": "a"}}, ["test.expected needs test.row"]),
    (FOREIGN | {"image": {"repository": ""}}, ["image.repository is missing"]),
    (FOREIGN | {"image": {"repository": None}}, ["image.repository is missing"]),
    (FOREIGN | {"config": {"model_path": None}}, ["config.model_path is missing"]),
    *(
        (FOREIGN | {"config": MODEL | {key: "s3://b/file"}}, [f"config.{key} must be a gs:// URI or an absolute path"])
        for key in ("model_path", "prediction_decoding", "users", "secret")
    ),
    (
        GATEWAY | {"networkPolicy": {"from": [CLIENTS], "fromGoogleLoadBalancer": False}},
        ["networkPolicy.from shuts out the health checks"],
    ),
    (FOREIGN | {"networkPolicy": {"https": False}}, ["config need a way to Cloud Storage", "networkPolicy.https=true"]),
    (
        FOREIGN | {"networkPolicy": {"metadataServer": False}},
        ["tokens of Workload Identity", "networkPolicy.metadataServer=true"],
    ),
    (
        FOREIGN | {"config": MODEL | {"max_model_bytes": 536870913}},
        ["max_model_bytes is 536870913", "at most resources.limits.memory, 512Mi"],
    ),
    (
        FOREIGN | {"resources": {"limits": {"ephemeral-storage": "200Mi"}}},
        ["ephemeral-storage is 200Mi", "the logs can take 306Mi"],
    ),
    *(
        (FOREIGN | {"extraVolumes": [{"name": name}]}, [f"extraVolumes: {name} is a volume of the chart"])
        for name in OWN_VOLUMES
    ),
    *(
        (
            FOREIGN | {"extraVolumeMounts": [{"name": "a", "mountPath": f"/{name}/"}]},
            [f"extraVolumeMounts: the chart itself mounts a volume at /{name}/"],
        )
        for name in OWN_VOLUMES
    ),
    (FOREIGN | {"podLabels": {"app.kubernetes.io/name": "a"}}, ["podLabels: app.kubernetes.io/name is a label"]),
    (FOREIGN | {"metrics": {"labels": {"helm.sh/chart": "a"}}}, ["metrics.labels: helm.sh/chart is a label"]),
    *(
        (FOREIGN | {"podAnnotations": {key: "a"}}, [f"podAnnotations: {key} is an annotation of the chart"])
        for key in ("ml-census/config.yaml", "checksum/credentials")
    ),
    (FOREIGN | {"rollingUpdate": {"maxSurge": "0%"}}, ["rollingUpdate.maxSurge are both 0"]),
    (FOREIGN | SPOT, ["config.drain_deadline_seconds = 25", "a Spot node of GKE ends after 15", "GKE 1.35"]),
    # The message has all problems at once.
    ({"config": MODEL, "test": {"password": "b"}}, ["config.users", "config.secret", "test.user"]),
]


@pytest.mark.parametrize(("values", "says"), CONTRADICTIONS, ids=[says[0] for _, says in CONTRADICTIONS])
def test_contradiction_is_rejected_with_values_to_change(chart: Chart, values: dict[str, Any], says: list[str]) -> None:
    """The chart rejects missing and contradictory values, with the values to change and the command to run."""
    message = chart.error(IMAGE | values, file=None)

    assert "schema" not in message
    for each in says:
        assert each in message


def test_missing_values_are_named_in_one_message(chart: Chart) -> None:
    """Without values the message names all that are required, and nothing else."""
    lines = chart.error(file=None).split("\n\n")[1].splitlines()

    names = ["image.repository", "config.model_path", "users", "the signing key"]
    assert [re.split(" (is|are) missing: ", line)[0] for line in lines] == names


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_environment_asks_for_image_and_model(chart: Chart, environment: str) -> None:
    """An environment has no image and no bucket of its own, which a stranger could own."""
    file = str(chart.folder / f"environments/{environment}.yaml")

    message = chart.error(yaml.safe_load(Path(file).read_text()), file=None)

    assert [line.split(" is missing")[0] for line in message.split("\n\n")[1].splitlines()] == [
        "image.repository",
        "config.model_path",
    ]


PROXY_HEADERS = {"trusted_proxies": 1}
PERMITTED = {
    "HTTP to the internet": FOREIGN | {"allowHTTP": True, "gateway": {"enabled": True}, "ingress": {"enabled": True}},
    "HTTP in a VPC": FOREIGN | {"gateway": {"enabled": True, "className": "gke-l7-rilb"}},
    "HTTP of an internal Ingress": FOREIGN | {"ingress": {"enabled": True, "className": "gce-internal"}},
    "bucket at a private address": FOREIGN | {"networkPolicy": {"https": False, "extraEgress": [{"to": []}]}},
    "key file": FOREIGN
    | {"networkPolicy": {"metadataServer": False}, "extraEnv": [{"name": "GOOGLE_APPLICATION_CREDENTIALS"}]},
    "metadata server by rule": FOREIGN
    | {
        "networkPolicy": {
            "metadataServer": False,
            "extraEgress": [{"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}]}],
        }
    },
    "no bucket": LOCAL | {"networkPolicy": {"https": False, "metadataServer": False}},
    "no NetworkPolicy": FOREIGN | {"networkPolicy": {"enabled": False, "https": False, "metadataServer": False}},
    "clients without load balancer": FOREIGN | {"networkPolicy": {"from": [CLIENTS], "fromGoogleLoadBalancer": False}},
    "model as large as the memory": FOREIGN
    | {"config": MODEL | {"max_model_bytes": 2**30}, "resources": {"limits": {"memory": "1Gi"}}},
    "just enough disk": FOREIGN | {"resources": {"limits": {"ephemeral-storage": "306Mi"}}},
    "short drain on Spot": FOREIGN | SPOT | {"config": MODEL | {"drain_deadline_seconds": 10}},
    "long notice on Spot": FOREIGN | SPOT | {"terminationGracePeriodSeconds": 60},
    "proxies before a LoadBalancer": FOREIGN
    | {"config": MODEL | PROXY_HEADERS, "service": {"type": "LoadBalancer", "internal": True}},
    "no users": IMAGE | {"config": MODEL | {"unauthenticated_protocols": ["vertex"]}},
}


@pytest.mark.parametrize("values", PERMITTED.values(), ids=PERMITTED)
def test_values_without_contradiction_are_accepted(chart: Chart, values: dict[str, Any]) -> None:
    """Values next to a contradiction are accepted."""
    assert chart.objects(values, file=None)


def test_wait_of_30_s_suffices_behind_a_google_gateway(chart: Chart) -> None:
    """Google's load balancer needs up to 30 s to stop sending requests to a pod."""
    waits = {"preStopSleepSeconds": 20, "terminationGracePeriodSeconds": 100}
    values = GATEWAY | {"config": MODEL | {"drain_delay_seconds": 10}}

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
