"""Use of the undocumented gcsfs method `call`, which sends a request to the JSON API of Cloud Storage.

No other module uses an undocumented name of gcsfs. gcsfs has no public method that
replaces an object only if the object still has a known generation.
"""

from typing import Any
from urllib.parse import quote


def upload_if_generation(filesystem: Any, path: str, data: bytes, generation: str) -> None:
    """Upload a small object in one request, if the stored object still has `generation`.

    With the generation "", the upload succeeds only if no object exists at `path`.
    Raises FileExistsError if the stored object has another generation
    (https://cloud.google.com/storage/docs/request-preconditions). Raises exceptions of
    gcsfs for other failures.
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
