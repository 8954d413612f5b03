"""URIs of files: a local path, gs://BUCKET/OBJECT or https://HOST/PATH."""

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
    """Return the folder and the name of the file at a URI."""
    return posixpath.split(uri)
