"""Helm rejects wrong values with their place, and each rule of the schema rejects some value."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from support.chart_rendering import Chart
from support.chart_values import FOREIGN

Node = dict[str, Any]
Path = tuple[Any, ...]

# Wrong values, and the place that the message names. generated() adds other types and unknown keys.
REJECTED: list[tuple[Node, str]] = [
    ({"replicas": 2}, "additional properties 'replicas' not allowed"),
    ({"replicaCount": -1}, "/replicaCount"),
    ({"replicaCount": "2"}, "/replicaCount"),
    ({"image": {"tag": 1.1}}, "/image/tag"),
    ({"image": {"tag": "a b"}}, "/image/tag"),
    ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
    ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
    ({"image": {"name": "x"}}, "additional properties 'name' not allowed"),
    ({"imagePullSecrets": ["registry"]}, "/imagePullSecrets/0"),
    ({"imagePullSecrets": [{"name": ""}]}, "/imagePullSecrets/0/name"),
    ({"imagePullSecrets": [{}]}, "/imagePullSecrets/0"),
    ({"nameOverride": "Census"}, "/nameOverride"),
    ({"fullnameOverride": "-census"}, "/fullnameOverride"),
    ({"config": {"model_name": "the model"}}, "/config/model_name"),
    ({"config": {"model_sha256": 63 * "a"}}, "/config/model_sha256"),
    ({"config": {"model_sha256": 5}}, "/config/model_sha256"),
    ({"config": {"model_sha256": 64 * "A"}}, "/config/model_sha256"),
    ({"config": {"unauthenticated_protocols": "mlflow"}}, "/config/unauthenticated_protocols"),
    ({"config": {"unauthenticated_protocols": ["grpc"]}}, "/config/unauthenticated_protocols/0"),
    ({"config": {"unauthenticated_protocols": ["mlflow", "mlflow"]}}, "/config/unauthenticated_protocols"),
    ({"config": {"cors_origins": "https://a.example"}}, "/config/cors_origins"),
    ({"config": {"cors_origins": ["https://a.example/"]}}, "/config/cors_origins/0"),
    ({"config": {"cors_origins": [7]}}, "/config/cors_origins/0"),
    ({"config": {"cors_origins": ["*", "*"]}}, "/config/cors_origins"),
    ({"config": {"access_log": "yes"}}, "/config/access_log"),
    ({"config": {"max_model_bytes": 1099511627777}}, "/config/max_model_bytes"),
    ({"config": {"reload_interval_seconds": 10000001}}, "/config/reload_interval_seconds"),
    ({"config": {"max_body_bytes": 1073741825}}, "/config/max_body_bytes"),
    ({"config": {"max_rows": 1000000001}}, "/config/max_rows"),
    ({"config": {"request_timeout_seconds": 10000001}}, "/config/request_timeout_seconds"),
    ({"config": {"keep_alive_timeout_seconds": 10000001}}, "/config/keep_alive_timeout_seconds"),
    ({"config": {"trusted_proxies": 101}}, "/config/trusted_proxies"),
    ({"config": {"drain_delay_seconds": 10000001}}, "/config/drain_delay_seconds"),
    ({"config": {"drain_deadline_seconds": 10000001}}, "/config/drain_deadline_seconds"),
    ({"config": {"trusted_globals": "a.B"}}, "/config/trusted_globals"),
    ({"config": {"trusted_globals": ["eval"]}}, "/config/trusted_globals/0"),
    ({"config": {"trusted_globals": [1.5]}}, "/config/trusted_globals/0"),
    ({"config": {"sklearn_version_mismatch": "ignore"}}, "/config/sklearn_version_mismatch"),
    ({"config": {"sklearn_version_mismatch": None}}, "missing property 'sklearn_version_mismatch'"),
    ({"config": {"max_model_bytes": 0}}, "/config/max_model_bytes"),
    ({"config": {"max_model_bytes": "1Gi"}}, "/config/max_model_bytes"),
    ({"config": {"reload_interval_seconds": -1}}, "/config/reload_interval_seconds"),
    ({"config": {"reload_interval_seconds": 0.5}}, "/config/reload_interval_seconds"),
    ({"config": {"reload_interval_seconds": None}}, "missing property 'reload_interval_seconds'"),
    ({"config": {"cache_path": "/elsewhere"}}, "additional properties 'cache_path' not allowed"),
    ({"config": {"max_body_bytes": 0}}, "/config/max_body_bytes"),
    ({"config": {"max_body_bytes": "1Mi"}}, "/config/max_body_bytes"),
    ({"config": {"max_rows": 0}}, "/config/max_rows"),
    ({"config": {"max_rows": "many"}}, "/config/max_rows"),
    ({"config": {"max_rows": None}}, "missing property 'max_rows'"),
    ({"config": {"request_timeout_seconds": 0}}, "/config/request_timeout_seconds"),
    ({"config": {"request_timeout_seconds": "30s"}}, "/config/request_timeout_seconds"),
    ({"config": {"request_timeout_seconds": None}}, "missing property 'request_timeout_seconds'"),
    ({"config": {"keep_alive_timeout_seconds": 0}}, "/config/keep_alive_timeout_seconds"),
    ({"config": {"keep_alive_timeout_seconds": 1.5}}, "/config/keep_alive_timeout_seconds"),
    ({"config": {"keep_alive_timeout_seconds": None}}, "missing property 'keep_alive_timeout_seconds'"),
    ({"config": {"trusted_proxies": -1}}, "/config/trusted_proxies"),
    ({"config": {"trusted_proxies": True}}, "/config/trusted_proxies"),
    ({"config": {"drain_delay_seconds": -1}}, "/config/drain_delay_seconds"),
    ({"config": {"drain_delay_seconds": "5s"}}, "/config/drain_delay_seconds"),
    ({"config": {"drain_deadline_seconds": 1.5}}, "/config/drain_deadline_seconds"),
    ({"config": {"modelPath": "/model"}}, "additional properties 'modelPath' not allowed"),
    ({"credentials": {"existingSecret": "My Secret"}}, "/credentials/existingSecret"),
    ({"credentials": {"externalSecret": {"store": "My Store"}}}, "/credentials/externalSecret/store"),
    ({"credentials": {"externalSecret": {"storeKind": "Vault"}}}, "/credentials/externalSecret/storeKind"),
    ({"credentials": {"externalSecret": {"storeKind": None}}}, "missing property 'storeKind'"),
    ({"credentials": {"externalSecret": {"users": 1}}}, "/credentials/externalSecret/users"),
    ({"credentials": {"externalSecret": {"signingKey": 1}}}, "/credentials/externalSecret/signingKey"),
    ({"credentials": {"externalSecret": {"refreshInterval": "often"}}}, "/credentials/externalSecret/refreshInterval"),
    ({"credentials": {"externalSecret": {"refreshInterval": None}}}, "missing property 'refreshInterval'"),
    ({"credentials": {"externalSecret": {"key": "a"}}}, "additional properties 'key' not allowed"),
    ({"credentials": {"secretManager": {"users": "census-users"}}}, "/credentials/secretManager/users"),
    (
        {"credentials": {"secretManager": {"signingKey": "projects/p/secrets/s"}}},
        "/credentials/secretManager/signingKey",
    ),
    ({"credentials": {"secretManager": {"key": "a"}}}, "additional properties 'key' not allowed"),
    ({"serviceAccount": {"googleServiceAccount": "census"}}, "/serviceAccount/googleServiceAccount"),
    ({"credentials": {"users": {"a": ""}}}, "/credentials/users/a"),
    ({"credentials": {"password": "x"}}, "additional properties 'password' not allowed"),
    ({"extraEnv": {"A": "b"}}, "/extraEnv"),
    ({"extraVolumes": ["model"]}, "/extraVolumes/0"),
    ({"extraVolumeMounts": ["/model"]}, "/extraVolumeMounts/0"),
    ({"serviceAccount": {"create": "yes"}}, "/serviceAccount/create"),
    ({"serviceAccount": {"name": "A"}}, "/serviceAccount/name"),
    ({"serviceAccount": {"annotations": {"a": 1}}}, "/serviceAccount/annotations/a"),
    ({"serviceAccount": {"automount": True}}, "additional properties 'automount' not allowed"),
    ({"deploymentAnnotations": {"a": True}}, "/deploymentAnnotations/a"),
    ({"podAnnotations": {"a": 1}}, "/podAnnotations/a"),
    ({"podLabels": {"a": 1}}, "/podLabels/a"),
    ({"service": {"type": "ExternalName"}}, "/service/type"),
    ({"service": {"port": 0}}, "/service/port"),
    ({"service": {"port": 65536}}, "/service/port"),
    ({"service": {"annotations": {"a": 1}}}, "/service/annotations/a"),
    ({"service": {"loadBalancerIP": "census"}}, "/service/loadBalancerIP"),
    ({"service": {"loadBalancerSourceRanges": ["10.0.0.1"]}}, "/service/loadBalancerSourceRanges/0"),
    ({"service": {"internal": "yes"}}, "/service/internal"),
    ({"service": {"externalTrafficPolicy": "local"}}, "/service/externalTrafficPolicy"),
    ({"networkPolicy": {"dns": ["10.0.0"]}}, "/networkPolicy/dns/0"),
    ({"gateway": {"enabled": "yes"}}, "/gateway/enabled"),
    ({"gateway": {"hostnames": "a.example"}}, "/gateway/hostnames"),
    ({"gateway": {"parentRefs": ["shared"]}}, "/gateway/parentRefs/0"),
    ({"gateway": {"parentRefs": [{"namespace": "gateways"}]}}, "missing property 'name'"),
    ({"gateway": {"className": ""}}, "/gateway/className"),
    ({"gateway": {"address": "198.51.100.1/32"}}, "/gateway/address"),
    ({"gateway": {"certificateMap": "A"}}, "/gateway/certificateMap"),
    ({"gateway": {"tlsSecret": "A"}}, "/gateway/tlsSecret"),
    ({"gateway": {"create": True}}, "additional properties 'create' not allowed"),
    ({"ingress": {"enabled": 1}}, "/ingress/enabled"),
    ({"ingress": {"className": ""}}, "/ingress/className"),
    ({"ingress": {"annotations": {"a": 1}}}, "/ingress/annotations/a"),
    ({"ingress": {"address": "A"}}, "/ingress/address"),
    ({"ingress": {"managedCertificate": "yes"}}, "/ingress/managedCertificate"),
    ({"ingress": {"tlsSecret": "A"}}, "/ingress/tlsSecret"),
    ({"ingress": {"path": "/"}}, "additional properties 'path' not allowed"),
    ({"googleLoadBalancer": {"enabled": None}}, "missing property 'enabled'"),
    ({"googleLoadBalancer": {"timeoutSeconds": 0}}, "/googleLoadBalancer/timeoutSeconds"),
    ({"googleLoadBalancer": {"securityPolicy": "A"}}, "/googleLoadBalancer/securityPolicy"),
    ({"googleLoadBalancer": {"logSampleRate": 1.1}}, "/googleLoadBalancer/logSampleRate"),
    ({"googleLoadBalancer": {"cdn": True}}, "additional properties 'cdn' not allowed"),
    ({"service": {"nodePort": 30000}}, "additional properties 'nodePort' not allowed"),
    ({"networkPolicy": {"monitoring": ["My Namespace"]}}, "/networkPolicy/monitoring/0"),
    ({"metrics": {"enabled": 1}}, "/metrics/enabled"),
    ({"metrics": {"enabled": None}}, "missing property 'enabled'"),
    ({"metrics": {"podMonitoring": {}}}, "/metrics/podMonitoring"),
    ({"metrics": {"serviceMonitor": "yes"}}, "/metrics/serviceMonitor"),
    ({"metrics": {"alerts": []}}, "/metrics/alerts"),
    ({"metrics": {"dashboard": 1}}, "/metrics/dashboard"),
    ({"metrics": {"interval": "often"}}, "/metrics/interval"),
    ({"metrics": {"interval": None}}, "missing property 'interval'"),
    ({"metrics": {"labels": {"a": 1}}}, "/metrics/labels/a"),
    ({"metrics": {"port": 1}}, "additional properties 'port' not allowed"),
    ({"networkPolicy": {"enabled": "yes"}}, "/networkPolicy/enabled"),
    ({"networkPolicy": {"from": ["clients"]}}, "/networkPolicy/from/0"),
    ({"networkPolicy": {"from": [{}]}}, "/networkPolicy/from/0"),
    ({"networkPolicy": {"fromGoogleLoadBalancer": 1}}, "/networkPolicy/fromGoogleLoadBalancer"),
    ({"networkPolicy": {"dns": ["coredns"]}}, "/networkPolicy/dns/0"),
    ({"networkPolicy": {"metadataServer": "yes"}}, "/networkPolicy/metadataServer"),
    ({"networkPolicy": {"https": "yes"}}, "/networkPolicy/https"),
    ({"networkPolicy": {"extraEgress": [{}]}}, "/networkPolicy/extraEgress/0"),
    ({"networkPolicy": {"egress": []}}, "additional properties 'egress' not allowed"),
    ({"resources": "small"}, "/resources"),
    ({"probes": {"startup": {"periodSeconds": 0}}}, "/probes/startup/periodSeconds"),
    ({"probes": {"startup": {"timeoutSeconds": "1s"}}}, "/probes/startup/timeoutSeconds"),
    ({"probes": {"readiness": {"periodSeconds": 0}}}, "/probes/readiness/periodSeconds"),
    ({"probes": {"readiness": {"timeoutSeconds": "1s"}}}, "/probes/readiness/timeoutSeconds"),
    ({"probes": {"liveness": {"periodSeconds": 0}}}, "/probes/liveness/periodSeconds"),
    ({"probes": {"liveness": {"timeoutSeconds": "1s"}}}, "/probes/liveness/timeoutSeconds"),
    ({"probes": {"ready": {}}}, "additional properties 'ready' not allowed"),
    ({"preStopSleepSeconds": -1}, "/preStopSleepSeconds"),
    ({"minReadySeconds": "5s"}, "/minReadySeconds"),
    ({"podDisruptionBudget": {"enabled": "yes"}}, "/podDisruptionBudget/enabled"),
    ({"podDisruptionBudget": {"maxUnavailable": "one"}}, "/podDisruptionBudget/maxUnavailable"),
    ({"podDisruptionBudget": {"minAvailable": 1}}, "additional properties 'minAvailable' not allowed"),
    ({"terminationGracePeriodSeconds": 0}, "/terminationGracePeriodSeconds"),
    ({"terminationGracePeriodSeconds": "40s"}, "/terminationGracePeriodSeconds"),
    ({"allowHTTP": "yes"}, "/allowHTTP"),
    ({"rollingUpdate": {"maxSurge": "half"}}, "/rollingUpdate/maxSurge"),
    ({"rollingUpdate": {"maxUnavailable": -1}}, "/rollingUpdate/maxUnavailable"),
    ({"rollingUpdate": {"type": "Recreate"}}, "additional properties 'type' not allowed"),
    ({"autoscaling": {"enabled": "true"}}, "/autoscaling/enabled"),
    ({"autoscaling": {"minReplicas": 0}}, "/autoscaling/minReplicas"),
    ({"autoscaling": {"maxReplicas": 0}}, "/autoscaling/maxReplicas"),
    ({"autoscaling": {"targetCPUUtilizationPercentage": -1}}, "/autoscaling/targetCPUUtilizationPercentage"),
    ({"autoscaling": {"behavior": []}}, "/autoscaling/behavior"),
    ({"autoscaling": {"keda": "yes"}}, "/autoscaling/keda"),
    ({"autoscaling": {"metrics": [{"resource": {}}]}}, "/autoscaling/metrics/0"),
    ({"autoscaling": {"metrics": ["cpu"]}}, "/autoscaling/metrics/0"),
    ({"autoscaling": {"triggers": [{"type": "cron"}]}}, "/autoscaling/triggers/0"),
    ({"autoscaling": {"cpu": 50}}, "additional properties 'cpu' not allowed"),
    ({"verticalPodAutoscaler": {"enabled": "Auto"}}, "/verticalPodAutoscaler/enabled"),
    ({"verticalPodAutoscaler": {"enabled": None}}, "missing property 'enabled'"),
    ({"verticalPodAutoscaler": {"updateMode": "Auto"}}, "additional properties 'updateMode' not allowed"),
    ({"nodeSelector": {"a": 1}}, "/nodeSelector/a"),
    ({"priorityClassName": 1}, "/priorityClassName"),
    ({"priorityClassName": "High"}, "/priorityClassName"),
    ({"tolerations": {}}, "/tolerations"),
    ({"affinity": []}, "/affinity"),
    ({"topologySpreadConstraints": ["zone"]}, "/topologySpreadConstraints/0"),
    ({"test": {"user": 1}}, "/test/user"),
    ({"test": {"password": 1}}, "/test/password"),
    ({"test": {"existingSecret": "A"}}, "/test/existingSecret"),
    ({"test": {"rows": []}}, "additional properties 'rows' not allowed"),
    ({"global": 1}, "/global"),
    ({"enabled": "true"}, "/enabled"),
    ({"imagePullSecrets": [{"name": "a", "key": "b"}]}, "additional properties 'key' not allowed"),
    ({"imagePullSecrets": [{"name": 1}]}, "/imagePullSecrets/0/name"),
    ({"config": {"drain_deadline_seconds": -1}}, "/config/drain_deadline_seconds"),
    ({"credentials": {"users": {"a": 1}}}, "/credentials/users/a"),
    ({"googleLoadBalancer": {"timeoutSeconds": 86401}}, "/googleLoadBalancer/timeoutSeconds"),
    ({"googleLoadBalancer": {"logSampleRate": -0.1}}, "/googleLoadBalancer/logSampleRate"),
    ({"minReadySeconds": -1}, "/minReadySeconds"),
    ({"rollingUpdate": {"maxUnavailable": "half"}}, "/rollingUpdate/maxUnavailable"),
    ({"rollingUpdate": {"maxSurge": -1}}, "/rollingUpdate/maxSurge"),
    ({"rollingUpdate": {"maxUnavailable": 1, "maxSurge": None}}, "missing property 'maxSurge'"),
    ({"podDisruptionBudget": {"maxUnavailable": -1}}, "/podDisruptionBudget/maxUnavailable"),
    ({"autoscaling": {"triggers": [{"metadata": {}}]}}, "/autoscaling/triggers/0"),
]


def test_wrong_value_is_rejected_with_its_place(chart: Chart) -> None:
    """Helm rejects each wrong value by the schema, and the message names its place."""
    messages = [(values, place, chart.error(values)) for values, place in REJECTED]

    assert [each for each in messages if "schema" not in each[2] or each[1] not in each[2]] == []


RAW = {("resources",), ("autoscaling", "behavior"), ("test", "row")}
"""Values whose contents are Kubernetes' or the model's, not the chart's."""


