"""Batches of rows: limits, and smaller batches after a rejection."""

from ml_census.client.batches import BATCH_BYTES, Batches, EncodedRow


def batches(*sizes: int, max_rows: int) -> Batches:
    return Batches((EncodedRow(number, b"x" * size) for number, size in enumerate(sizes)), max_rows)


def numbers(rows: list[EncodedRow]) -> list[int]:
    return [row.number for row in rows]


def test_batch_has_a_maximum_of_rows() -> None:
    source = batches(1, 1, 1, max_rows=2)

    assert [numbers(source.take()) for _ in range(3)] == [[0, 1], [2], []]


def test_batch_has_a_maximum_of_bytes() -> None:
    half = BATCH_BYTES // 2
    source = batches(half, half, 1, max_rows=10)

    assert [numbers(source.take()) for _ in range(3)] == [[0], [1, 2], []]


def test_row_over_the_maximum_is_a_batch_alone() -> None:
    source = batches(1, 2 * BATCH_BYTES, 1, max_rows=10)

    assert [numbers(source.take()) for _ in range(3)] == [[0], [1], [2]]


def test_halved_batch_is_taken_again_in_order() -> None:
    source = batches(1, 1, 1, 1, max_rows=3)

    source.halve(source.take())

    assert [numbers(source.take()) for _ in range(3)] == [[0, 1], [2, 3], []]
