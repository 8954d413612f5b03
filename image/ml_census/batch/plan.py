"""The plan of a run, which all processes share as plan.json: the files of the input, their versions, and the parts."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ml_census import storage
from ml_census.batch import repeated_storage
from ml_census.batch.batch_model import BatchModel
from ml_census.batch.errors import BatchError
from ml_census.batch.tables import open_table
from ml_census.storage import StoredFile, json_file

PLAN = "plan.json"
FORMAT = 1
"""Version of the format of plan.json."""
PART_ROWS = 1_000_000
"""Maximum rows of a part, unless a single row group has more."""
FOOTER_THREADS = 16
"""Number of footers that are read at once. A read mostly waits for the response of the storage."""


class Part(NamedTuple):
    """Rows of one file: the row groups from `first` to before `stop`, or the whole file if it is CSV."""

    file: int
    """Position of the file in the plan."""
    first: int
    stop: int
    rows: int | None
    """Number of rows. None for CSV, which has no footer with this number."""


@dataclass(frozen=True)
class Settings:
    """The settings of a user. All processes of a run have the same settings."""

    input: str
    keep: tuple[str, ...] | None = ()
    """Columns of the input that the output has too; None for all."""
    max_rejected: float = 0.0
    """Maximum share of the rows of a part that may be invalid, from 0 to 1."""
    reasons: int = 0
    """Maximum number of reasons for each row."""


@dataclass(frozen=True)
class Plan:
    """The settings, the model, and the parts of a run."""

    settings: Settings
    model_version: str
    model_sha256: str
    created: str
    """Time in ISO 8601."""
    files: tuple[StoredFile, ...]
    parts: tuple[Part, ...]

    def file_of(self, part: int) -> StoredFile:
        """Return the file with the rows of a part, by the number of the part."""
        return self.files[self.parts[part].file]

    def to_bytes(self) -> bytes:
        """Return the content of plan.json."""
        keep = self.settings.keep
        document = {
            "format": FORMAT,
            "created": self.created,
            "model": {"version": self.model_version, "sha256": self.model_sha256},
            "options": {"input": self.settings.input, "keep": "all" if keep is None else list(keep),
                        "max_rejected": self.settings.max_rejected, "reasons": self.settings.reasons},
            "files": [file._asdict() for file in self.files],
            "parts": [part._asdict() for part in self.parts],
        }  # fmt: skip
        return (json.dumps(document) + "\n").encode()

    def check(self, uri: str, model: BatchModel, settings: Settings) -> None:
        """Raise BatchError if the run of a plan at a URI has another model or other settings."""
        if model.sha256 != self.model_sha256:
            reason = f"{self.model_version} (SHA-256 of manifest.json {self.model_sha256})"
            raise BatchError(f"{uri}: the run is of the model {reason}, not {model.version} ({model.sha256})")
        for name, planned in vars(self.settings).items():
            if planned != (given := getattr(settings, name)):
                raise BatchError(f"{uri}: the run has {_option(name, planned)}, not {_option(name, given)}")


def _option(name: str, value: Any) -> str:
    """Return an option as a user types it."""
    if name == "input":
        return f"the input {value}"
    if name == "max_rejected":
        return f"--max-rejected {value:g}"
    if name == "reasons":
        return f"--reasons {value}"
    if value is None:
        return "--keep-all"
    return " ".join(f"--keep {column}" for column in value) or "no --keep"


def agree_on_plan(output: str, model: BatchModel, settings: Settings) -> Plan:
    """Return the plan in the folder `output`. If there is none, plan the run and create it.

    Raises BatchError if the plan has another model or other settings, or if a file of
    the input cannot be scored. Raises StorageError.
    """
    uri = storage.join(output, PLAN)
    try:
        plan = read_plan(output)
    except storage.ObjectNotFoundError:
        plan = _make_plan(output, model, settings)
        if not repeated_storage.create(uri, plan.to_bytes()):
            plan = read_plan(output)
    plan.check(uri, model, settings)
    return plan


def read_plan(output: str) -> Plan:
    """Return the plan in the folder `output`. Raises BatchError for an invalid plan.json, and StorageError."""
    uri = storage.join(output, PLAN)
    data = repeated_storage.read(uri)
    try:
        document = json_file.parse(data)
        if document["format"] != FORMAT:
            raise BatchError(f"{uri}: format {document['format']}, this version of ml-census reads {FORMAT}")
        return _from_document(document)
    except (json_file.JsonError, KeyError, TypeError) as error:
        raise BatchError(f"{uri}: is not the plan of a run: {error}") from error


def _from_document(document: Mapping[str, Any]) -> Plan:
    """Return the plan with the content of Plan.to_bytes(). Raises KeyError or TypeError for any other document."""
    options, model, keep = document["options"], document["model"], document["options"]["keep"]
    kept = None if keep == "all" else tuple(keep)
    settings = Settings(options["input"], kept, options["max_rejected"], options["reasons"])
    files = tuple(StoredFile(**file) for file in document["files"])
    parts = tuple(Part(**part) for part in document["parts"])
    return Plan(settings, model["version"], model["sha256"], document["created"], files, parts)


def _make_plan(output: str, model: BatchModel, settings: Settings) -> Plan:
    files = repeated_storage.find(settings.input)
    if not files:
        raise BatchError(f"{settings.input}: no file found")
    if inside := next((file.uri for file in files if file.uri.startswith(output.rstrip("/") + "/")), None):
        raise BatchError(f"{output}: contains {inside} of the input: write the output to another folder")

    def groups(file: StoredFile) -> list[int] | None:
        with open_table(file, model.predictor.schema, settings.keep) as table:
            return table.groups

    rows = in_threads(groups, files)
    parts = tuple(part for number, counts in enumerate(rows) for part in _parts(number, counts))
    parts = parts or (Part(0, 0, 0, 0),)  # without a part, the output would have no file with its columns
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Plan(settings, model.version, model.sha256, now, tuple(files), parts)


def in_threads(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Return the results of a function that waits for the storage, in the order of the items."""
    with ThreadPoolExecutor(FOOTER_THREADS) as executor:
        return list(executor.map(function, items))


def _parts(file: int, groups: list[int] | None) -> Iterator[Part]:
    """Yield the parts of a file. `groups` has the number of rows of each row group, or is None for CSV."""
    if groups is None:
        yield Part(file, 0, 1, None)
        return
    first = rows = 0
    for index, count in enumerate(groups):
        if rows and rows + count > PART_ROWS:
            yield Part(file, first, index, rows)
            first, rows = index, 0
        rows += count
    if rows:
        yield Part(file, first, len(groups), rows)
