"""Complete a run: check the sums of its finished parts against the input, and write metrics.prom and _SUCCESS."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from ml_census import storage
from ml_census.batch import repeated_storage
from ml_census.batch.errors import BatchError
from ml_census.batch.output_folder import METRICS, SUCCESS, OutputFolder, name, unfinished
from ml_census.batch.plan import Plan, in_threads
from ml_census.storage import StoredFile, json_file


@dataclass(frozen=True)
class State:
    """The state of a run: the parts that are not finished, or the totals if all are."""

    parts: int
    missing: Sequence[int] = ()
    totals: Mapping[str, Any] | None = None


def complete(plan: Plan, output: OutputFolder) -> State:
    """Return the state of a run. If all parts are finished, check their sums and write metrics.prom and _SUCCESS.

    Raises BatchError if a file of the input has changed, or if a file of the output is
    missing or is not that of its part. Raises StorageError.
    """
    files = output.files()
    if missing := unfinished(range(len(plan.parts)), files):
        return State(len(plan.parts), missing)
    _check_input(plan)
    reports = in_threads(lambda number: _read_report(plan, output, files, number), range(len(plan.parts)))
    totals = _totals(plan, reports)
    output.create(METRICS, _metrics(plan, totals))
    output.create(SUCCESS, (json.dumps(totals) + "\n").encode())
    return State(len(plan.parts), (), totals)


def _check_input(plan: Plan) -> None:
    current = {file.uri: file for file in repeated_storage.find(plan.settings.input)}
    for file in plan.files:
        if current.get(file.uri) != file:
            verb = "has changed" if file.uri in current else "was removed"
            raise BatchError(f"{file.uri}: {verb} since the start of the run: run again with another output")


def _read_report(plan: Plan, output: OutputFolder, files: Mapping[str, StoredFile], number: int) -> dict[str, Any]:
    """Return the content of part-k.json. Raises BatchError if the part has other rows or other files."""
    uri = storage.join(output.uri, name("part", number, "json"))
    try:
        report: dict[str, Any] = json_file.parse(repeated_storage.read(uri))
        _check_rows(uri, report, plan, number)
        _check_files(uri, report, files, number)
    except (json_file.JsonError, KeyError, TypeError) as error:
        raise BatchError(f"{uri}: is not the report of a part: {error}") from error
    return report


def _check_rows(uri: str, report: Mapping[str, Any], plan: Plan, number: int) -> None:
    rows, expected, version = report["rows_in"], plan.parts[number].rows, report["model_version"]
    is_right = rows == report["rows_out"] + report["rows_rejected"] and expected in (rows, None)
    if not is_right or version != plan.model_version:
        raise BatchError(f"{uri}: {rows} rows of the model {version}, expected {expected} of {plan.model_version}")


def _check_files(uri: str, report: Mapping[str, Any], files: Mapping[str, StoredFile], number: int) -> None:
    stored, rejected = files.get(name("part", number, "parquet")), name("rejected", number, "parquet")
    has_rejected = rejected in files or not report["rows_rejected"]
    if stored is None or stored.size != report["bytes"] or not has_rejected:
        raise BatchError(f"{uri}: the Parquet files of the part are missing or have another size: remove {uri}")


def _totals(plan: Plan, reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rejected, unknown = Counter[tuple[str, str]](), Counter[str]()
    for report in reports:
        unknown.update(report["unknown"])
        rejected.update({(column, why): n for column, whys in report["rejected"].items() for why, n in whys.items()})
    now = datetime.now(UTC)
    return {
        "model_version": plan.model_version,
        "parts": len(reports),
        **{key: sum(report[key] for report in reports) for key in ("rows_in", "rows_out", "rows_rejected")},
        "rejected": nested(rejected),
        "unknown": dict(unknown),
        "created": plan.created,
        "finished": now.isoformat(timespec="seconds"),
        "seconds": round((now - datetime.fromisoformat(plan.created)).total_seconds(), 3),
    }


def nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Return counts by column and reason as JSON has them: column -> reason -> number."""
    columns: dict[str, dict[str, int]] = {}
    for (column, reason), number in sorted(counts.items()):
        columns.setdefault(column, {})[reason] = number
    return columns


def _metrics(plan: Plan, totals: Mapping[str, Any]) -> bytes:
    """Return the figures of a run in the text format of Prometheus."""
    registry = CollectorRegistry()
    gauge = partial(Gauge, namespace="ml_census_batch", registry=registry)
    gauge("rows", "Rows of the input.").set(totals["rows_in"])
    rejected = gauge("rejected_values", "Invalid values, by column and reason.", ("column", "reason"))
    for column, reasons in totals["rejected"].items():
        for reason, number in reasons.items():
            rejected.labels(column, reason).set(number)
    gauge("rejected_rows", "Rows with an invalid value.").set(totals["rows_rejected"])
    gauge("duration_seconds", "Time from the plan to the last part.").set(totals["seconds"])
    finished = datetime.fromisoformat(totals["finished"]).timestamp()
    gauge("last_success_timestamp_seconds", "Time of the end of the run.").set(finished)
    return generate_latest(registry)
