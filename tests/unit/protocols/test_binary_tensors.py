"""Binary values of tensors."""

import pytest

from ml_census.protocols import binary_tensors
from ml_census.protocols.json_body import MalformedBodyError


@pytest.mark.parametrize("datatype", binary_tensors.FORMATS)
def test_encoded_values_are_decoded_unchanged(datatype: str) -> None:
    values = [True, False] if datatype == "BOOL" else [1, 100]

    assert binary_tensors.decode(datatype, binary_tensors.encode(datatype, values)) == values


@pytest.mark.parametrize(
    ("datatype", "data", "reason"),
    [
        ("FP32", b"abc", "3 bytes are not a multiple of 4, the size of FP32"),
        ("BYTES", b"\x01\0\0", "must each follow their length"),
        ("BYTES", b"\x02\0\0\0a", "must each follow their length"),
        ("BYTES", b"\xff\xff\xff\xffa", "must each follow their length"),
        ("BYTES", b"\x01\0\0\0\xff", "UTF-8"),
    ],
)
def test_malformed_values_are_rejected(datatype: str, data: bytes, reason: str) -> None:
    with pytest.raises(MalformedBodyError, match=reason):
        binary_tensors.decode(datatype, data)
