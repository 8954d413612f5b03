"""The CronJob for batch scoring: its Jobs, their pods, and the values that contradict each other."""

import re
from typing import Any

import pytest
import yaml

from support.chart_rendering import Chart, Object, assert_rejected
from support.chart_values import FOREIGN, IMAGE, MODEL, server

TABLE = {"enabled": True, "input": "gs://tables/rows", "output": "gs://tables/predictions"}
FULL = "ci/full-values.yaml"


def cron_job(chart: Chart, batch: dict[str, Any] | None = None, **others: Any) -> Object:
    """Return the spec of the CronJob."""
    spec: Object = chart.one("CronJob", {"batch": TABLE | (batch or {})} | others)["spec"]
    return spec


def job(chart: Chart, batch: dict[str, Any] | None = None, **others: Any) -> Object:
    """Return the spec of a Job of the CronJob."""
    spec: Object = cron_job(chart, batch, **others)["jobTemplate"]["spec"]
    return spec


def arguments(chart: Chart, batch: dict[str, Any] | None = None, **others: Any) -> list[str]:
    """Return the arguments of the container."""
    found: list[str] = server(job(chart, batch, **others)["template"])["args"]
    return found


def test_batch_is_off_by_default(chart: Chart) -> None:
    assert chart.all("CronJob") == []


def test_index_scores_its_share_into_a_folder_of_its_job(chart: Chart) -> None:
    """A retry and a Job of the same name write into the same folder, so that finished parts are skipped."""
    container = server(job(chart, {"completions": 8, "output": "gs://tables/predictions/"})["template"])
    sources = {each["name"]: each["valueFrom"] for each in container["env"]}

    assert container["args"] == [
        *("score", "gs://example-models/census/model.pkl", "gs://tables/rows", "gs://tables/predictions/$(JOB_NAME)"),
        *("--shard-index", "$(JOB_COMPLETION_INDEX)", "--shard-count", "8", "--threads", "$(CPU_REQUEST)"),
    ]
    assert sources == {
        "JOB_NAME": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}},
        "JOB_COMPLETION_INDEX": {
            "fieldRef": {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}
        },
        "CPU_REQUEST": {"resourceFieldRef": {"containerName": "ml-census", "resource": "requests.cpu"}},
    }


@pytest.mark.parametrize(
    ("batch", "options"),
    [
        ({"keep": ["id", "a b"]}, ["--keep", "id", "--keep", "a b"]),
        ({"keep": ["*"]}, ["--keep-all"]),
        ({"maxRejected": 0}, []),
        ({"maxRejected": 0.01}, ["--max-rejected", "0.01"]),
        ({"maxRejected": 1}, ["--max-rejected", "1"]),
        ({"reasons": 0}, []),
        ({"reasons": 3}, ["--reasons", "3"]),
    ],
)
def test_value_is_an_option_of_score(chart: Chart, batch: dict[str, Any], options: list[str]) -> None:
    assert arguments(chart, batch) == arguments(chart) + options


def test_pods_without_cpu_request_choose_their_threads(chart: Chart) -> None:
    assert "--threads" not in arguments(chart, {"resources": {"requests": {"cpu": None}}})


@pytest.mark.parametrize(("schedule", "suspend"), [("", True), ("0 2 * * *", False), ("@daily", False)])
def test_cron_job_without_schedule_is_suspended(chart: Chart, schedule: str, suspend: bool) -> None:
    """The API server requires a schedule from a suspended CronJob as well."""
    spec = cron_job(chart, {"schedule": schedule})

    assert spec["suspend"] is suspend
    assert spec["schedule"] == (schedule or "0 0 1 1 *")
    assert spec["timeZone"] == "Etc/UTC"


def test_run_starts_only_after_the_run_before(chart: Chart) -> None:
    assert cron_job(chart)["concurrencyPolicy"] == "Forbid"