@pytest.fixture(scope="module")
def schema(chart: Chart) -> Node:
    """Return the chart's schema."""
    found: Node = json.loads((chart.folder / "values.schema.json").read_text())
    return found


@pytest.fixture(scope="module")
def values(chart: Chart) -> Node:
    """Return the defaults with the values that are needed to install."""
    found: Node = merged(yaml.safe_load((chart.folder / "values.yaml").read_text()), FOREIGN)
    return found


def merged(values: Any, changes: Any) -> Any:
    """Return values with changes as Helm merges them: null removes a key."""
    if not (isinstance(values, dict) and isinstance(changes, dict)):
        return changes
    kept = {key: value for key, value in values.items() if changes.get(key, value) is not None}
    return kept | {key: merged(kept.get(key), value) for key, value in changes.items() if value is not None}


def generated(values: Node, path: Path = ()) -> Iterator[Node]:
    """Yield for each value one of another type, for each list an item of another type, for each block a new key."""
    for key, value in values.items():
        here = (*path, key)
        yield nested(here, "x" if isinstance(value, dict | list) else ["x"])
        if here in RAW:
            continue
        if isinstance(value, list):
            yield nested(here, [1])
        if isinstance(value, dict) and value:
            yield nested((*here, "unknown"), 1)
            yield from generated(value, here)


