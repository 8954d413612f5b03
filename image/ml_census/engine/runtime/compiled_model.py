"""The compiled form of a model: plain data that predicts without scikit-learn, and goes through a file."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.runtime.encoders import CategoryEncoder, Encoder, ThresholdEncoder
from ml_census.engine.runtime.linear_model import CategoryTable, Folded, LinearModel, NumericFeature
from ml_census.engine.runtime.tree_ensemble import TreeEnsemble
from ml_census.schema.schema import Columns, Schema

FORMAT = 1
FOLDED_FORMAT = 2
"""With folded columns, which a server that reads format 1 alone would pass over."""
LARGEST_BYTES = 512 * 1024**2
"""Of the arrays, unless told: a small file can expand to more than there is memory."""


class CompiledError(Exception):
    """A compiled form cannot be used; the message is the reason in one line."""


def _logistic(scores: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # exp(800) is infinite, and one over it 0, as it should be
        second = 1 / (1 + np.exp(-scores[:, 0]))
    return np.column_stack([1 - second, second])


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda scores: scores,
    "logistic": _logistic,
    "half_logistic": lambda scores: _logistic(2 * scores),
    "softmax": _softmax,
    "exp": np.exp,
}
"""From scores to probabilities, or to a regressor's numbers."""


@dataclass(frozen=True)
class CompiledPredictor:
    """A predictor (see predictor.py) of scores, link and classes.

    link: one of LINKS, or None for a classifier without probabilities; flat: a regressor answers a number a row, not a
    list; zero_is_second: whether a single score of 0 means the second class.
    """

    schema: Schema
    scoring: TreeEnsemble | LinearModel
    classes: list[Any] | None
    link: str | None
    flat: bool = True
    zero_is_second: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError if the parts do not fit together."""
        if not all(
            type(column) is int and 0 <= column < len(self.schema.columns) and self.schema.columns[column].kind == kind
            for column, kind in _columns(self.scoring)
        ):
            raise ValueError("its columns are not those of the schema")
        if not (type(self.flat) is bool and type(self.zero_is_second) is bool):
            raise ValueError("flat and zero_is_second must be true or false")
        if not _fit(self.classes, self.link, self.scoring.count):
            raise ValueError("classes, link and scores do not fit together")

    @property
    def outputs(self) -> None:
        """A compiled classifier has one output."""
        return

    @property
    def has_probabilities(self) -> bool:
        return self.classes is not None and self.link is not None

    def predict(self, columns: Columns) -> list[Any]:
        """One answer a row: a class, or a number. Raises PredictionError."""
        scores = self.scoring.scores(columns)
        if self.classes is None:
            numbers = LINKS[self.link or "identity"](scores)
            answers: list[Any] = (numbers[:, 0] if self.flat else numbers).tolist()
            return answers
        if scores.shape[1] == 1:
            second = scores[:, 0] >= 0 if self.zero_is_second else scores[:, 0] > 0
            return [self.classes[place] for place in second.astype(int).tolist()]
        return [self.classes[place] for place in scores.argmax(axis=1).tolist()]

    def probabilities(self, columns: Columns) -> list[list[float]]:
        """One list a row, in the order of `classes`. Raises PredictionError."""
        probabilities: list[list[float]] = LINKS[self.link or "identity"](self.scoring.scores(columns)).tolist()
        return probabilities


def to_bytes(compiled: CompiledPredictor) -> bytes:
    """An npz file: the arrays, and all else as JSON in the array "document"."""
    scoring = compiled.scoring
    described, arrays = _trees_out(scoring) if isinstance(scoring, TreeEnsemble) else _linear_out(scoring)
    document = {
        "format": FOLDED_FORMAT if "folded" in described else FORMAT,
        "classes": compiled.classes,
        "link": compiled.link,
        "flat": compiled.flat,
        "zero_is_second": compiled.zero_is_second,
        **described,
    }
    arrays["document"] = np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def from_bytes(data: bytes, schema: Schema, limit: int = LARGEST_BYTES) -> CompiledPredictor:
    """Read and check what to_bytes wrote. Nothing in it can run. Raises CompiledError, also for more than `limit` bytes
    of arrays."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > limit:
                raise CompiledError(f"expands to more than {limit} bytes")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            document = json.loads(arrays["document"].tobytes())
            if document["format"] != (FOLDED_FORMAT if "folded" in document else FORMAT):
                raise CompiledError(f"format {document['format']}, and this version reads {FORMAT} and {FOLDED_FORMAT}")
            scoring = _trees_in(document, arrays) if "encoders" in document else _linear_in(document, arrays)
            compiled = CompiledPredictor(
                schema, scoring, *(document[name] for name in ("classes", "link", "flat", "zero_is_second"))
            )
    except CompiledError:
        raise
    except Exception as error:  # zip, npy and JSON fail each in many ways of their own
        reason = " ".join(str(error).split())[:200]
        raise CompiledError(f"not a compiled model: {type(error).__name__}: {reason}") from error
    return compiled


