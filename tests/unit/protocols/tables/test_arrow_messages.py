"""Compressed record batches and extended dictionaries in a stream of Arrow."""

import pyarrow as pa
import pyarrow.ipc
import pytest

from ml_census.protocols.native import ARROW_STREAM
from ml_census.protocols.tables.arrow_messages import is_compressed, is_delta
from support.tables import body

TABLE = pa.table({"number": [1, 2] * 500, "text": pa.array(["a", "b"] * 500).dictionary_encode()})


def messages(data: bytes) -> dict[str, bytes]:
    """Return the metadata of the messages by their type."""
    return {each.type: each.metadata.to_pybytes() for each in pa.ipc.MessageReader.open_stream(data)}


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_batches_are_found(compression: str) -> None:
    found = messages(body(ARROW_STREAM, TABLE, compression=compression))

    assert {kind: is_compressed(metadata) for kind, metadata in found.items()} == {
        "schema": False,
        "dictionary": True,
        "record batch": True,
    }


def test_plain_batches_are_not_compressed() -> None:
    assert not any(is_compressed(metadata) for metadata in messages(body(ARROW_STREAM, TABLE)).values())


def test_extended_dictionaries_are_found() -> None:
    tables = [pa.table({"a": pa.array(texts).dictionary_encode()}) for texts in (["x"], ["x", "y"])]
    data = body(ARROW_STREAM, pa.concat_tables(tables), emit_dictionary_deltas=True)

    found = [is_delta(each.metadata.to_pybytes()) for each in pa.ipc.MessageReader.open_stream(data)]

    assert found == [False, False, False, True, False]  # schema, dictionary, batch, delta, batch


@pytest.mark.parametrize("metadata", [b"", b"\xff\xff\xff\xff", b"\x04\x00\x00\x00\xff\xff\xff\x7f"])
def test_damaged_metadata_is_an_error(metadata: bytes) -> None:
    with pytest.raises(ValueError):
        is_compressed(metadata)