def test_job_is_indexed_with_limits_from_the_values(chart: Chart) -> None:
    values = yaml.safe_load((chart.folder / FULL).read_text())["batch"]
    spec = chart.one("CronJob", file=FULL)["spec"]["jobTemplate"]["spec"]

    keys = ("completions", "parallelism", "backoffLimitPerIndex", "maxFailedIndexes", "activeDeadlineSeconds")
    for key in (*keys, "ttlSecondsAfterFinished"):
        assert spec[key] == values[key]
    assert spec["completionMode"] == "Indexed"
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy needs it
    assert (pod["nodeSelector"], pod["tolerations"]) == (values["nodeSelector"], values["tolerations"])
    assert server(spec["template"])["resources"] == values["resources"]


@pytest.mark.parametrize("key", ["maxFailedIndexes", "activeDeadlineSeconds", "ttlSecondsAfterFinished"])
def test_null_sets_no_limit(chart: Chart, key: str) -> None:
    assert key not in job(chart, {key: None})


def test_zero_failed_indexes_is_a_limit(chart: Chart) -> None:
    assert job(chart, {"maxFailedIndexes": 0})["maxFailedIndexes"] == 0


def test_disruption_is_no_failure_and_bad_input_no_retry(chart: Chart) -> None:
    """Exit code 65 means input that no retry can mend."""
    assert job(chart)["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {
            "action": "FailIndex",
            "onExitCodes": {"containerName": "ml-census", "operator": "In", "values": [65]},
        },
    ]


@pytest.mark.parametrize("queue", ["", "night"])
def test_kueue_starts_the_jobs_of_a_queue(chart: Chart, queue: str) -> None:
    """The Job has the label, since Kueue queues Jobs. The Job is suspended until Kueue admits the Job."""
    template = cron_job(chart, {"queueName": queue})["jobTemplate"]

    assert template["metadata"]["labels"].get("kueue.x-k8s.io/queue-name", "") == queue
    assert template["spec"].get("suspend", False) is bool(queue)
    assert "kueue.x-k8s.io/queue-name" not in template["spec"]["template"]["metadata"]["labels"]


@pytest.mark.parametrize(
    ("image", "batch", "expected"),
    [
        ({}, {}, "registry.example/ml-census:VERSION-batch"),
        ({"tag": "1"}, {}, "registry.example/ml-census:1-batch"),
        ({"digest": f"sha256:{64 * 'a'}"}, {}, "registry.example/ml-census:VERSION-batch"),
        ({"tag": "1"}, {"tag": "2"}, "registry.example/ml-census:2"),
        ({}, {"repository": "b/c", "digest": f"sha256:{64 * 'b'}"}, f"b/c@sha256:{64 * 'b'}"),
    ],
)
def test_image_is_that_of_the_server_with_a_suffix(
    chart: Chart, image: dict[str, Any], batch: dict[str, Any], expected: str
) -> None:
    version = yaml.safe_load((chart.folder / "Chart.yaml").read_text())["appVersion"]
    template = job(chart, {"image": batch}, image=IMAGE["image"] | image)["template"]

    assert server(template)["image"] == expected.replace("VERSION", version)


def test_pods_have_account_and_placement_of_the_server(chart: Chart) -> None:
    """Without values of their own, the pods run on the nodes of the server. They do not have its priority."""
    placed: dict[str, Any] = {
        "nodeSelector": {"pool": "a"},
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": "serving",
    }
    pod, batch = (each["spec"] for each in (chart.pod(placed), job(chart, **placed)["template"]))

    for key in ("nodeSelector", "tolerations", "serviceAccountName", "securityContext"):
        assert batch[key] == pod[key]
    assert "priorityClassName" not in batch


