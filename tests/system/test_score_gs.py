"""`ml-census score` in a bucket: faults of the storage, killed processes, and objects that change."""

import random
import time
from collections import Counter
from io import BytesIO
from itertools import count
from pathlib import Path
from threading import Lock

import pyarrow.parquet as pq
import pytest

from conftest import write_trained
from support.fake_gcs import Bucket, ObjectHandler
from support.score_command import ScoreCommand, each_once, end, numbered_rows

FILES, ROWS = 4, 5_000


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the objects of a published model and of the input: four parts."""
    model = write_trained(tmp_path_factory, "demo").parent
    found = {f"census/{path.name}": path.read_bytes() for path in model.iterdir()}
    for number in range(FILES):
        file = BytesIO()
        pq.write_table(numbered_rows(number * ROWS, (number + 1) * ROWS), file, row_group_size=2000)
        found[f"in/{number}.parquet"] = file.getvalue()
    return found


@pytest.fixture
def command(tmp_path: Path, bucket: Bucket, objects: dict[str, bytes]) -> ScoreCommand:
    bucket.objects |= objects
    return ScoreCommand(tmp_path, "gs://models/census", "gs://models/in/*.parquet", "gs://models/out")


def ids(bucket: Bucket) -> Counter[int]:
    """Return how often each id is in the output."""
    parts = [data for name, data in bucket.objects.items() if name.startswith("out/part-") and name.endswith("parquet")]
    return Counter(value for data in parts for value in pq.read_table(BytesIO(data))["id"].to_pylist())


COMPLETE = (0, [f"gs://models/out: complete: {FILES * ROWS} rows, 0 rejected"])


def test_input_of_a_bucket_is_scored_into_the_bucket(command: ScoreCommand, bucket: Bucket) -> None:
    assert command.run("--threads", "2") == COMPLETE

    assert each_once(ids(bucket), FILES * ROWS)
    files = {name.removeprefix("out/") for name in bucket.objects if name.startswith("out/")}
    parts = {f"part-0000{number}.{suffix}" for number in range(FILES) for suffix in ("json", "parquet")}
    assert files == parts | {"plan.json", "metrics.prom", "_SUCCESS"}


def test_bucket_and_folder_have_the_same_predictions(command: ScoreCommand, bucket: Bucket, tmp_path: Path) -> None:
    for name, data in list(bucket.objects.items()):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert command.run() == COMPLETE

    local = ScoreCommand(tmp_path, "census", "in")
    assert local.run()[0] == 0

    for path in local.files():
        assert path.suffix != ".parquet" or path.read_bytes() == bucket.objects[f"out/{path.name}"]


class Flaky:
    """Responses of which every seventh fails, in one of three ways; a failed upload is stored all the same."""

    def __init__(self, bucket: Bucket) -> None:
        self.count, self.lock = 0, Lock()
        bucket.respond_to_upload = lambda handler: self.fails(handler, b"{}")
        bucket.respond_with_data = self.respond

    def respond(self, handler: ObjectHandler, data: bytes) -> None:
        first, last = (int(text) for text in handler.headers["Range"].removeprefix("bytes=").split("-"))
        body = data[first : last + 1]
        if not self.fails(handler, body):
            handler.send(body, 206)

    def fails(self, handler: ObjectHandler, body: bytes) -> bool:
        with self.lock:
            self.count += 1
            turn = self.count % 21
        if turn == 7:
            handler.send(b"{}", 503)
        elif turn == 14:
            handler.send(body[: len(body) // 2], 206, len(body))
        elif turn == 0:
            handler.reset()
        return turn % 7 == 0


def test_failed_requests_are_repeated(command: ScoreCommand, bucket: Bucket) -> None:
    flaky = Flaky(bucket)

    assert command.run() == COMPLETE
    assert each_once(ids(bucket), FILES * ROWS)
    assert flaky.count > 21


def test_bucket_that_stays_away_ends_the_run_in_one_line(command: ScoreCommand, bucket: Bucket) -> None:
    """Expect this of a bucket that answers 503, resets connections, or refuses them."""
    responses = count()
    bucket.respond = lambda handler: handler.send(b"{}", 503) if next(responses) % 2 else handler.reset()
    processes = [command.start()]
    command.env["STORAGE_EMULATOR_HOST"] = "http://127.0.0.1:9"
    processes.append(command.start())

    for code, lines in map(end, processes):
        assert code == 1
        assert len(lines) == 1 and lines[0].startswith("ml-census: model_path: gs://models/census: ")


def test_processes_killed_at_random_moments_lose_no_row(command: ScoreCommand, bucket: Bucket) -> None:
    for _ in range(3):
        process = command.start()
        time.sleep(random.uniform(1, 4))
        process.kill()
        end(process)

    assert command.run() == COMPLETE
    assert each_once(ids(bucket), FILES * ROWS)


def test_two_runs_into_one_output_agree(command: ScoreCommand, bucket: Bucket) -> None:
    processes = [command.start() for _ in range(2)]

    assert [end(process) for process in processes] == [COMPLETE] * 2
    assert each_once(ids(bucket), FILES * ROWS)


def test_object_changed_since_the_plan_ends_the_run(command: ScoreCommand, bucket: Bucket) -> None:
    assert command.run("--shard-count", "4")[0] == 0
    bucket.generations["in/3.parquet"] = 7

    code, lines = command.run("--shard-index", "3", "--shard-count", "4")

    reason = "has changed since the start of the run: run again with another output"
    assert (code, lines) == (65, [f"ml-census: gs://models/in/3.parquet: {reason}"])


def test_truncated_object_ends_the_run(command: ScoreCommand, bucket: Bucket) -> None:
    bucket.objects["in/2.parquet"] = bucket.objects["in/2.parquet"][:-1000]

    code, lines = command.run()

    assert code == 65
    assert len(lines) == 1 and lines[0].startswith("ml-census: gs://models/in/2.parquet: cannot be read as Parquet: ")
    assert not any(name.startswith("out/") for name in bucket.objects)


def test_damaged_output_of_a_killed_process_is_replaced(command: ScoreCommand, bucket: Bucket) -> None:
    bucket.objects["out/part-00001.parquet"] = b"PAR1"

    assert command.run() == COMPLETE
    assert each_once(ids(bucket), FILES * ROWS)
