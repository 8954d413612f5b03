"""Publish a model for the command `ml-census publish`. Each error names the option of the command that caused it."""

import warnings
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ml_census import storage
from ml_census.config import trusted_globals
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import PredictionError, describe_failure
from ml_census.errors import ArtifactError
from ml_census.models import class_labels
from ml_census.models.manifest import parse_object, read
from ml_census.models.pickles import estimator
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.models.publishing.completion import Complete
from ml_census.models.publishing.folder import publish
from ml_census.models.publishing.partial_schema import parse_schema
from ml_census.schema import InvalidRowsError, SchemaError
from ml_census.storage import StorageError
from ml_census.storage.snapshot import Snapshot

ADVICE = "give rows that the model predicts with --golden, or the columns' types with --schema"


class _Sources(NamedTuple):
    """The URIs of the files that `ml-census publish` reads. None: the option is not given."""

    model: str
    decoding: str | None
    schema: str | None
    golden: str | None


def publish_files(
    model_uri: str,
    output: str,
    decoding_uri: str | None,
    schema_uri: str | None,
    golden_uri: str | None,
    trusted: Iterable[str] = (),
    about: Mapping[str, Any] = MappingProxyType({}),
    complete: Complete | None = None,
) -> EngineInfo:
    """Publish a pickled model in the folder or gs:// URI `output`, and return the engine that will serve the model.

    The other URIs may be None. `decoding_uri` names a JSON object from class to text.
    `schema_uri` names a whole schema.json, or a file with the changed columns alone.
    `golden_uri` names a JSON object with "inputs", a list of rows that the model must
    predict. `trusted` are classes and functions that the pickle may reference beside
    those of scikit-learn, each "module.name". `about` has further items for
    manifest.json. `complete` takes the schema, golden rows and metrics from training
    data (completion.py). Raises ArtifactError if a file or a trusted name cannot be
    used, and StorageError if `output` cannot be written.
    """
    trusted = tuple(trusted)
    trusted_globals.require_permitted(trusted)
    sources = _Sources(model_uri, decoding_uri, schema_uri, golden_uri)
    with warnings.catch_warnings(action="ignore"):  # NumPy warns about extreme numbers in the sampled rows
        try:
            return _publish_files(sources, output, trusted, about, complete)
        except (ArtifactError, StorageError):
            raise
        except Exception as error:
            raise _to_artifact_error(sources, error) from error


def _publish_files(
    sources: _Sources, output: str, trusted: tuple[str, ...], about: Mapping[str, Any], complete: Complete | None
) -> EngineInfo:
    files = Snapshot()
    data = read(files, "--model", sources.model, storage.MAX_BYTES)
    model = estimator.load_estimator("--model", sources.model, data, trusted).model
    texts = _read_object(files, "--decoding", sources.decoding) if sources.decoding else None
    schema = parse_schema(model, read(files, "--schema", sources.schema)) if sources.schema else learn_schema(model)
    about = {**about, **({"trusted_globals": trusted} if trusted else {})}
    golden, describe = _read_golden_rows(files, sources.golden), None
    if complete:
        schema, chosen, describe = complete(model, schema, texts)
        golden = golden or chosen
    return publish(model, schema, texts, golden, about, output, describe)


def _read_object(files: Snapshot, option: str, uri: str) -> dict[str, Any]:
    return parse_object(option, uri, read(files, option, uri))


def _to_artifact_error(sources: _Sources, error: Exception) -> ArtifactError:
    """Return the ArtifactError for an exception of `publish`, with the option and the file that caused it."""
    schema = ("--schema", sources.schema) if sources.schema else ("--model", sources.model)
    match error:
        case SchemaError():
            return ArtifactError(*schema, str(error))
        case class_labels.DecodingError():
            return ArtifactError("--decoding", sources.decoding or "", str(error))
        case InvalidRowsError():
            return ArtifactError("--golden", sources.golden or "", str(error))
        case PredictionError():
            advice = "" if sources.schema else f"; {ADVICE}"
            return ArtifactError(*schema, f"{describe_failure(error)}{advice}")
    # an estimator of another package can raise any exception
    return ArtifactError("--model", sources.model, f"cannot be published: {type(error).__name__}: {error}")


def _read_golden_rows(files: Snapshot, uri: str | None) -> list[list[Any]]:
    if uri is None:
        return []
    rows = _read_object(files, "--golden", uri).get("inputs")
    if not isinstance(rows, list) or not rows:
        raise ArtifactError("--golden", uri, "inputs must be a list of rows")
    return rows
