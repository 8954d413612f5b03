"""Signing keys, and the life of a token; forged tokens are in test_tokens_forged.py."""

import gc
import time
import tracemalloc

import jwt
import pytest

from conftest import KEY
from ml_census import auth
from ml_census.auth import tokens

USERS = {"census": "census", "ada": "lovelace"}
OTHER_KEY = KEY[::-1]
RING = auth.parse_keys(KEY.encode())
OTHER = auth.parse_keys(OTHER_KEY.encode())


def now() -> int:
    return int(time.time())


def test_token_is_valid_for_720_seconds_and_10_of_leeway(monkeypatch: pytest.MonkeyPatch) -> None:
    start = now()
    issued = auth.issue_token(RING, USERS, "Census", start)
    claims = jwt.decode(issued, KEY, algorithms=["HS256"], audience="ml-census")

    assert (claims["sub"], claims["iat"], claims["exp"]) == ("census", start, start + 720)
    for seconds, user in [(0, "census"), (719, "census"), (731, None)]:
        monkeypatch.setattr(time, "time", lambda later=start + seconds: later)
        assert auth.verify_token(RING, USERS, issued) == user


def test_first_key_signs_and_all_keys_verify() -> None:
    by_old_key = auth.issue_token(OTHER, USERS, "census", now())

    assert auth.verify_token(RING + OTHER, USERS, by_old_key) == "census"
    assert auth.verify_token(OTHER + RING, USERS, by_old_key) == "census"
    assert auth.verify_token(RING, USERS, by_old_key) is None


def test_verified_token_still_needs_user_password_and_key() -> None:
    """The cache of verified claims must not outlive the user, the password or the key."""
    known = auth.issue_token(RING, USERS, "census", now())
    assert auth.verify_token(RING, USERS, known) == "census"

    assert auth.verify_token(RING, {"ada": USERS["ada"]}, known) is None
    assert auth.verify_token(RING, USERS | {"census": "changed"}, known) is None
    assert auth.verify_token(OTHER, USERS, known) is None
    assert auth.verify_token(RING, USERS, known) == "census"


@pytest.mark.slow
def test_cache_of_verified_tokens_is_bounded() -> None:
    """1,100 tokens fill the cache, and 600 more its tables. 600 further ones would take 33 kB if all were kept.

    Memory of the module alone is counted: threads of other tests allocate meanwhile.
    """
    start, users = now(), {f"user{number}": "x" for number in range(2300)}
    issued = [auth.issue_token(RING, users, name, start) for name in users]
    sizes = []
    tracemalloc.start()
    for part in (issued[:1100], issued[1100:1700], issued[1700:]):
        for token in part:
            assert auth.verify_token(RING, users, token)
        gc.collect()  # garbage in cycles is not in the cache
        traces = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, tokens.__file__)])
        sizes.append(sum(line.size for line in traces.statistics("filename")))
    tracemalloc.stop()

    assert sizes[2] - sizes[1] < 10_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"-----BEGIN PRIVATE KEY-----\n" + b"x" * 64, "PEM, JSON or SSH"),
        (b'{"kty": "oct", "k": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', "PEM, JSON or SSH"),
        (b"x" * 31, "shorter than 32 bytes"),
        (b"", "no key"),
        (b" \n", "no key"),
        (b"short", "shorter than 32 bytes"),
        (b"\xff" * 40, "not UTF-8"),
    ],
)
def test_unusable_keys_are_rejected(data: bytes, reason: str) -> None:
    with pytest.raises(auth.CredentialsError, match=reason):
        auth.parse_keys(data)


def test_each_line_is_a_key_without_its_line_end() -> None:
    assert auth.parse_keys(f"{KEY}\r\n\n{OTHER_KEY}".encode()) == RING + OTHER


def test_key_id_is_deterministic_and_not_part_of_the_key() -> None:
    ((kid, key),) = RING

    assert (kid, key) == auth.parse_keys(f" {KEY}\n\n".encode())[0]
    assert len(kid) == 16
    assert kid not in key


def test_byte_order_mark_is_no_part_of_a_signing_key() -> None:
    key = "k" * 43

    assert auth.parse_keys(key.encode("utf-8-sig")) == auth.parse_keys(key.encode())