def _fit(classes: object, link: object, scores: int) -> bool:
    if classes is None:
        return link in ("identity", "exp")
    if not isinstance(classes, list) or len(classes) != (2 if scores == 1 else scores):
        return False
    if any(isinstance(value, list | dict) for value in classes):
        return False
    return link is None or link in (("logistic", "half_logistic") if scores == 1 else ("identity", "softmax"))


def _columns(scoring: TreeEnsemble | LinearModel) -> list[tuple[int, str]]:
    """The columns that are asked for, and of which kind they must be."""
    if isinstance(scoring, TreeEnsemble):
        return [(encoder.column, encoder.kind) for encoder in scoring.encoders]
    encoders = [table.encoder for table in scoring.tables] + [folded.encoder for folded in scoring.folded]
    tables = [(encoder.column, encoder.kind) for encoder in encoders]
    return tables + [(number.column, "number") for _, number in scoring.numbers]


Arrays = Mapping[str, np.ndarray]
_TREES = ("nodes", "sets", "roots", "outputs", "values", "base")


def _trees_out(trees: TreeEnsemble) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    arrays = {name: getattr(trees, name) for name in _TREES}
    encoders: list[dict[str, Any]] = []
    for place, encoder in enumerate(trees.encoders):
        if isinstance(encoder, CategoryEncoder):
            encoders.append({"column": encoder.column, "categories": encoder.values})
        else:
            encoders.append({"column": encoder.column, "low": encoder.low, "high": encoder.high})
            arrays[f"thresholds{place}"] = encoder.thresholds
    return {"encoders": encoders, "divisor": trees.divisor}, arrays


def _trees_in(document: dict[str, Any], arrays: Arrays) -> TreeEnsemble:
    encoders: list[Encoder] = [
        CategoryEncoder(entry["column"], entry["categories"])
        if "categories" in entry
        else ThresholdEncoder(entry["column"], arrays[f"thresholds{place}"], entry["low"], entry["high"])
        for place, entry in enumerate(document["encoders"])
    ]
    return TreeEnsemble(encoders, **{name: arrays[name] for name in _TREES}, divisor=document["divisor"])


def _linear_out(linear: LinearModel) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    arrays = {"weights": linear.weights, "base": linear.base}
    tables = []
    for place, table in enumerate(linear.tables):
        encoder = table.encoder
        tables.append({"column": encoder.column, "categories": encoder.values, "places": list(table.places)})
        arrays[f"lines{place}"] = table.lines
    numbers = [
        {"place": place, "column": number.column, "operations": number.operations} for place, number in linear.numbers
    ]
    described: dict[str, Any] = {"tables": tables, "numbers": numbers}
    if linear.folded:
        described["folded"] = [
            {"column": each.encoder.column, "categories": each.encoder.values} for each in linear.folded
        ]
        arrays |= {f"folded{place}": each.lines for place, each in enumerate(linear.folded)}
    return described, arrays


def _linear_in(document: dict[str, Any], arrays: Arrays) -> LinearModel:
    tables = [
        CategoryTable(CategoryEncoder(entry["column"], entry["categories"]), entry["places"], arrays[f"lines{place}"])
        for place, entry in enumerate(document["tables"])
    ]
    numbers = [
        (entry["place"], NumericFeature(entry["column"], tuple(tuple(operation) for operation in entry["operations"])))
        for entry in document["numbers"]
    ]
    folded = [
        Folded(CategoryEncoder(entry["column"], entry["categories"]), arrays[f"folded{place}"])
        for place, entry in enumerate(document.get("folded", []))
    ]
    return LinearModel(tables, numbers, arrays["weights"], arrays["base"], folded)
