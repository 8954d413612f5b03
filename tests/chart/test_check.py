"""Missing and contradictory values are rejected, with the values to change."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.chart_rendering import Chart, assert_rejected
from support.chart_values import FOREIGN, IMAGE, MODEL

ACCOUNT = "census@example.iam.gserviceaccount.com"
CRON = {"type": "cron", "metadata": {"desiredReplicas": "6"}}
OWN_VOLUMES = ("tmp", "cache", "configuration", "credentials")
# Values that the schema accepts and a template rejects, and parts of the message.
CONTRADICTIONS: list[tuple[dict[str, Any], list[str]]] = [
    (
        FOREIGN | {"serviceAccount": {"create": False, "googleServiceAccount": ACCOUNT}},
        ["googleServiceAccount needs serviceAccount.create"],
    ),
    (FOREIGN | {"autoscaling": {"enabled": True, "minReplicas": 11}}, ["minReplicas is more than"]),
    *(
        (FOREIGN | {"autoscaling": {"enabled": True, "minReplicas": 0} | more}, ["minReplicas is 0, which needs"])
        for more in ({}, {"keda": True})
    ),
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
    (FOREIGN | {"test": {"expected": "a"}}, ["test.expected needs test.row"]),
    (FOREIGN | {"image": {"repository": ""}}, ["image.repository is missing"]),
    (FOREIGN | {"image": {"repository": None}}, ["image.repository is missing"]),
    (FOREIGN | {"config": {"model_path": None}}, ["config.model_path is missing"]),
    *(
        (FOREIGN | {"config": MODEL | {key: "s3://b/file"}}, [f"config.{key} must be a gs:// URI or an absolute path"])
        for key in ("model_path", "prediction_decoding", "users", "secret")
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
        (FOREIGN | {"commonLabels": {key: "a"}}, [f"commonLabels: {key} is a label of the chart"])
        for key in ("app.kubernetes.io/instance", "helm.sh/chart", "app.kubernetes.io/component", "grafana_dashboard")
    ),
    *(
        (FOREIGN | {"podAnnotations": {key: "a"}}, [f"podAnnotations: {key} is an annotation of the chart"])
        for key in ("ml-census/config.yaml", "checksum/credentials")
    ),
    *(
        (FOREIGN | {"resources": {"limits": {key: "512MB"}}}, [f"resources.limits.{key}: 512MB is not a quantity"])
        for key in ("memory", "ephemeral-storage")
    ),
    (FOREIGN | {"strategy": {"rollingUpdate": {"maxSurge": "0%"}}}, ["strategy.rollingUpdate.maxSurge are both 0"]),
    *(
        (FOREIGN | {key: [{"name": "ml-census"}]}, ["ml-census is the container of the chart"])
        for key in ("extraContainers", "extraInitContainers")
    ),
    (FOREIGN | {"progressDeadlineSeconds": 5}, ["progressDeadlineSeconds is 5, but must be more than minReadySeconds"]),
    *(
        (
            FOREIGN | {"replicaCount": pods, "podDisruptionBudget": {"minAvailable": minimum}},
            [f"podDisruptionBudget.minAvailable is {minimum} of {max(pods, 1)} pods", "no node can be drained"],
        )
        for pods, minimum in ((2, 2), (2, "100%"), (2, "51%"), (3, "67%"), (1, 1), (1, "1%"), (0, 1))
    ),
    ({"config": MODEL, "test": {"password": "b"}}, ["config.users", "config.secret", "test.user"]),
]


@pytest.mark.parametrize(("values", "says"), CONTRADICTIONS, ids=[says[0] for _, says in CONTRADICTIONS])
def test_contradiction_is_rejected_with_values_to_change(chart: Chart, values: dict[str, Any], says: list[str]) -> None:
    """The chart rejects missing and contradictory values."""
    assert_rejected(chart, IMAGE | values, says)


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


PERMITTED: dict[str, dict[str, Any]] = {
    "model as large as the memory": FOREIGN
    | {"config": MODEL | {"max_model_bytes": 2**30}, "resources": {"limits": {"memory": "1Gi"}}},
    "just enough disk": FOREIGN | {"resources": {"limits": {"ephemeral-storage": "306Mi"}}},
    "a pod to evict": FOREIGN | {"replicaCount": 3, "podDisruptionBudget": {"minAvailable": "66%"}},
    "all pods without a budget": FOREIGN
    | {"replicaCount": 2, "podDisruptionBudget": {"enabled": False, "minAvailable": 2}},
    "no users": IMAGE | {"config": MODEL | {"unauthenticated_protocols": ["vertex"]}},
}


@pytest.mark.parametrize("values", PERMITTED.values(), ids=PERMITTED)
def test_values_without_contradiction_are_accepted(chart: Chart, values: dict[str, Any]) -> None:
    """Values next to a contradiction are accepted."""
    assert chart.objects(values, file=None)