def missing(values: Node, path: Path = ()) -> Iterator[Node]:
    """Yield for each value a change that removes it."""
    for key, value in values.items():
        yield nested((*path, key), None)
        if isinstance(value, dict):
            yield from missing(value, (*path, key))


def nested(path: Path, value: Any) -> Node:
    """Return nested dictionaries with the value at the path, which is not empty."""
    for key in reversed(path):
        value = {key: value}
    found: Node = value
    return found


def test_other_types_and_unknown_keys_are_rejected(schema: Node, values: Node) -> None:
    """The schema rejects them wherever there is a value. The rows above show that Helm reads the schema likewise."""
    validator = jsonschema.Draft7Validator(schema)

    passed = [wrong for wrong in generated(values) if validator.is_valid(merged(values, wrong))]

    assert passed == []


def rules(node: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of all rules: a schema without one of them accepts more values."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    for key, value in node.items() if isinstance(node, dict) else ():
        here = (*path, key)
        if path[-1:] != ("properties",) and key not in ("$schema", "title", "description", "properties"):
            yield here
        if key == "required":
            yield from ((*here, number) for number in range(len(value)))
        elif key not in ("anyOf", "enum", "not", "type"):
            yield from rules(value, here)


def without(schema: Node, path: Path) -> Node:
    """Return a copy of the schema without the rule."""
    changed = copy.deepcopy(schema)
    node = changed
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return changed


def idle(schema: Node, documents: list[Any]) -> Iterator[str]:
    """Yield each rule without which no rejected document would pass."""
    validator = jsonschema.Draft7Validator(schema)
    wrong = [document for document in documents if not validator.is_valid(document)]
    for path in rules(schema):
        weaker = jsonschema.Draft7Validator(without(schema, path))
        if not any(weaker.is_valid(document) for document in wrong):
            yield "/".join(map(str, path))


def test_rule_of_the_schema_rejects_some_value(schema: Node, values: Node) -> None:
    """Without the rule, some wrong value that the schema rejects now would pass.

    A rule below a top-level value is tried on that value alone: all other values are the defaults, which are valid.
    """
    changes = [row for row, _ in REJECTED] + [*generated(values), *missing(values)]
    documents = [merged(values, change) for change in changes]
    top = schema | {"properties": {key: {} for key in schema["properties"]}}

    found = list(idle(top, [*documents, []]))
    for key, below in schema["properties"].items():
        found += [f"{key}/{rule}" for rule in idle(below, [each[key] for each in documents if key in each])]

    assert jsonschema.Draft7Validator(schema).is_valid(values)
    assert found == []
