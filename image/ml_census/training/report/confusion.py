"""Tables of the right and wrong predictions of a classifier by class."""

from dataclasses import dataclass

import numpy as np

from ml_census.training.evaluation.classification import Classes
from ml_census.training.report.formatting import count, percent

MAX_CLASSES = 10
"""Maximum number of classes in the confusion matrix (10). The last one has all other
classes if there are more."""
MAX_LISTED = 20
"""Maximum number of classes in the table of classes, and of pairs in the table of
confusions (20 and 10)."""
MAX_PAIRS = 10


@dataclass(frozen=True)
class Cell:
    """Rows of a true class with a predicted class. `share` is the share of the true class, from 0 to 1."""

    rows: int
    share: float
    is_right: bool

    @property
    def shade(self) -> int:
        """Opacity of the cell in percent: 4 for no row, 44 for all rows of the true class."""
        return round(4 + 40 * self.share)


@dataclass(frozen=True)
class Matrix:
    """The confusion matrix of at most MAX_CLASSES classes."""

    labels: list[str]
    cells: list[list[Cell]]
    totals: list[int]


def build_matrix(classes: Classes) -> Matrix:
    """Return the confusion matrix of the classes with the most test rows, in the model's order."""
    confusion, labels = classes.confusion, classes.labels
    if len(labels) > MAX_CLASSES:
        confusion, labels = _merge_small(classes)
    totals = confusion.sum(axis=1)
    cells = [
        [Cell(int(rows), float(rows / max(1, total)), true == predicted) for predicted, rows in enumerate(line)]
        for true, (line, total) in enumerate(zip(confusion, totals, strict=True))
    ]
    return Matrix(labels, cells, totals.tolist())


def _merge_small(classes: Classes) -> tuple[np.ndarray, list[str]]:
    """Merge all but the largest classes into one."""
    kept = np.sort(np.argsort(-classes.support, kind="stable")[: MAX_CLASSES - 1])
    target = np.full(len(classes.labels), len(kept))
    target[kept] = np.arange(len(kept))
    merged = np.zeros((MAX_CLASSES, MAX_CLASSES), dtype=np.int64)
    np.add.at(merged, (target[:, None], target[None, :]), classes.confusion)
    return merged, [*(classes.labels[index] for index in kept), f"{len(classes.labels) - len(kept):,} other classes"]


def frequent_confusions(classes: Classes) -> list[list[str]]:
    """Return true class, predicted class, rows, and share of the true class, for the most frequent wrong pairs."""
    wrong = classes.confusion - np.diag(classes.confusion.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:MAX_PAIRS]
    pairs = [divmod(int(position), len(classes.labels)) for position in order]
    return [
        [classes.labels[true], classes.labels[predicted], count(wrong[true, predicted]),
         percent(wrong[true, predicted] / classes.support[true])]
        for true, predicted in pairs
        if wrong[true, predicted]
    ]  # fmt: skip


@dataclass(frozen=True)
class ClassLine:
    """A class with its number of test rows, precision and recall."""

    label: str
    rows: int
    precision: float
    recall: float


def class_lines(classes: Classes) -> list[ClassLine]:
    """Return the classes with the most test rows, in the model's order."""
    shown = np.sort(np.argsort(-classes.support, kind="stable")[:MAX_LISTED]).tolist()
    return [
        ClassLine(classes.labels[index], int(classes.support[index]), float(classes.precision[index]),
                  float(classes.recall[index]))
        for index in shown
    ]  # fmt: skip
