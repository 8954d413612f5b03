"""Tables of classes."""

import numpy as np

from ml_census.training.evaluation.classification import Classes
from ml_census.training.report.confusion import build_matrix, class_lines, frequent_confusions


def many_classes() -> Classes:
    """Return thirty classes: class 29 has the most rows, and each class is predicted as the next one once."""
    confusion = np.diag(np.arange(1, 31)) + np.roll(np.eye(30, dtype=int), 1, axis=1)
    return Classes([f"class {index}" for index in range(30)], confusion, 0, [])


def test_cells_have_rows_and_shares_of_the_true_class() -> None:
    matrix = build_matrix(Classes(["no", "yes"], np.array([[3, 1], [0, 6]]), 0, []))

    assert [[cell.rows for cell in line] for line in matrix.cells] == [[3, 1], [0, 6]]
    assert [[cell.share for cell in line] for line in matrix.cells] == [[0.75, 0.25], [0, 1]]
    assert [[cell.shade for cell in line] for line in matrix.cells] == [[34, 14], [4, 44]]
    assert matrix.totals == [4, 6]


def test_class_without_rows_has_shares_of_zero() -> None:
    matrix = build_matrix(Classes(["no", "yes"], np.array([[0, 0], [0, 6]]), 0, []))

    assert [cell.share for cell in matrix.cells[0]] == [0, 0]


def test_many_classes_show_the_largest_and_the_rest() -> None:
    classes = many_classes()

    matrix = build_matrix(classes)

    assert matrix.labels == [*(f"class {index}" for index in range(21, 30)), "21 other classes"]
    assert sum(cell.rows for line in matrix.cells for cell in line) == classes.confusion.sum()
    assert matrix.cells[-1][-1].rows == sum(range(1, 22)) + 20
    assert sum(matrix.totals) == classes.confusion.sum()


def test_confusions_are_sorted_by_their_rows() -> None:
    classes = Classes(["a", "b", "c"], np.array([[5, 2, 0], [7, 3, 0], [0, 0, 4]]), 0, [])

    assert frequent_confusions(classes) == [["b", "a", "7", "70.0\u00a0%"], ["a", "b", "2", "28.6\u00a0%"]]


def test_class_lines_are_the_largest_in_the_order_of_the_model() -> None:
    lines = class_lines(many_classes())

    assert [line.label for line in lines] == [f"class {index}" for index in range(10, 30)]
    assert (lines[-1].rows, lines[-1].recall) == (31, 30 / 31)
