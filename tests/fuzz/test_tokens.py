"""Damaged and forged tokens are rejected: at least 1,000 in each run."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import KEY
from ml_census import auth
from support.fuzz_budget import examples

USERS = {"census": "census", "ada": "lovelace"}
RING = auth.parse_keys(KEY.encode())


GOOD = HEAD = BODY = SIGNATURE = ""
CLAIMS: dict[str, Any] = {}
HEADER: dict[str, Any] = {}


def decode_base64(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encode_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def issue() -> None:
    """Issue the token that the tests damage."""
    global GOOD, HEAD, BODY, SIGNATURE, CLAIMS, HEADER
    GOOD = auth.issue_token(RING, USERS, "census", int(time.time()) + 5)
    HEAD, BODY, SIGNATURE = GOOD.split(".")
    CLAIMS, HEADER = json.loads(decode_base64(BODY)), json.loads(decode_base64(HEAD))


@pytest.fixture(autouse=True)
def issued() -> None:
    """Issue a new token for each test: the first may expire before the tests run."""
    issue()


issue()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([10**400, -1, "ml-census"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def is_accepted(token: str) -> bool:
    return auth.verify_token(RING, USERS, token) is not None


def test_undamaged_token_is_accepted() -> None:
    assert is_accepted(GOOD)


@examples(500)
@given(place=st.integers(0, len(GOOD) - 1), text=st.text(max_size=3), gone=st.integers(0, 3))
def test_token_with_changed_characters_is_rejected(place: int, text: str, gone: int) -> None:
    token = GOOD[:place] + text + GOOD[place + gone :]

    try:
        same = [decode_base64(part) for part in token.split(".")] == [decode_base64(part) for part in GOOD.split(".")]
    except ValueError:
        same = False
    assert same or not is_accepted(token)


@examples(300)
@given(bits=st.lists(st.integers(0, 8 * len(decode_base64(SIGNATURE)) - 1), min_size=1, max_size=3, unique=True))
def test_signature_with_flipped_bits_is_rejected(bits: list[int]) -> None:
    signature = bytearray(decode_base64(SIGNATURE))
    for bit in bits:
        signature[bit // 8] ^= 1 << bit % 8

    assert not is_accepted(f"{HEAD}.{BODY}.{encode_base64(bytes(signature))}")


@examples(300)
@given(
    changes=st.dictionaries(st.sampled_from(sorted(CLAIMS)), values, min_size=1), key=st.sampled_from([KEY, "x" * 64])
)
def test_signed_token_with_other_claims_is_rejected(changes: dict[str, Any], key: str) -> None:
    claims = CLAIMS | changes
    signed = f"{HEAD}.{encode_base64(json.dumps(claims).encode())}"
    token = f"{signed}.{encode_base64(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"

    if key != KEY or any(type(claims[name]) is not int for name in ("iat", "exp")):
        assert not is_accepted(token)
    elif any(claims[name] != CLAIMS[name] for name in CLAIMS if name not in ("iat", "exp")):
        assert not is_accepted(token)
    else:
        life = claims["exp"] - claims["iat"]
        assert not is_accepted(token) or (life <= 720 and abs(claims["iat"] - time.time()) <= 740)


@examples(200)
@given(changes=st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64"]), values, min_size=1))
def test_signed_token_with_another_header_is_rejected(changes: dict[str, Any]) -> None:
    header = HEADER | changes
    signed = f"{encode_base64(json.dumps(header).encode())}.{BODY}"
    token = f"{signed}.{encode_base64(hmac.new(KEY.encode(), signed.encode(), hashlib.sha256).digest())}"

    harmless = {name: header.get(name) for name in ("alg", "kid")} == {"alg": "HS256", "kid": HEADER["kid"]}
    assert not is_accepted(token) or (harmless and "crit" not in header)
