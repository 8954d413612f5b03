"""Labels, names, accounts, scheduling and the number of pods."""

import re
from typing import Any

import pytest
import yaml

from support.chart_rendering import Chart
from support.chart_values import server, volume


def test_pod_labels_are_added_to_selector_labels(chart: Chart) -> None:
    """The chart adds the user's labels to the pods and keeps those that select the pods."""
    shown = chart.pod({"podLabels": {"team": "census"}})["metadata"]["labels"]

    assert shown["app.kubernetes.io/name"] == "ml-census"
    assert shown["team"] == "census"


@pytest.mark.parametrize("version", ["1.30.0", "1.33.5-gke.1000"])
def test_kubernetes_1_30_and_later_are_accepted(chart: Chart, version: str) -> None:
    """The chart accepts Kubernetes 1.30 and later, also versions with a cloud's suffix."""
    assert chart.helm("template", "census", "--kube-version", version)


def test_kubernetes_before_1_30_is_rejected_by_helm(chart: Chart) -> None:
    """Helm rejects an older Kubernetes before an upgrade starts."""
    with pytest.raises(AssertionError, match="incompatible with Kubernetes"):
        chart.helm("template", "census", "--kube-version", "1.29.9")


DEPLOYMENT = ("strategy", "progressDeadlineSeconds", "revisionHistoryLimit")


def test_kubernetes_values_are_passed_through_unchanged(chart: Chart) -> None:
    """Values that are Kubernetes' own appear in the objects as given."""
    file = "ci/full-values.yaml"
    values = yaml.safe_load((chart.folder / file).read_text())
    kinds = ("Deployment", "Service", "ServiceAccount", "HorizontalPodAutoscaler")
    deployment, service, account, scaler = (chart.one(kind, file=file) for kind in kinds)
    pod = deployment["spec"]["template"]

    keys = ("imagePullSecrets", "nodeSelector", "priorityClassName", "tolerations", "affinity", "runtimeClassName")
    for key in (*keys, "terminationGracePeriodSeconds"):
        assert pod["spec"][key] == values[key]
    assert server(pod)["resources"] == values["resources"]
    assert server(pod)["env"] == values["extraEnv"]
    assert server(pod)["envFrom"] == values["envFrom"]
    assert pod["spec"]["containers"][1:] == values["extraContainers"]
    assert pod["spec"]["initContainers"] == values["extraInitContainers"]
    assert server(pod)["imagePullPolicy"] == values["image"]["pullPolicy"]
    assert all(each in server(pod)["volumeMounts"] for each in values["extraVolumeMounts"])
    assert all(each in pod["spec"]["volumes"] for each in values["extraVolumes"])
    assert values["podAnnotations"].items() <= pod["metadata"]["annotations"].items()
    assert values["podLabels"].items() <= pod["metadata"]["labels"].items()
    assert values["deploymentAnnotations"].items() <= deployment["metadata"]["annotations"].items()
    assert [deployment["spec"][key] for key in DEPLOYMENT] == [values[key] for key in DEPLOYMENT]
    assert values["service"]["annotations"].items() <= service["metadata"]["annotations"].items()
    assert chart.all("HTTPRoute", file=file)[0]["spec"]["rules"][0]["filters"] == values["gateway"]["filters"]
    assert values["serviceAccount"]["annotations"].items() <= account["metadata"]["annotations"].items()
    assert scaler["spec"]["behavior"] == values["autoscaling"]["behavior"]
    assert [scaler["spec"][key] for key in ("minReplicas", "maxReplicas")] == [3, 6]
    assert scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 60
    assert scaler["spec"]["metrics"][1:] == values["autoscaling"]["metrics"]


def test_extra_objects_are_rendered_as_given(chart: Chart) -> None:
    """Braces, as in a rule of Prometheus, are no templates."""
    extra = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "{{ $labels.pod }}"}}
        for name in ("one", "two")
    ]

    added = [each for each in chart.objects({"extraObjects": extra}) if each["metadata"]["name"] in ("one", "two")]

    assert added == extra


def test_recreate_strategy_has_no_rolling_update(chart: Chart) -> None:
    """The defaults of a rolling update remain in the values, and an API server rejects them beside Recreate."""
    assert chart.one("Deployment", file="ci/volume-values.yaml")["spec"]["strategy"] == {"type": "Recreate"}


