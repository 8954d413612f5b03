"""The only name of gcsfs that is not documented: `call`, a request to the JSON API of Google Cloud Storage.

gcsfs has no public call that replaces an object if it still has a known generation.
"""

from typing import Any
from urllib.parse import quote


def upload_if_generation(filesystem: Any, path: str, data: bytes, generation: str) -> None:
    """Upload a small object in one request if the present object has the generation; empty means that there is none.

    Raises FileExistsError if the object has another generation
    (https://cloud.google.com/storage/docs/request-preconditions).
    """
    bucket, key, _generation = filesystem.split_path(path)
    endpoint = filesystem.url(path).partition("/download/")[0]
    filesystem.call(
        "POST",
        f"{endpoint}/upload/storage/v1/b/{quote(bucket)}/o",
        uploadType="media",
        name=key,
        ifGenerationMatch=generation or "0",
        headers={"Content-Type": "application/octet-stream"},
        data=data,
    )
