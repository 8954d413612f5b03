"""Passwords and tokens."""

import gc
import json
import time
import tracemalloc

import jwt
import pytest
from werkzeug.security import generate_password_hash

from conftest import KEY
from ml_census import auth

USERS = {"census": "census", "ada": generate_password_hash("lovelace", "scrypt:1024:8:1")}
OTHER_KEY = KEY[::-1]
RING = auth.parse_keys(KEY.encode())
OTHER = auth.parse_keys(OTHER_KEY.encode())


def now() -> int:
    return int(time.time())


@pytest.mark.parametrize(
    ("name", "password", "right"),
    [
        ("census", "census", True),
        ("CENSUS", "census", True),
        ("Ada", "lovelace", True),
        ("ada", "Lovelace", False),
        ("census", "Census", False),
        ("nobody", "", False),
        ("nobody", "census", False),
        ("census", "census\ud800", False),
    ],
)
def test_a_password_fits_its_user_whose_name_has_no_case(name: str, password: str, right: bool) -> None:
    assert auth.verify_password(USERS, name, password) is right


N_OF_3 = "scrypt:3:8:1$salt$00"
UNKNOWN_DIGEST = "pbkdf2:sha999:1$salt$00"
"""Hashes that cannot be computed: an attempt raises ValueError, each with a message of its own."""


def attempted_hash(users: dict[str, str], name: str, password: str = "lovelace") -> str:
    """The uncomputable hash that the login was compared with, or nothing if none was computed."""
    try:
        assert not auth.verify_password(users, name, password)
    except ValueError as error:
        return N_OF_3 if "power of 2" in str(error) else UNKNOWN_DIGEST
    return ""


@pytest.mark.parametrize(
    ("name", "password"),
    [("census", ""), ("", "census"), ("x" * 257, "census"), ("census", "x" * 1025), ("ü" * 129, "x"), ("\ud800", "x")],
)
def test_empty_or_oversized_credentials_are_refused_unhashed(name: str, password: str) -> None:
    assert not auth.verify_password(USERS | {name.lower(): password}, name, password)
    assert attempted_hash({name.lower(): N_OF_3}, name, password) == ""


@pytest.mark.parametrize("stored", [N_OF_3, UNKNOWN_DIGEST])
def test_unknown_user_costs_the_hash_of_known_users(stored: str) -> None:
    """Or the response time would show which users exist."""
    assert attempted_hash({"ada": stored}, "nobody") == stored


def test_unknown_user_costs_no_hash_where_no_user_has_one() -> None:
    assert attempted_hash({"ada": "lovelace"}, "nobody") == ""


def test_each_unknown_name_keeps_one_hash_in_proportion() -> None:
    users = {"ada": UNKNOWN_DIGEST, "bob": N_OF_3, "eve": N_OF_3, "joe": N_OF_3}

    first, second = ([attempted_hash(users, f"nobody{number}") for number in range(400)] for _ in range(2))

    assert 60 < first.count(UNKNOWN_DIGEST) < 140, "a quarter of 400, by a checksum of the name"
    assert first == second


@pytest.mark.parametrize("stored", [USERS["ada"], "lovelace"], ids=["hashed", "clear"])
def test_password_of_a_known_user_does_not_admit_an_unknown(stored: str) -> None:
    assert auth.verify_password({"ada": stored}, "ada", "lovelace")
    assert not auth.verify_password({"ada": stored}, "nobody", "lovelace")


def test_a_token_is_its_users_for_720_seconds_and_10_for_clocks_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    start = now()
    issued = auth.issue_token(RING, USERS, "Census", start)
    claims = jwt.decode(issued, KEY, algorithms=["HS256"], audience="ml-census")

    assert (claims["sub"], claims["iat"], claims["exp"]) == ("census", start, start + 720)
    for seconds, user in [(0, "census"), (719, "census"), (731, None)]:
        monkeypatch.setattr(time, "time", lambda later=start + seconds: later)
        assert auth.verify_token(RING, USERS, issued) == user


def test_the_first_key_signs_and_all_keys_verify() -> None:
    by_old_key = auth.issue_token(OTHER, USERS, "census", now())

    assert auth.verify_token(RING + OTHER, USERS, by_old_key) == "census"
    assert auth.verify_token(OTHER + RING, USERS, by_old_key) == "census"
    assert auth.verify_token(RING, USERS, by_old_key) is None


