"""Batch scoring on the cluster: an Indexed Job scores a table of the bucket, also through an eviction and bad input."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pandas
import pytest

from e2e.cluster import CHART, Bucket, Release, image, kubectl, wait_for
from e2e.traffic import PREDICTION, ROW

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"
CRON_JOB = "ml-census-batch"
MEMORY, DISK = "768Mi", "256Mi"
SETTINGS: dict[str, object] = {
    "batch.enabled": "true",
    "batch.output": "gs://models/predictions",
    "batch.keep": ["customer"],
    "batch.completions": 3,
    "batch.parallelism": 2,
    "batch.resources.requests.cpu": "100m",
    **{f"batch.resources.{part}.memory": MEMORY for part in ("requests", "limits")},
    **{f"batch.resources.{part}.ephemeral-storage": DISK for part in ("requests", "limits")},
}
LARGE = 600_000
"""Number of rows of a file whose part takes seconds."""


def put_table(bucket: Bucket, folder: str, counts: Sequence[int], dropped: str = "") -> None:
    """Write Parquet files with these numbers of rows. `dropped` is a column that the files lack."""
    names = [column["name"] for column in json.loads(bucket.get("census/schema.json"))["columns"]]
    for number, count in enumerate(counts):
        frame = pandas.DataFrame([ROW], columns=names).loc[[0] * count].assign(customer=range(count))
        buffer = io.BytesIO()
        frame.drop(columns=dropped or []).to_parquet(buffer, index=False)
        bucket.put(f"{folder}/{number}.parquet", buffer.getvalue())


@pytest.fixture(scope="module", autouse=True)
def tables(bucket: Bucket) -> None:
    put_table(bucket, "rows", (1000, 1000, 500))
    put_table(bucket, "large", (LARGE,) * 3)
    put_table(bucket, "bad", (10, 10, 10), dropped="age")


@pytest.fixture
def batch(release: Release, bucket: Bucket) -> Iterator[Release]:
    """Yield the release, and delete its Jobs at the end."""
    yield release
    kubectl("--namespace", release.namespace, "delete", "jobs", "--all")


def start(release: Release, table: str, run: str) -> None:
    """Install the release with a table as input, and start a run."""
    batch_image = {f"batch.{key}": value for key, value in image("BATCH_IMAGE").items()}
    release.upgrade(ARTICLE, SETTINGS | batch_image | {"batch.input": f"gs://models/{table}"})
    kubectl("--namespace", release.namespace, "create", "job", f"--from=cronjob/{CRON_JOB}", run)


def conditions(release: Release, run: str) -> dict[str, str]:
    """Return the conditions of a Job that are true, with their reasons."""
    found = release.get("job", run)["status"].get("conditions", [])
    return {each["type"]: each.get("reason", "") for each in found if each["status"] == "True"}


def job_pods(release: Release, run: str) -> list[dict[str, Any]]:
    """Return the pods of a Job."""
    found: list[dict[str, Any]] = release.get("pods", "--selector", f"batch.kubernetes.io/job-name={run}")["items"]
    return found


def totals(bucket: Bucket, run: str) -> dict[str, Any]:
    """Return the content of _SUCCESS."""
    content: dict[str, Any] = json.loads(bucket.get(f"predictions/{run}/_SUCCESS"))
    return content


def test_job_scores_each_row_once_beside_the_server(batch: Release, bucket: Bucket) -> None:
    """The Service has no address of the Job's pods."""
    start(batch, "rows", "small")

    wait_for("the run", lambda: "Complete" in conditions(batch, "small"))

    assert totals(bucket, "small")["rows_in"] == 2500
    part = pandas.read_parquet(io.BytesIO(bucket.get("predictions/small/part-00002.parquet")))
    assert list(part["customer"]) == list(range(500))
    assert set(part["prediction"]) == {PREDICTION}
    pods = job_pods(batch, "small")
    assert sorted(pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] for pod in pods) == [*"012"]
    served = json.dumps(batch.get("endpointslices", "--selector", "kubernetes.io/service-name=ml-census"))
    assert not [pod for pod in pods if pod["metadata"]["name"] in served]


def test_run_of_the_same_name_keeps_finished_parts(batch: Release, bucket: Bucket) -> None:
    start(batch, "rows", "again")
    wait_for("the run", lambda: "Complete" in conditions(batch, "again"))
    before = bucket.get("predictions/again/part-00000.json")

    kubectl("--namespace", batch.namespace, "delete", "job", "again")
    start(batch, "rows", "again")
    wait_for("the second run", lambda: "Complete" in conditions(batch, "again"))

    assert bucket.get("predictions/again/part-00000.json") == before


def test_evicted_pod_is_replaced_without_a_failure(batch: Release, bucket: Bucket) -> None:
    """An eviction, as of a node drain, is no retry: no index has a failure."""
    start(batch, "large", "evicted")
    running = wait_for("a running pod", lambda: [each for each in job_pods(batch, "evicted")
                                                 if each["status"]["phase"] == "Running"])  # fmt: skip
    pod = running[0]["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": batch.namespace}}
    path = f"/api/v1/namespaces/{batch.namespace}/pods/{pod}/eviction"

    kubectl("create", "--raw", path, "--filename", "-", stdin=json.dumps(eviction))
    wait_for("the run", lambda: "Complete" in conditions(batch, "evicted"), 300)

    assert totals(bucket, "evicted")["rows_in"] == 3 * LARGE
    failures = {each["metadata"]["annotations"].get("batch.kubernetes.io/job-index-failure-count", "0")
                for each in job_pods(batch, "evicted")}  # fmt: skip
    assert failures == {"0"}


def test_bad_input_fails_each_index_without_a_retry(batch: Release) -> None:
    """The command ends with exit code 65."""
    start(batch, "bad", "bad")

    wait_for("the end", lambda: "Failed" in conditions(batch, "bad"))

    assert conditions(batch, "bad")["Failed"] == "FailedIndexes"
    pods = job_pods(batch, "bad")
    states = [pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] for pod in pods]
    assert states == [65, 65, 65]
    log = kubectl("--namespace", batch.namespace, "logs", pods[0]["metadata"]["name"])
    assert "has no column age" in log


def test_batch_pods_are_in_no_selector_of_the_server(batch: Release) -> None:
    start(batch, "rows", "labels")
    labels = wait_for("a pod", lambda: job_pods(batch, "labels"))[0]["metadata"]["labels"].items()

    budget, policy = (batch.get(kind, "ml-census")["spec"] for kind in ("poddisruptionbudget", "networkpolicy"))
    selectors = [budget["selector"]["matchLabels"], policy["podSelector"]["matchLabels"]]
    selectors.append(batch.get("service", "ml-census")["spec"]["selector"])
    assert not [selector for selector in selectors if selector.items() <= labels]
