"""The undocumented name of gcsfs exists and sends the precondition."""

import pytest
from gcsfs.core import GCSFileSystem

from ml_census.storage import gcsfs_internals
from support.fake_gcs import Bucket


def test_gcsfs_has_the_undocumented_name() -> None:
    assert callable(GCSFileSystem.call)


@pytest.mark.parametrize("generation", ["", "7"], ids=["no object", "an object"])
def test_object_of_the_generation_is_replaced(bucket: Bucket, generation: str) -> None:
    if generation:
        bucket.objects["a b/m"] = b"old"
        bucket.generation = int(generation)

    gcsfs_internals.upload_if_generation(GCSFileSystem(), "models/a b/m", b"new", generation)

    assert bucket.objects == {"a b/m": b"new"}


@pytest.mark.parametrize("generation", ["", "6"], ids=["no object", "another"])
def test_object_of_another_generation_is_kept(bucket: Bucket, generation: str) -> None:
    bucket.objects["m"] = b"old"
    bucket.generation = 7

    with pytest.raises(FileExistsError):
        gcsfs_internals.upload_if_generation(GCSFileSystem(), "models/m", b"new", generation)

    assert bucket.objects == {"m": b"old"}