def test_security_context_keys_are_added_to_the_defaults(chart: Chart) -> None:
    """A key of the values replaces one of the defaults, null removes one, and the others stay."""
    values = {
        "podSecurityContext": {"runAsUser": None, "fsGroup": 7, "supplementalGroups": [8]},
        "securityContext": {"readOnlyRootFilesystem": False},
    }
    default, changed = chart.pod()["spec"], chart.pod(values)["spec"]
    kept = {key: value for key, value in default["securityContext"].items() if key != "runAsUser"}

    assert changed["securityContext"] == kept | {"fsGroup": 7, "supplementalGroups": [8]}
    assert changed["containers"][0]["securityContext"] == default["containers"][0]["securityContext"] | {
        "readOnlyRootFilesystem": False
    }


def test_topology_spread_without_selector_gets_one(chart: Chart) -> None:
    """A rule without a selector gets that of the release's pods of one version. A rule with a selector is kept."""
    rule = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    own = rule | {"labelSelector": {"matchLabels": {"a": "b"}}, "matchLabelKeys": []}

    first, second = chart.pod({"topologySpreadConstraints": [rule, own]})["spec"]["topologySpreadConstraints"]

    selector = chart.one("Deployment")["spec"]["selector"]
    assert first == rule | {"labelSelector": selector, "matchLabelKeys": ["pod-template-hash"]}
    assert second == rule | {"labelSelector": own["labelSelector"]}, "an API server drops an empty list"


def test_zero_replicas_and_surge_are_kept(chart: Chart) -> None:
    """Zero counts as a number, not as a missing value."""
    update = {"maxUnavailable": 1, "maxSurge": 0}
    values = {"replicaCount": 0, "revisionHistoryLimit": 0, "strategy": {"rollingUpdate": update}}
    spec = chart.one("Deployment", values)["spec"]

    assert spec["replicas"] == 0
    assert spec["revisionHistoryLimit"] == 0
    assert spec["strategy"]["rollingUpdate"] == update


def test_missing_history_limit_is_that_of_kubernetes(chart: Chart) -> None:
    """Zero would keep no ReplicaSet, and `kubectl rollout undo` needs one."""
    assert "revisionHistoryLimit" not in chart.one("Deployment", {"revisionHistoryLimit": None})["spec"]


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ({}, "census-ml-census"),
        ({"name": "mine"}, "mine"),
        ({"create": False, "name": "theirs"}, "theirs"),
        ({"create": False}, "default"),
    ],
)
def test_pods_run_as_created_or_named_service_account(chart: Chart, account: dict[str, Any], name: str) -> None:
    """The pods run as the account that the chart creates, or as the named one."""
    values = {"serviceAccount": account}

    assert chart.pod(values)["spec"]["serviceAccountName"] == name
    made = [each["metadata"]["name"] for each in chart.all("ServiceAccount", values)]
    assert made == ([name] if account.get("create", True) else [])


def test_google_service_account_becomes_gke_annotation(chart: Chart) -> None:
    """The pods act as the Google account of the value, by the annotation that GKE reads."""
    account = "census@example.iam.gserviceaccount.com"

    made = chart.one("ServiceAccount", {"serviceAccount": {"googleServiceAccount": account}})

    assert made["metadata"]["annotations"] == {"iam.gke.io/gcp-service-account": account}


def test_account_annotation_wins_over_google_account(chart: Chart) -> None:
    """An annotation of the values wins over the Google account of an environment."""
    key = "iam.gke.io/gcp-service-account"
    values = {"serviceAccount": {"googleServiceAccount": "a@b.iam.gserviceaccount.com", "annotations": {key: "other"}}}

    assert chart.one("ServiceAccount", values)["metadata"]["annotations"] == {key: "other"}


@pytest.mark.parametrize("release", ["123", "12e4567"])
def test_numeric_release_name_stays_text_in_labels(chart: Chart, release: str) -> None:
    """Labels and selectors are text, also for a release whose name looks like a number."""
    for each in chart.objects({"fullnameOverride": "census"}, release=release):
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == release
    selector = chart.one("Deployment", {"fullnameOverride": "census"}, release=release)["spec"]["selector"]
    assert selector["matchLabels"]["app.kubernetes.io/instance"] == release


def test_release_name_invalid_for_service_is_rejected(chart: Chart) -> None:
    """The chart rejects a name that a Service cannot have before an upgrade starts."""
    with pytest.raises(AssertionError, match="set fullnameOverride"):
        chart.objects(release="123")


