"""Damaged and forged tokens are rejected: at least 1,000 in each run."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from conftest import KEY
from ml_census import auth
from support.fuzz_budget import examples

USERS = {"census": "census", "ada": "lovelace"}
RING = auth.parse_keys(KEY.encode())


def decode_base64(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encode_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Token(NamedTuple):
    """A token of the server, in its three parts."""

    head: str
    body: str
    signature: str

    def __str__(self) -> str:
        return ".".join(self)

    def header(self) -> dict[str, Any]:
        """Return the decoded header."""
        return dict(json.loads(decode_base64(self.head)))

    def claims(self) -> dict[str, Any]:
        """Return the decoded claims."""
        return dict(json.loads(decode_base64(self.body)))


def issue() -> Token:
    """Return a new token. Each example damages its own, since a token expires after 720 s."""
    return Token(*auth.issue_token(RING, USERS, "census", int(time.time()) + 5).split("."))


def sign(header: dict[str, Any], claims: dict[str, Any], key: str = KEY) -> str:
    """Return a token that a key has signed."""
    signed = ".".join(encode_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encode_base64(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


EXAMPLE = issue()
"""Token that gives the strategies its length and the names of its claims."""
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([10**400, -1, "ml-census"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def is_accepted(token: str) -> bool:
    return auth.verify_token(RING, USERS, token) is not None


def test_undamaged_token_is_accepted() -> None:
    assert is_accepted(str(issue()))


def test_token_signed_by_the_test_is_accepted() -> None:
    """The forgeries below differ from this token in what they change only."""
    issued = issue()

    assert is_accepted(sign(issued.header(), issued.claims()))


@examples(500)
@given(index=st.integers(0, len(str(EXAMPLE)) - 1), text=st.text(max_size=3), removed=st.integers(0, 3))
def test_token_with_changed_characters_is_rejected(index: int, text: str, removed: int) -> None:
    issued = issue()
    token = str(issued)[:index] + text + str(issued)[index + removed :]

    try:
        is_same = [decode_base64(part) for part in token.split(".")] == [decode_base64(part) for part in issued]
    except ValueError:
        is_same = False
    assert is_same or not is_accepted(token)


@examples(300)
@given(
    bits=st.lists(st.integers(0, 8 * len(decode_base64(EXAMPLE.signature)) - 1), min_size=1, max_size=3, unique=True)
)
def test_signature_with_flipped_bits_is_rejected(bits: list[int]) -> None:
    issued = issue()
    signature = bytearray(decode_base64(issued.signature))
    for bit in bits:
        signature[bit // 8] ^= 1 << bit % 8

    assert not is_accepted(str(issued._replace(signature=encode_base64(bytes(signature)))))


@examples(300)
@given(
    changes=st.dictionaries(st.sampled_from(sorted(EXAMPLE.claims())), values, min_size=1),
    key=st.sampled_from([KEY, "x" * 64]),
)
def test_signed_token_with_other_claims_is_rejected(changes: dict[str, Any], key: str) -> None:
    issued = issue()
    original, claims = issued.claims(), issued.claims() | changes
    token = sign(issued.header(), claims, key)

    if key != KEY or any(type(claims[name]) is not int for name in ("iat", "exp")):
        assert not is_accepted(token)
    elif any(claims[name] != original[name] for name in original if name not in ("iat", "exp")):
        assert not is_accepted(token)
    else:
        life = claims["exp"] - claims["iat"]
        assert not is_accepted(token) or (life <= 720 and abs(claims["iat"] - time.time()) <= 740)


@examples(200)
@given(changes=st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64"]), values, min_size=1))
def test_signed_token_with_another_header_is_rejected(changes: dict[str, Any]) -> None:
    issued = issue()
    header = issued.header() | changes
    token = sign(header, issued.claims())

    is_harmless = {name: header.get(name) for name in ("alg", "kid")} == {"alg": "HS256", "kid": issued.header()["kid"]}
    assert not is_accepted(token) or (is_harmless and "crit" not in header)
