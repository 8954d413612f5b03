"""`ml-census score` in real processes: killed, ended, doubled, without disk. Each row is in the output once."""

import json
import random
import resource
import shutil
import signal
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import ml_census
from conftest import write_trained
from support.score_command import ScoreCommand, each_once, end, numbered_rows, write_input

FILES, ROWS = 8, 20_000
ENDED = "ml-census: ended by SIGTERM: the same command continues the run"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_trained(tmp_path_factory, "demo").parent)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the input: eight parts."""
    folder = tmp_path_factory.mktemp("input")
    write_input(folder, FILES, ROWS)
    return folder


@pytest.fixture
def command(tmp_path: Path, model: str, source: Path) -> ScoreCommand:
    return ScoreCommand(tmp_path, model, str(source))


def test_million_rows_are_predicted_as_by_a_server(tmp_path: Path, model: str) -> None:
    """Expect one part, with the predictions and probabilities of 500 rows anywhere in it."""
    pq.write_table(numbered_rows(0, 1_000_000), tmp_path / "in.parquet", row_group_size=131_072)
    command = ScoreCommand(tmp_path, model, "in.parquet")

    assert command.run() == (0, ["out: complete: 1000000 rows, 0 rejected"])

    scored = pq.read_table(tmp_path / "out/part-00000.parquet")
    served, chosen = ml_census.load(model), sorted(random.sample(range(1_000_000), 500))
    rows = [list(row.values())[:-1] for row in numbered_rows(0, 1_000_000).take(chosen).to_pylist()]
    assert scored["id"].to_pylist() == list(range(1_000_000))
    assert scored["prediction"].take(chosen).to_pylist() == served.predict(rows)
    shares = scored.select(range(2, 4)).take(chosen).to_pylist()
    assert [list(row.values()) for row in shares] == served.predict_proba(rows)


def test_reasons_are_columns_of_the_output(tmp_path: Path, model: str) -> None:
    """Expect the names and the effects of the two columns with the largest effects."""
    pq.write_table(numbered_rows(0, 500), tmp_path / "in.parquet")
    command = ScoreCommand(tmp_path, model, "in.parquet")

    assert command.run("--reasons", "2") == (0, ["out: complete: 500 rows, 0 rejected"])

    scored = pq.read_table(tmp_path / "out/part-00000.parquet")
    assert scored.column_names[-5:] == ["reason_1", "effect_1", "reason_2", "effect_2", "model_version"]
    effects = [abs(scored[name].to_numpy()) for name in ("effect_1", "effect_2")]
    assert set(scored["reason_1"].to_pylist()) <= {*ml_census.load(model).columns}
    assert (effects[0] >= effects[1]).all()


def test_sigterm_ends_at_once_and_a_second_run_continues(command: ScoreCommand) -> None:
    process = command.start()
    assert process.stdout
    first = json.loads(process.stdout.readline())

    process.send_signal(signal.SIGTERM)

    assert end(process) == (143, [ENDED])
    assert command.unfinished() == []
    before = {path.name: path.stat().st_mtime_ns for path in command.files()}
    assert f"part-{first['part']:05}.json" in before
    assert command.run()[0] == 0
    assert each_once(command.ids(), FILES * ROWS)
    after = {path.name: path.stat().st_mtime_ns for path in command.files()}
    assert before.items() <= after.items()


def test_sigterm_during_the_start_ends_in_one_line(command: ScoreCommand) -> None:
    """Expect this while modules are imported. Before the command begins, Python's default ends the process."""
    for _ in range(4):
        process = command.start()
        time.sleep(random.uniform(0.1, 0.5))

        process.send_signal(signal.SIGTERM)

        assert end(process) in [(143, [ENDED]), (-signal.SIGTERM, [])]


def test_runs_killed_at_random_moments_lose_no_row(command: ScoreCommand) -> None:
    """The hidden file of a killed process may remain; readers of Parquet files leave it out."""
    kills = 0
    while True:
        process = command.start("--threads", "2")
        time.sleep(random.uniform(0.3, 1.5) if kills < 6 else 0)
        if kills >= 6 or process.poll() is not None:
            code, _ = end(process)
            break
        process.kill()
        end(process)
        kills += 1

    assert code == 0
    assert each_once(command.ids(), FILES * ROWS)
    assert json.loads((command.folder / "out/_SUCCESS").read_text())["rows_out"] == FILES * ROWS


def test_two_runs_into_one_output_agree(command: ScoreCommand) -> None:
    processes = [command.start() for _ in range(2)]

    assert [end(process) for process in processes] == [(0, [f"out: complete: {FILES * ROWS} rows, 0 rejected"])] * 2
    assert each_once(command.ids(), FILES * ROWS)
    assert command.unfinished() == []


def test_processes_that_start_at_once_share_the_parts(command: ScoreCommand) -> None:
    processes = [command.start("--shard-index", str(index), "--shard-count", "3") for index in range(3)]

    results = [end(process) for process in processes]

    assert [code for code, _ in results] == [0, 0, 0]
    assert each_once(command.ids(), FILES * ROWS)
    assert (command.folder / "out/_SUCCESS").exists()
    assert command.run("--check") == (0, [f"out: complete: {FILES * ROWS} rows, 0 rejected"])


def test_full_disk_ends_in_one_line_and_can_be_retried(command: ScoreCommand) -> None:
    """A limit on the size of a file has the effect of a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    code, lines = command.run(preexec=limit)

    assert code == 1
    assert len(lines) == 1 and lines[0].startswith("ml-census: out/part-00000.parquet: ")
    assert [path.name for path in command.files()] == ["plan.json"]
    assert command.run()[0] == 0
    assert each_once(command.ids(), FILES * ROWS)


def test_model_replaced_between_processes_ends_the_run(command: ScoreCommand, tmp_path: Path) -> None:
    command.model = str(shutil.copytree(command.model, tmp_path / "model"))
    assert command.run("--shard-count", "8")[0] == 0
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    (tmp_path / "model/manifest.json").write_text(json.dumps(manifest | {"name": "another"}))

    code, lines = command.run("--shard-count", "8", "--shard-index", "1")

    assert code == 65
    assert len(lines) == 1 and lines[0].startswith("ml-census: out/plan.json: the run is of the model ")


def test_input_changed_between_processes_ends_the_run(command: ScoreCommand) -> None:
    write_input(command.folder / "in", 2, 1000)
    command.input = "in"
    assert command.run("--shard-count", "2")[0] == 0
    pq.write_table(numbered_rows(5, 1005), command.folder / "in/001.parquet")

    code, lines = command.run("--shard-count", "2", "--shard-index", "1")

    reason = "has changed since the start of the run: run again with another output"
    assert (code, lines) == (65, [f"ml-census: in/001.parquet: {reason}"])
