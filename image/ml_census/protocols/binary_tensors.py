"""Triton's extension of the Open Inference Protocol, which its client and KServe's use unless told otherwise: a header
says how long the JSON document is, and the values of tensors follow it as bytes.

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
"""What struct calls a datatype of which all values are of one size."""
LENGTH = struct.Struct("<I")
"""Goes before each value of the datatype BYTES."""


def split(body: bytes, length: str | None) -> tuple[bytes, bytes]:
    """Return the JSON and the binary data after it, split at the header's value. Raises MalformedBodyError."""
    if length is None:
        return body, b""
    if not length.isascii() or not length.isdecimal() or int(length) > len(body):
        raise MalformedBodyError(f"{HEADER} must be a number of bytes that the body has")
    return body[: int(length)], body[int(length) :]


def decode(datatype: str, data: bytes) -> list[Any]:
    """The values of a tensor. Raises MalformedBodyError."""
    if datatype == "BYTES":
        return _texts(data)
    code = FORMATS[datatype]
    size = struct.calcsize(code)
    if len(data) % size:
        raise MalformedBodyError(f"{len(data)} bytes are no whole number of {datatype}")
    return list(struct.unpack(f"<{len(data) // size}{code}", data))


def _texts(data: bytes) -> list[str]:
    texts, place = [], 0
    while place < len(data):
        start = place + LENGTH.size
        if start > len(data) or (end := start + LENGTH.unpack_from(data, place)[0]) > len(data):
            raise MalformedBodyError("BYTES must be values with their lengths before them, of 4 bytes each")
        try:
            texts.append(data[start:end].decode())
        except UnicodeDecodeError as error:
            raise MalformedBodyError("BYTES must be UTF-8 text") from error
        place = end
    return texts


def encode(datatype: str, values: list[Any]) -> bytes:
    """The bytes of a tensor; null is NaN among numbers."""
    if datatype == "BYTES":
        texts = [str(value).encode(errors="replace") for value in values]
        return b"".join(LENGTH.pack(len(text)) + text for text in texts)
    numbers = [float("nan") if value is None else value for value in values]
    return struct.pack(f"<{len(numbers)}{FORMATS[datatype]}", *numbers)
