"""compiled.npz is read as it was written, and any other file is a CompiledError."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.runtime.serialization import CompiledError, from_bytes, to_bytes
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import schema_from_json, schema_to_json
from support.comparison import assert_same_predictions
from support.compiled_files import (
    COMPOSED,
    LINEAR,
    TREES,
    assert_rejected,
    columns_of,
    compiled,
    file_from,
    file_of,
    parts_of,
    read_and_predict,
    setting,
    without_setting,
)
from support.sample_models import SAMPLE_MODELS, SampleModel

COMPILING = sorted(SAMPLE_MODELS.keys() - {"clusters", "documents"})


@pytest.mark.parametrize("name", COMPILING)
def test_file_is_read_as_it_was_written(sample_model: Callable[[str], SampleModel], name: str) -> None:
    """The schema goes through its own file as well."""
    written, columns = compiled(name), columns_of(name)
    schema = schema_from_json(json.loads(json.dumps(schema_to_json(written.schema))))

    read = from_bytes(file_of(name), schema)

    assert (read.classes, read.has_probabilities) == (written.classes, written.has_probabilities)
    assert read.predict(columns) == written.predict(columns) == sample_model(name).answers[: len(columns[0])]
    assert not written.has_probabilities or read.probabilities(columns) == written.probabilities(columns)
    assert_same_predictions(read, written, [values[:1] for values in columns])


@pytest.mark.parametrize("name", COMPILING)
def test_same_model_gives_the_same_bytes(name: str) -> None:
    model = SAMPLE_MODELS[name]().model

    assert to_bytes(compile_model(model, infer_schema(model))) == file_of(name)


@pytest.mark.parametrize("name", [TREES, LINEAR, COMPOSED])
def test_flipped_byte_is_noticed_or_changes_nothing(name: str) -> None:
    random = np.random.default_rng(0)
    columns, data = columns_of(name, 20), file_of(name)
    expected = compiled(name).predict(columns), compiled(name).probabilities(columns)
    failures = []
    for index in random.integers(0, len(data), 300).tolist():
        damaged = bytearray(data)
        damaged[index] ^= int(random.integers(1, 256))
        try:
            read = from_bytes(bytes(damaged), compiled(name).schema)
            if (read.predict(columns), read.probabilities(columns)) != expected:
                failures.append(f"byte {index}: other predictions")
        except CompiledError:
            continue
        except Exception as error:
            failures.append(f"byte {index}: {type(error).__name__}: {error}")

    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("name", [TREES, LINEAR, COMPOSED])
def test_truncated_file_is_rejected(name: str) -> None:
    data = file_of(name)
    for length in [*range(0, len(data), len(data) // 60 + 1), len(data) - 1]:
        with pytest.raises(CompiledError):
            from_bytes(data[:length], compiled(name).schema)


@pytest.mark.parametrize("name", [TREES, LINEAR, COMPOSED])
def test_file_without_a_format_is_rejected(name: str) -> None:
    assert_rejected(name, without_setting("format"))


def test_trees_of_format_3_are_read() -> None:
    """Version 0.2.0 of earlier builds wrote this format."""
    document, arrays = parts_of(TREES)
    setting("format", value=3)(document, arrays)
    without_setting("single")(document, arrays)

    read = from_bytes(file_from(document, arrays), compiled(TREES).schema)

    assert read.predict(columns_of(TREES)) == compiled(TREES).predict(columns_of(TREES))


def test_trees_of_format_4_are_read() -> None:
    """Version 0.2.0 of earlier builds wrote this format."""
    document, arrays = parts_of(TREES)
    setting("format", value=4)(document, arrays)

    read = from_bytes(file_from(document, arrays), compiled(TREES).schema)

    assert read.predict(columns_of(TREES)) == compiled(TREES).predict(columns_of(TREES))


def test_file_of_another_format_is_rejected_with_advice() -> None:
    document, arrays = parts_of(TREES)
    setting("format", value=1)(document, arrays)

    with pytest.raises(CompiledError, match="^format 1, this version reads 3 and 4 and 5: publish the model again$"):
        from_bytes(file_from(document, arrays), compiled(TREES).schema)


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"\xff\xfe", b"null", b"[]", b"7", b'"format"', b"{}", b'{"format": 3}', b"[" * 100_000, b"9" * 5_000],
    ids=["empty", "half", "no text", "null", "list", "number", "text", "object", "format alone", "deep", "long"],
)
def test_invalid_document_is_rejected(document: bytes) -> None:
    _, arrays = parts_of(TREES)

    assert read_and_predict(TREES, file_from(document, arrays)) is None


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(shape: str, dtype: str = "<f8") -> bytes:
    """Return an npy file that announces an array and holds none."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def document_of(data: bytes) -> bytes:
    return zipped({"document.npy": data})


ZEROS = {"document.npy": npy(np.zeros(3))}
OTHER_FILES: dict[str, bytes] = {
    "nothing": b"",
    "half a zip": b"PK\x03\x04",
    "the end of an empty zip": b"PK\x05\x06" + bytes(18),
    "half an array": b"\x93NUMPY",
    "an array": npy(np.zeros(3)),
    "a pickle": b"\x80\x04]\x94.",
    "an empty zip": zipped({}),
    "a member that is no array": zipped({"document": b"{}"}),
    "bytes in place of an array": document_of(b"{}"),
    "an empty member": document_of(b""),
    "fewer bytes than announced": document_of(header("(3,)")),
    "a negative shape": document_of(header("(-1,)")),
    "a shape to calculate": document_of(header("(10**9,)")),
    "an endless shape": document_of(header("(" * 200)),
    "a petabyte": document_of(header("(1000000000000000,)")),
    "a shape beyond 64 bits": document_of(header("(99999999999999999999999,)")),
    "objects": document_of(header("(2,)", "O")),
    "LZMA": zipped(ZEROS, zipfile.ZIP_LZMA),
    "bzip2": zipped(ZEROS, zipfile.ZIP_BZIP2),
    "an unknown method": zipped(ZEROS).replace(b"\x08\x00", b"\x63\x00"),
    "encrypted": zipped(ZEROS).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
}


@pytest.mark.parametrize("data", OTHER_FILES.values(), ids=OTHER_FILES.keys())
def test_file_that_is_no_compiled_model_is_rejected(data: bytes) -> None:
    with pytest.raises(CompiledError):
        from_bytes(data, compiled(TREES).schema)
