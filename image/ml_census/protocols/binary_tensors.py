"""Triton's binary extension of the Open Inference Protocol, the default of the clients of Triton and KServe.

A header has the length of the JSON document; the values of the tensors follow the document as bytes.
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
"""Format character of the module struct for each datatype of a fixed size."""
LENGTH = struct.Struct("<I")
"""Prefix of each value of the datatype BYTES: its length in bytes."""


def split(body: bytes, length: str | None) -> tuple[bytes, bytes]:
    """Return the JSON document and the binary data of a body.

    `length` is the value of the header, in bytes; without it the whole body is the document.
    Raises MalformedBodyError: if the header is not a number, or larger than the body.
    """
    if length is None:
        return body, b""
    if not length.isascii() or not length.isdecimal() or int(length) > len(body):
        raise MalformedBodyError(f"{HEADER} must be a number of bytes, at most the size of the body")
    return body[: int(length)], body[int(length) :]


def decode(datatype: str, data: bytes) -> list[Any]:
    """Return the values of a tensor. Raises MalformedBodyError."""
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
    """Return the bytes of a tensor; null becomes NaN in a numeric tensor."""
    if datatype == "BYTES":
        texts = [str(value).encode(errors="replace") for value in values]
        return b"".join(LENGTH.pack(len(text)) + text for text in texts)
    numbers = [float("nan") if value is None else value for value in values]
    return struct.pack(f"<{len(numbers)}{FORMATS[datatype]}", *numbers)
