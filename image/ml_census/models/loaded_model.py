"""Load a published model in a Python program, and predict as a server does."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ml_census import storage
from ml_census.client.json_rows import RowError, rows_of, text_of
from ml_census.engine.predictor import NoReasonsError, PredictionError
from ml_census.engine.reasons import reasons_of
from ml_census.models.loading import load_model
from ml_census.models.location import local_config
from ml_census.models.model import ServedModel
from ml_census.schema import Columns, InvalidRowsError, schema_to_json
from ml_census.storage.snapshot import Snapshot


class RowsError(ValueError):
    """Report rows that a model cannot predict. The message names row (counted from 0) and column of the first value.

    `details` has a dict for each of the first 20 invalid values or rows, as the
    `details` in a response of a server.
    """

    def __init__(self, reason: str, details: Sequence[dict[str, Any]] = ()) -> None:
        """Initialize with the reason in one line, and the invalid values or rows."""
        super().__init__(reason)
        self.details = list(details)


class LoadedModel:
    """A published model in this process. The predictions and the validation of rows are those of a server.

    A compiled model needs neither scikit-learn nor pandas.
    """

    def __init__(self, served: ServedModel) -> None:
        """Initialize with a loaded and tested model."""
        self._served = served
        self._predictor = served.predictor

    def predict(self, rows: Any) -> list[Any]:
        """Return the prediction of each row: the text of a class, a class or a number.

        `rows` is a DataFrame, a two-dimensional array, or a list of rows. A row is a
        dict of column name to value, a list of values in the order of `columns`, or a
        single value. Raises RowsError if a row does not fit the model.
        """
        return self._served.decode(self._call(self._predictor.predict, rows))

    def predict_proba(self, rows: Any) -> list[Any]:
        """Return the probabilities of each row, in the order of `classes_`.

        Raises RowsError as predict() does, and ValueError if the model has no
        probabilities.
        """
        if not self._predictor.has_probabilities:
            raise ValueError("this model has no probabilities")
        return self._call(self._predictor.probabilities, rows)

    def reasons(self, rows: Any, count: int | None = None, reference: Any = None) -> list[list[dict[str, Any]]]:
        """Return for each row the columns with the largest effects on its score, the largest first.

        A reason is a dict with the keys column, value, reference and effect. `count` is
        the maximum number of reasons for each row; None means all. `reference` is the
        row to compare with: a dict or a list, as in predict(). None means the row of
        the typical values of the training data. Raises RowsError as predict() does,
        also for an invalid reference. Raises ValueError if the model has no reasons or
        no typical row.
        """

        def explain(columns: Columns) -> list[list[dict[str, Any]]]:
            self._predictor.predict(columns)  # raises PredictionError for a row before the reference is checked
            row = None if reference is None else json.loads(text_of(reference))
            return reasons_of(self._predictor, columns, len(columns) if count is None else count, row)

        try:
            return self._call(explain, rows)
        except NoReasonsError as error:
            raise ValueError(str(error)) from error

    def _call(self, method: Any, rows: Any) -> list[Any]:
        schema = self._predictor.schema
        try:
            inputs = [json.loads(text_of(row)) for row in rows_of(rows, schema.names, schema.required)]
            result: list[Any] = method(schema.validate_rows(inputs).columns)
        except RowError as error:
            raise RowsError(str(error)) from error
        except InvalidRowsError as error:
            raise RowsError(_describe(str(error), error.details), error.details) from error
        except PredictionError as error:
            detail = {**error.location, "expected": "values that the model can predict"}
            raise RowsError(_describe(str(error), [detail]), [detail]) from error
        return result

    @property
    def classes_(self) -> list[Any] | None:
        """The classes in the order of the probabilities, as predict() returns them; None for a regressor."""
        classes = self._predictor.classes
        return None if classes is None else self._served.decode(classes)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in the order of a row."""
        return self._predictor.schema.names

    @property
    def schema(self) -> dict[str, Any]:
        """The columns with types, categories and training distributions, as schema.json has them."""
        return schema_to_json(self._predictor.schema)

    @property
    def version(self) -> str:
        """The first 12 hex digits of the SHA-256 of the model file."""
        return self._served.version

    @property
    def name(self) -> str | None:
        """The name with which the model was published, or None."""
        return self._served.name

    @property
    def description(self) -> str | None:
        """The description with which the model was published, or None."""
        return self._served.description


def load(uri: str, *, sha256: str | None = None, trusted_globals: Sequence[str] = ()) -> LoadedModel:
    """Return the model of a folder, a gs:// folder or a model file, after the checks of a server.

    A model that is not compiled is unpickled, after a check of the pickle in a child
    process. `sha256` is the expected SHA-256 of manifest.json. `trusted_globals` are
    classes and functions that the pickle may reference beside those of scikit-learn,
    each "module.name". Raises ArtifactError if a file cannot be read, or the model
    fails a check.
    """
    config = replace(
        local_config(uri, trusted_globals),
        model_sha256=sha256,
        untested_model="refuse",
        max_model_bytes=storage.MAX_BYTES,
    )
    return LoadedModel(load_model(config, Snapshot()))


def _describe(reason: str, details: Sequence[dict[str, Any]]) -> str:
    """Return the reason with the position of the first invalid value or row."""
    if not details:
        return reason
    first = details[0]
    column = f" column {first['column']}:" if "column" in first else ""
    row = f" row {first['row']}:" if "row" in first else ""
    got = f", got {first['got']!r}" if "got" in first else ""
    return f"{reason}:{row}{column} expected {first['expected']}{got}"
