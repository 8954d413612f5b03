"""The names that server/parser.py uses of waitress, which documents none of them."""

import pytest
from waitress import receiver
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import Error

PARSED = HTTPRequestParser(Adjustments())
PARSED.received(b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *(
            (PARSED, name)
            for name in (
                "body_bytes_received", "body_rcv", "command", "completed", "empty", "error", "expect_continue",
                "get_body_stream", "headers", "parse_header", "path", "query", "received", "version",
            )
        ),
        *((PARSED.body_rcv, name) for name in ("control_line", "error", "getbuf", "trailer")),
        *((receiver, name) for name in ("CHUNK_EXT_RE", "ONLY_HEXDIG_RE")),
        *((Error("x"), name) for name in ("body", "code")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_waitress_has_the_name(owner: object, name: str) -> None:
    assert hasattr(owner, name)


def test_waitress_parses_chunks_with_a_class_that_can_be_derived() -> None:
    assert type(PARSED.body_rcv) is ChunkedReceiver
    assert issubclass(ParsingError, Exception)