@pytest.mark.parametrize(
    ("values", "kind", "where"),
    [
        ({"autoscaling": {"enabled": True}}, "HorizontalPodAutoscaler", "scaleTargetRef"),
        ({"autoscaling": {"enabled": True, "keda": True}}, "ScaledObject", "scaleTargetRef"),
        ({"verticalPodAutoscaler": {"enabled": True}}, "VerticalPodAutoscaler", "targetRef"),
    ],
)
def test_autoscaler_targets_the_deployment(chart: Chart, values: dict[str, Any], kind: str, where: str) -> None:
    """Each autoscaler targets the chart's Deployment, and only one sets the number of pods."""
    deployment, scaler = (chart.one(each, values) for each in ("Deployment", kind))

    assert scaler["spec"][where] == {
        "apiVersion": deployment["apiVersion"],
        "kind": deployment["kind"],
        "name": deployment["metadata"]["name"],
    }
    assert len(chart.all("HorizontalPodAutoscaler", values) + chart.all("ScaledObject", values)) == (where[0] == "s")


def test_keda_scales_by_cpu_triggers_and_same_bounds(chart: Chart) -> None:
    """KEDA gets CPU and the given triggers, with the bounds and the behavior of the HorizontalPodAutoscaler."""
    cron = {"type": "cron", "metadata": {"desiredReplicas": "6"}}
    values = {"autoscaling": {"enabled": True, "keda": True, "triggers": [cron]}}
    spec = chart.one("ScaledObject", values)["spec"]
    scaler = chart.one("HorizontalPodAutoscaler", {"autoscaling": {"enabled": True}})["spec"]

    assert spec["triggers"] == [{"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}}, cron]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (scaler["minReplicas"], scaler["maxReplicas"])
    assert spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == scaler["behavior"]


def test_autoscaler_removes_half_the_pods_after_5_minutes(chart: Chart) -> None:
    """By default at most half the pods go in a minute, after five minutes in which fewer would have sufficed."""
    scaler = chart.one("HorizontalPodAutoscaler", {"autoscaling": {"enabled": True}})["spec"]

    assert scaler["behavior"] == {
        "scaleDown": {
            "stabilizationWindowSeconds": 300,
            "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}],
        }
    }


def test_vertical_autoscaler_only_recommends(chart: Chart) -> None:
    """A pod that the autoscaler made smaller could not load the model."""
    values = {"verticalPodAutoscaler": {"enabled": True}}

    assert chart.one("VerticalPodAutoscaler", values)["spec"]["updatePolicy"] == {"updateMode": "Off"}


EVERYTHING = {
    "autoscaling": {"enabled": True},
    "batch": {"enabled": True, "input": "gs://a/rows", "output": "gs://a/predictions"},
    "gateway": {"enabled": True, "certificateMap": "census"},
    "metrics": {"serviceMonitor": True, "alerts": True, "dashboard": True},
    "ingress": {"enabled": True, "managedCertificate": True, "hosts": ["census.example.com"]},
    "test": {"user": "a", "password": "b"},
    "verticalPodAutoscaler": {"enabled": True},
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
def test_long_names_are_valid_unique_and_consistent(chart: Chart, values: dict[str, Any], release: str) -> None:
    """Names and labels have at most 63 characters. No two objects share a name, and all references use it."""
    values = values | EVERYTHING
    options = {"release": release}

    objects = chart.objects(values, **options)

    assert len({(each["kind"], each["metadata"]["name"]) for each in objects}) == len(objects) == 27
    for each in objects:
        assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", each["metadata"]["name"])
        for label in each["metadata"]["labels"].values():
            assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", label)
    names = {each["metadata"]["name"] for each in objects}
    pod, test = chart.pod(values, **options), chart.one("Pod", values, **options)
    redirect = next(each for each in names if each.endswith("-redirect")).removesuffix("-redirect")
    assert {
        volume(pod, "credentials")["secret"]["secretName"],
        volume(test, "test")["secret"]["secretName"],
        pod["spec"]["serviceAccountName"],
        chart.one("HorizontalPodAutoscaler", values, **options)["spec"]["scaleTargetRef"]["name"],
        *(test["metadata"]["name"], f"{redirect}-redirect"),  # to which nothing refers
        *(each for each in names if each.endswith(("-dashboard", "-metrics", "-batch"))),  # found by their labels
        volume(pod, "configuration")["projected"]["sources"][1]["configMap"]["name"],
    } == names
    service = chart.one("Service", values, **options)["metadata"]["name"]
    assert f"http://{service}:80" in server(test)["args"]
