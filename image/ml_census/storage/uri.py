"""URIs of artifacts: a local path, gs://BUCKET/OBJECT or https://HOST/PATH."""

import posixpath


def is_local(uri: str) -> bool:
    """Return whether the URI is a local path."""
    return "://" not in uri


def is_gcs(uri: str) -> bool:
    """Return whether the URI names an object of Google Cloud Storage."""
    return uri.startswith("gs://")


def join(folder: str, name: str) -> str:
    """Return the URI of a file in a folder."""
    return posixpath.join(folder, name)


def split(uri: str) -> tuple[str, str]:
    """Return the folder of a file, and the file's name in it."""
    return posixpath.split(uri)