def test_a_token_that_was_valid_still_needs_its_user_password_and_key() -> None:
    """What is kept of a token never lets in who should be out."""
    known = auth.issue_token(RING, USERS, "census", now())
    assert auth.verify_token(RING, USERS, known) == "census"

    assert auth.verify_token(RING, {"ada": USERS["ada"]}, known) is None
    assert auth.verify_token(RING, USERS | {"census": "changed"}, known) is None
    assert auth.verify_token(OTHER, USERS, known) is None
    assert auth.verify_token(RING, USERS, known) == "census"


def test_cache_of_verified_tokens_is_bounded() -> None:
    """1,100 tokens fill the cache, and 600 more its tables; 600 more would take another 0.2 MB if all were kept."""
    start, users = now(), {f"user{number}": "x" for number in range(2300)}
    issued = [auth.issue_token(RING, users, name, start) for name in users]
    sizes = []
    tracemalloc.start()
    for part in (issued[:1100], issued[1100:1700], issued[1700:]):
        for token in part:
            assert auth.verify_token(RING, users, token)
        gc.collect()  # what waits for it is not kept
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()

    assert sizes[2] - sizes[1] < 50_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "JSON object"),
        ("{}", "at least one user"),
        ('{"a": 1}', "must be text"),
        ('{"a": ""}', "must be text"),
        ('{"a": "x", "A": "y"}', "differ only in case"),
        ('{"a": "scrypt:1$x"}', "hash of a is malformed"),
        ('{"a": "pbkdf2:md5:1$x$00"}', "hash of a is malformed"),
        ('{"a": "scrypt:3:8:1$x$00"}', "hashed by scrypt:3:8:1"),
        ('{"a": "pbkdf2:sha999:1$x$00"}', "hashed by pbkdf2:sha999:1"),
        ('{"a": "scrypt:1048576:8:1$x$00"}', "hash of a costs too much"),
        ('{"a": "scrypt:2:8:17$x$00"}', "hash of a costs too much"),
        ('{"a": "pbkdf2:sha256:10000001$x$00"}', "hash of a costs too much"),
        ('{"a": "$2b$12$saltsaltsaltsaltsaltsehash"}', "hash of a is of an unknown kind"),
        ('{"a": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"}', "hash of a is of an unknown kind"),
        ('{"a": "{SSHA}c2FsdGhhc2g="}', "hash of a is of an unknown kind"),
        ('{"a": "pbkdf2_sha256$600000$salt$aGFzaA="}', "hash of a is of an unknown kind"),
    ],
)
def test_users_that_cannot_be_used_are_refused(text: str, reason: str) -> None:
    with pytest.raises(auth.CredentialsError, match=reason):
        auth.parse_users(json.loads(text))


def test_users_in_clear_text_are_found() -> None:
    assert auth.users_with_plaintext_password(auth.parse_users(USERS)) == ["census"]


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
def test_keys_that_cannot_be_used_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(auth.CredentialsError, match=reason):
        auth.parse_keys(data)


def test_each_line_is_a_key_without_its_line_end() -> None:
    assert auth.parse_keys(f"{KEY}\r\n\n{OTHER_KEY}".encode()) == RING + OTHER


def test_a_key_has_the_same_id_everywhere_and_does_not_tell_itself() -> None:
    ((kid, key),) = RING

    assert (kid, key) == auth.parse_keys(f" {KEY}\n\n".encode())[0]
    assert len(kid) == 16
    assert kid not in key


def test_weak_hashes_are_found() -> None:
    users = {
        "few": "pbkdf2:sha256:1000$x$00",
        "many": "pbkdf2:sha256:600000$x$00",
        "small": "scrypt:1024:8:1$x$00",
        "usual": "scrypt:32768:8:1$x$00",
        "clear": "clear",
    }

    assert auth.weak(users) == ["few", "small"]


def test_byte_order_mark_is_no_part_of_a_signing_key() -> None:
    key = "k" * 43

    assert auth.parse_keys(key.encode("utf-8-sig")) == auth.parse_keys(key.encode())
