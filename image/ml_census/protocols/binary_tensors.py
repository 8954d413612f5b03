"""Binary extension of the Open Inference Protocol, the default format of the clients of Triton and KServe.

A body is a JSON document, followed by the values of tensors as bytes. The HTTP header
Inference-Header-Content-Length has the length of the JSON document.
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

import struct
from typing import Any

from ml_census.protocols.json_body import MalformedBodyError

HEADER = "Inference-Header-Content-Length"
EXTENSION = "binary_tensor_data"
FORMATS = {
    "BOOL": "?",
    **{f"{sign}INT{bits}": code for bits, pair in ((8, "bB"), (16, "hH"), (32, "iI"), (64, "qQ"))
       for sign, code in zip(("", "U"), pair, strict=True)},
    **{"FP16": "e", "FP32": "f", "FP64": "d"},
}  # fmt: skip
"""Datatype of a fixed size -> format character of Python's module struct."""
LENGTH = struct.Struct("<I")
"""Format of the length in bytes, which precedes each value of the datatype BYTES."""


def split(body: bytes, length: str | None) -> tuple[bytes, bytes]:
    """Return the JSON document and the binary data of a body.

    `length` is the value of the header Inference-Header-Content-Length. If `length` is
    None, the whole body is JSON. Raises MalformedBodyError if `length` is not a number
    of bytes, or is larger than the body.
    """
    if length is None:
        return body, b""
    if not length.isascii() or not length.isdecimal() or int(length) > len(body):
        raise MalformedBodyError(f"{HEADER} must be a number of bytes, at most the size of the body")
    return body[: int(length)], body[int(length) :]


def decode(datatype: str, data: bytes) -> list[Any]:
    """Return the values of a tensor from its bytes: numbers, booleans, or text for the datatype BYTES.

    `datatype` is BYTES or a key of FORMATS. Raises MalformedBodyError if `data` has a
    wrong size or is not UTF-8.
    """
    if datatype == "BYTES":
        return _decode_texts(data)
    code = FORMATS[datatype]
    size = struct.calcsize(code)
    if len(data) % size:
        raise MalformedBodyError(f"{len(data)} bytes are not a multiple of {size}, the size of {datatype}")
    return list(struct.unpack(f"<{len(data) // size}{code}", data))


def _decode_texts(data: bytes) -> list[str]:
    texts, position = [], 0
    while position < len(data):
        start = position + LENGTH.size
        if start > len(data) or (end := start + LENGTH.unpack_from(data, position)[0]) > len(data):
            raise MalformedBodyError("BYTES values must each follow their length, a little-endian integer of 4 bytes")
        try:
            texts.append(data[start:end].decode())
        except UnicodeDecodeError as error:
            raise MalformedBodyError("BYTES must be UTF-8 text") from error
        position = end
    return texts


def encode(datatype: str, values: list[Any]) -> bytes:
    """Return the values of a tensor as bytes. `datatype` is BYTES or a key of FORMATS.

    None becomes NaN for FP16, FP32 and FP64, and the text "None" for BYTES. Other
    datatypes cannot represent None. Raises struct.error or OverflowError if a number
    does not fit the datatype.
    """
    if datatype == "BYTES":
        texts = [str(value).encode(errors="replace") for value in values]
        return b"".join(LENGTH.pack(len(text)) + text for text in texts)
    numbers = [float("nan") if value is None else value for value in values]
    return struct.pack(f"<{len(numbers)}{FORMATS[datatype]}", *numbers)
