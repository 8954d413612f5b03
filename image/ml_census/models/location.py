"""Find the files of a model whose URI is given on the command line, in place of a config.yaml."""

from collections.abc import Sequence
from pathlib import Path

from ml_census import storage
from ml_census.config import Config, trusted_globals
from ml_census.errors import ArtifactError
from ml_census.models.manifest import DECODING, MANIFEST, MODEL, ModelFolder


def local_config(uri: str, trusted: Sequence[str] = ()) -> Config:
    """Return the configuration of a server without users and signing keys, for the model at a URI.

    `uri` names a model file, or the folder of a published model. `trusted` are classes
    and functions that a pickle may reference beside those in allowed_globals.txt, each
    "module.name". The configuration has the file prediction_decoding.json of a
    published model. A model for which no example row succeeds is served with a warning.
    Raises ArtifactError if a trusted name is not permitted, or `uri` cannot be read.
    """
    trusted_globals.require_permitted(trusted)
    model_path = find_model(uri)
    folder = ModelFolder(model_path, storage)
    decoding = folder.uri(DECODING) if DECODING in folder.sha256 else None
    return Config(
        model_path,
        prediction_decoding=decoding,
        trusted_globals=tuple(trusted),
        untested_model="warn",
        drain_delay_seconds=0,
    )


def find_model(uri: str) -> str:
    """Return the URI of a model file. `uri` names this file, or the folder of a published model.

    Raises ArtifactError if the storage of a gs:// URI cannot be read.
    """
    folder = uri.rstrip("/")
    try:
        is_folder = Path(uri).is_dir() if storage.is_local(uri) else storage.fingerprint(storage.join(folder, MANIFEST))
    except storage.StorageError as error:
        is_unavailable = isinstance(error, storage.StorageUnavailableError)
        raise ArtifactError("model_path", uri, str(error), is_storage_unavailable=is_unavailable) from error
    return storage.join(folder, MODEL) if is_folder else uri
