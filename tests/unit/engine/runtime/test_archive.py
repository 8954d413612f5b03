"""A file with more arrays or values than the maximums is rejected before they take memory."""

import io
import json
import warnings
import zipfile
from typing import Any

import numpy as np
import pytest

from ml_census.engine.runtime import archive
from ml_census.engine.runtime.archive import CompiledError, check_archive, parse_document
from ml_census.engine.runtime.serialization import from_bytes, require_readable
from support.compiled_files import COMPOSED, LINEAR, compiled, file_from, file_of, parts_of, setting


def rejection_of(name: str, data: bytes, limit: int = archive.MAX_BYTES) -> str:
    """Return the message of the error for the file of a sample model."""
    with pytest.raises(CompiledError) as raised:
        from_bytes(data, compiled(name).schema, limit)
    return str(raised.value)


def changed(*keys: Any, value: Any, name: str = LINEAR) -> bytes:
    """Return the file of a sample model with another value in its document."""
    document, arrays = parts_of(name)
    setting(*keys, value=value)(document, arrays)
    return file_from(document, arrays)


def test_too_many_arrays_are_rejected_before_they_are_read() -> None:
    entry = b"PK\x01\x02" + bytes(42)

    assert rejection_of(LINEAR, entry * 50_001) == "has 50001 arrays, maximum 50000: publish a smaller model"


def test_too_many_values_are_rejected_before_they_are_parsed() -> None:
    document, arrays = parts_of(LINEAR)
    text = json.dumps(document | {"unused": None}).encode().replace(b"null", b"[" + b"[]," * 1_000_000)

    assert rejection_of(LINEAR, file_from(text, arrays)).endswith("values, maximum 2000000: publish a smaller model")


def test_too_many_parts_are_rejected() -> None:
    data = changed("parts", value=[{}] * 50_001, name=COMPOSED)

    assert rejection_of(COMPOSED, data) == "has 50001 parts, maximum 50000: publish a smaller model"


def test_too_many_layers_are_rejected() -> None:
    data = changed("layers", value=[{}] * 1_001)

    assert rejection_of(LINEAR, data) == "has 1001 layers, maximum 1000: publish a smaller model"


def test_too_many_operations_of_a_column_are_rejected() -> None:
    data = changed("numbers", 0, "operations", value=[["add", 1.0]] * 1_001)

    assert rejection_of(LINEAR, data) == "has 1001 operations of a column, maximum 1000: publish a smaller model"


def test_most_operations_of_a_column_are_read() -> None:
    data = changed("numbers", 0, "operations", value=[["add", 1.0]] * 1_000)

    from_bytes(data, compiled(LINEAR).schema)


def test_file_beyond_the_limit_is_rejected_with_its_size() -> None:
    with zipfile.ZipFile(io.BytesIO(file_of(LINEAR))) as file:
        size = sum(entry.file_size for entry in file.infolist())

    check_archive(file_of(LINEAR), size)
    message = rejection_of(LINEAR, file_of(LINEAR), size - 1)

    assert message == f"expands to {size} bytes, maximum {size - 1}: publish a smaller model"


def test_two_arrays_of_the_same_name_are_rejected() -> None:
    file = io.BytesIO(file_of(LINEAR))
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as members:
        warnings.simplefilter("ignore", UserWarning)
        members.writestr("base.npy", members.read("base.npy"))

    assert rejection_of(LINEAR, file.getvalue()) == "has two arrays of the same name: publish the model again"


def test_array_that_is_not_finite_is_rejected_by_its_name() -> None:
    document, arrays = parts_of(LINEAR)
    arrays["weights"] = arrays["weights"] * np.nan

    message = rejection_of(LINEAR, file_from(document, arrays))

    assert message == "weights has NaN or an infinite number: publish the model again"


def test_compiled_model_beyond_a_maximum_is_not_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    require_readable(compiled(COMPOSED))
    monkeypatch.setattr(archive, "MAX_PARTS", 4)

    with pytest.raises(CompiledError, match="has 6 parts, maximum 4"):
        require_readable(compiled(COMPOSED))


@pytest.mark.parametrize("text", [b"[]", b"7", b'{"parts": 1}', b'{"parts": [1]}', b'{"numbers": [{}]}'])
def test_document_of_another_kind_is_no_document(text: bytes) -> None:
    with pytest.raises((AttributeError, KeyError, TypeError)):
        parse_document(text)
