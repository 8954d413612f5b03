"""Score the parts of one process."""

import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

from ml_census import storage
from ml_census.batch import batch_model, completion
from ml_census.batch.batch_model import BatchModel
from ml_census.batch.output_folder import OutputFolder, unfinished
from ml_census.batch.part_scoring import PartScorer
from ml_census.batch.plan import PLAN, Plan, Settings, agree_on_plan, read_plan
from ml_census.batch.progress import SECONDS, Progress
from ml_census.batch.reason_columns import ReasonColumns
from ml_census.batch.row_validation import Counts


@dataclass(frozen=True)
class Shard:
    """One of `count` processes of a run. The process scores the parts k with k % count == index."""

    index: int = 0
    count: int = 1


def score(
    model_uri: str, output_uri: str, settings: Settings, shard: Shard, threads: int, model_sha256: str | None = None
) -> completion.State:
    """Score the parts of a shard that are not finished, and return the state of the whole run.

    `model_sha256` is as in batch_model.load(). Raises BatchError and ArtifactError for
    a model, an input or settings that cannot be used, and StorageError.
    """
    model, output = batch_model.load(model_uri, model_sha256), OutputFolder(output_uri)
    ReasonColumns(model.predictor, settings.reasons)  # rejects --reasons before there is a plan
    plan = agree_on_plan(output.uri, model, settings)
    if numbers := unfinished(range(shard.index, len(plan.parts), shard.count), output.files()):
        _Pool(model, plan, output, numbers).run(threads)
    return completion.complete(plan, output)


def check(model_uri: str, output_uri: str, settings: Settings, model_sha256: str | None = None) -> completion.State:
    """Return the state of a run, and write _SUCCESS if all parts are finished. Score nothing.

    Raises exceptions as score() does. Raises ObjectNotFoundError if the folder has no
    plan.json.
    """
    model, output = batch_model.load(model_uri, model_sha256), OutputFolder(output_uri)
    plan = read_plan(output.uri)
    plan.check(storage.join(output.uri, PLAN), model, settings)
    return completion.complete(plan, output)


class _Pool:
    """Threads that score parts. A thread takes the next part when it has finished one."""

    def __init__(self, model: BatchModel, plan: Plan, output: OutputFolder, numbers: list[int]) -> None:
        self._model, self._plan, self._output = model, plan, output
        self._numbers = queue.SimpleQueue[int]()
        for number in numbers:
            self._numbers.put(number)
        self._left = len(numbers)
        self._reports = queue.SimpleQueue[dict[str, Any] | Exception]()
        self._stop = threading.Event()
        rows = [plan.parts[number].rows for number in numbers]
        self._progress = Progress(len(numbers), None if None in rows else sum(filter(None, rows)))

    def run(self, threads: int) -> None:
        """Score all parts. Raises the first exception of a thread, after the end of the others."""
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(min(threads, self._left))]
        for worker in workers:
            worker.start()
        try:
            self._follow()
        finally:
            self._stop.set()
            for worker in workers:
                worker.join()

    def _follow(self) -> None:
        while self._left:
            try:
                report = self._reports.get(timeout=SECONDS / 5)
            except queue.Empty:
                self._progress.show()
                continue
            if isinstance(report, Exception):
                raise report
            self._left -= 1
            self._progress.finish_part(report)
            self._progress.show()

    def _work(self) -> None:
        scorer = PartScorer(self._model, self._plan, self._stop, self._progress.add_rows)
        try:
            while not self._stop.is_set():
                report = self._score(scorer, self._numbers.get_nowait())
                if report is not None:
                    self._reports.put(report)
        except queue.Empty:
            return
        except Exception as error:
            self._reports.put(error)

    def _score(self, scorer: PartScorer, number: int) -> dict[str, Any] | None:
        started = time.monotonic()
        scored = scorer.score(number)
        if scored is None:
            return None
        report = self._report(number, scored.counts, time.monotonic() - started)
        self._output.finish(number, scored, report)
        return report

    def _report(self, number: int, counts: Counts, seconds: float) -> dict[str, Any]:
        """Return the content of part-k.json. OutputFolder.finish() adds the facts about the Parquet file."""
        part = self._plan.parts[number]
        return {
            "part": number,
            "input": self._plan.file_of(number).uri,
            "row_groups": [part.first, part.stop],
            "rows_in": counts.rows,
            "rows_out": counts.rows - counts.rejected,
            "rows_rejected": counts.rejected,
            "rejected": completion.nested(counts.reasons),
            "unknown": dict(counts.unknown),
            "model_version": self._plan.model_version,
            "seconds": round(seconds, 3),
        }