def test_batch_policy_has_egress_of_the_server_alone(chart: Chart) -> None:
    policies = chart.all("NetworkPolicy", {"batch": TABLE})
    own, batch = (each["spec"] for each in policies)
    labels = job(chart)["template"]["metadata"]["labels"]

    assert batch["podSelector"]["matchLabels"].items() <= labels.items()
    assert not batch["podSelector"]["matchLabels"].items() <= chart.pod()["metadata"]["labels"].items()
    assert batch["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in batch
    assert batch["egress"] == own["egress"]


@pytest.mark.parametrize("release", ["census", "r" * 53, "census.v1"])
def test_names_of_jobs_and_host_names_fit_63_characters(chart: Chart, release: str) -> None:
    """The host name of a pod is the name of the Job and the index."""
    name = chart.one("CronJob", {"batch": TABLE}, release=release)["metadata"]["name"]

    assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", f"{name}-20261128-0200-9999")


@pytest.mark.parametrize(
    ("schedule", "says"), [("", "rows. Start"), ("0 2 * * *", "rows runs at 0 2 * * * (UTC). Start")]
)
def test_notes_start_and_follow_a_run(chart: Chart, schedule: str, says: str) -> None:
    notes = chart.notes({"batch": TABLE | {"schedule": schedule}})

    assert f"Batch scoring of gs://tables/{says}" in notes
    assert "create job --from=cronjob/census-ml-census-batch $RUN" in notes
    assert "logs --selector batch.kubernetes.io/job-name=$RUN" in notes
    assert "gs://tables/predictions/$RUN" in notes


def test_notes_without_batch_have_no_run(chart: Chart) -> None:
    assert "RUN" not in chart.notes()


CONTRADICTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"input": ""}, ["batch.input is missing"]),
    ({"output": None}, ["batch.output is missing"]),
    ({"input": "s3://tables/rows"}, ["batch.input must be a gs:// URI or an absolute path"]),
    ({"output": "predictions"}, ["batch.output must be a gs:// URI or an absolute path"]),
    ({"output": "gs://tables/rows"}, ["batch.output is in the folder batch.input"]),
    ({"output": "gs://tables/rows/new/"}, ["batch.output is in the folder batch.input"]),
    ({"completions": 2, "parallelism": 3}, ["batch.parallelism is 3", "at most batch.completions, 2"]),
    ({"completions": 2, "maxFailedIndexes": 3}, ["batch.maxFailedIndexes is 3", "at most batch.completions, 2"]),
    ({"keep": ["*", "id"]}, ["batch.keep: * keeps all columns"]),
]
OTHER = {"prediction_decoding": "gs://models/other/prediction_decoding.json"}


@pytest.mark.parametrize(("batch", "says"), CONTRADICTIONS, ids=[str(batch) for batch, _ in CONTRADICTIONS])
def test_contradiction_is_rejected(chart: Chart, batch: dict[str, Any], says: list[str]) -> None:
    assert_rejected(chart, FOREIGN | {"batch": TABLE | batch}, says)


def test_decoding_of_another_folder_is_rejected(chart: Chart) -> None:
    """The batch pods read the file that `ml-census publish` wrote beside the model."""
    own = {"prediction_decoding": "gs://models/prediction_decoding.json"}

    assert chart.objects(FOREIGN | {"config": MODEL | own, "batch": TABLE}, file=None)
    assert_rejected(
        chart,
        FOREIGN | {"config": MODEL | OTHER, "batch": TABLE},
        ["config.prediction_decoding is another file", "set config.prediction_decoding to gs://models/prediction_d"],
    )


def test_batch_accepts_the_model_of_the_server_alone(chart: Chart) -> None:
    values = FOREIGN | {"config": MODEL | {"model_sha256": 64 * "a"}, "batch": TABLE}
    container = server(chart.one("CronJob", values, file=None)["spec"]["jobTemplate"]["spec"]["template"])

    assert container["args"][-2:] == ["--model-sha256", 64 * "a"]


def test_bucket_of_tables_needs_a_way_to_storage(chart: Chart) -> None:
    local = FOREIGN | {"config": {"model_path": "/model/model.pkl"}, "networkPolicy": {"https": False}}

    assert_rejected(chart, local | {"batch": TABLE}, ["gs:// URIs need a way to Cloud Storage"])


PERMITTED: dict[str, dict[str, Any]] = {
    "off and empty": {"enabled": False, "input": "", "parallelism": 5},
    "output beside the input": {"output": "gs://tables/rows-of-today"},
    "glob": {"input": "gs://tables/rows/*.parquet", "output": "gs://tables/rows/predictions"},
    "all indexes may fail": {"completions": 2, "maxFailedIndexes": 2},
}


@pytest.mark.parametrize("batch", PERMITTED.values(), ids=PERMITTED)
def test_batch_without_contradiction_is_accepted(chart: Chart, batch: dict[str, Any]) -> None:
    assert chart.objects(FOREIGN | {"config": MODEL, "batch": TABLE | batch}, file=None)
