"""The plan: parts of whole row groups, the same for all processes, and only for one model and one set of options."""

from dataclasses import replace
from pathlib import Path

import pytest

from conftest import write_published
from ml_census.batch import batch_model, plan
from ml_census.batch.errors import BatchError
from ml_census.batch.plan import Settings, agree_on_plan, read_plan
from support.batch_runs import TABLE, BatchFolder


def agree(batch: BatchFolder, **settings: object) -> plan.Plan:
    given = replace(Settings(batch.input), **settings)  # type: ignore[arg-type]
    return agree_on_plan(batch.output, batch_model.load(batch.model), given)


@pytest.mark.parametrize(
    ("limit", "rows"), [(1000, [200]), (100, [100, 100]), (120, [100, 100]), (50, [50] * 4), (10, [50] * 4)]
)
def test_part_is_some_row_groups_up_to_a_limit(
    batch: BatchFolder, monkeypatch: pytest.MonkeyPatch, limit: int, rows: list[int]
) -> None:
    monkeypatch.setattr(plan, "PART_ROWS", limit)

    assert [part.rows for part in agree(batch).parts] == rows


def test_empty_file_has_no_part_beside_others(batch: BatchFolder) -> None:
    (batch.path / "in").mkdir()
    batch.write(TABLE.slice(0, 0), "in/a.parquet")
    batch.write(TABLE, "in/b.parquet")

    made = agree(batch, input=str(batch.path / "in"))

    assert [(part.file, part.rows) for part in made.parts] == [(1, 200)]


def test_input_without_rows_has_a_part(batch: BatchFolder) -> None:
    batch.write(TABLE.slice(0, 0))

    assert [part.rows for part in agree(batch).parts] == [0]


@pytest.mark.parametrize("pattern", ["in", "in/*.parquet", "in/**/*.parquet", "in/"])
def test_files_of_a_folder_or_pattern_are_sorted(batch: BatchFolder, pattern: str) -> None:
    for name in ("in/b.parquet", "in/a.parquet", "in/_hidden.parquet"):
        (batch.path / "in").mkdir(exist_ok=True)
        batch.write(TABLE, name)
    if "*" in pattern:
        (batch.path / "in/_hidden.parquet").unlink()

    made = agree(batch, input=str(batch.path / pattern))

    assert [Path(file.uri).name for file in made.files] == ["a.parquet", "b.parquet"]
    assert [part.file for part in made.parts] == [0, 1]


def test_input_without_files_is_rejected(batch: BatchFolder) -> None:
    with pytest.raises(BatchError, match=r"nowhere\*: no file found$"):
        agree(batch, input=str(batch.path / "nowhere*"))


def test_output_inside_the_input_is_rejected(batch: BatchFolder) -> None:
    with pytest.raises(BatchError, match="write the output to another folder"):
        agree_on_plan(str(batch.path), batch_model.load(batch.model), Settings(batch.input))


def test_second_process_takes_the_plan_of_the_first(batch: BatchFolder) -> None:
    first = agree(batch)
    batch.write(TABLE, rows=10)

    assert agree(batch) == first == read_plan(batch.output)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"keep": ("age",)}, "the run has no --keep, not --keep age"),
        ({"keep": None}, "the run has no --keep, not --keep-all"),
        ({"max_rejected": 0.5}, "the run has --max-rejected 0, not --max-rejected 0.5"),
        ({"input": "other"}, r"the run has the input \S+in.parquet, not the input other"),
    ],
)
def test_other_options_are_rejected_by_name(batch: BatchFolder, settings: dict[str, object], reason: str) -> None:
    agree(batch)

    with pytest.raises(BatchError, match=f"plan.json: {reason}$"):
        agree(batch, **settings)


def test_replaced_model_is_rejected(batch: BatchFolder) -> None:
    agree(batch)
    write_published(Path(batch.model), "logistic")

    with pytest.raises(BatchError, match="the run is of the model"):
        agree(batch)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 2}'])
def test_damaged_plan_is_rejected(batch: BatchFolder, text: str) -> None:
    agree(batch)
    (batch.path / "out/plan.json").write_text(text)

    with pytest.raises(BatchError, match="plan.json: "):
        read_plan(batch.output)


def test_columns_are_checked_before_the_plan_is_written(batch: BatchFolder) -> None:
    batch.write(TABLE.drop_columns("sex"))

    with pytest.raises(BatchError, match="in.parquet: has no column sex$"):
        agree(batch)
    assert not (batch.path / "out").exists()


def test_results_of_threads_have_the_order_of_the_items() -> None:
    assert plan.in_threads(lambda item: item * 2, range(100)) == [item * 2 for item in range(100)]


def test_plan_survives_its_file(batch: BatchFolder) -> None:
    made = agree(batch, keep=None)

    assert read_plan(batch.output) == made
