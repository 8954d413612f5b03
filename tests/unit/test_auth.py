"""Passwords and tokens."""

import json
import time
from typing import Any

import jwt
import pytest
from werkzeug.security import generate_password_hash

from conftest import KEY
from ml_census import auth

USERS = {"census": "census", "ada": generate_password_hash("lovelace")}
OTHER_KEY = KEY[::-1]


def now() -> int:
    return int(time.time())


def token(key: str = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    wanted = {"sub": "census", "exp": now() + 60, **claims}
    return jwt.encode({name: value for name, value in wanted.items() if value is not None}, key, algorithm=algorithm)


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
    assert auth.check_password(USERS, name, password) is right


def test_a_token_is_its_users_for_720_seconds() -> None:
    claims = jwt.decode(auth.issue_token([KEY], "Census", now()), KEY, algorithms=["HS256"])

    assert claims["sub"] == "census"
    assert claims["exp"] - claims["iat"] == 720
    assert auth.token_user([KEY], USERS, auth.issue_token([KEY], "Census", now())) == "census"


def test_a_token_ends_after_720_seconds() -> None:
    assert auth.token_user([KEY], USERS, auth.issue_token([KEY], "census", now() - 715)) == "census"
    assert auth.token_user([KEY], USERS, auth.issue_token([KEY], "census", now() - 721)) is None


def test_the_first_key_signs_and_all_keys_verify() -> None:
    by_old_key = auth.issue_token([OTHER_KEY], "census", now())

    assert auth.token_user([KEY, OTHER_KEY], USERS, by_old_key) == "census"
    assert auth.token_user([KEY], USERS, by_old_key) is None


def test_a_token_that_was_valid_still_needs_its_user_its_key_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a token never lets in who should be out."""
    known = auth.issue_token([KEY], "census", now())
    assert auth.token_user([KEY], USERS, known) == "census"

    assert auth.token_user([KEY], {"ada": USERS["ada"]}, known) is None
    assert auth.token_user([OTHER_KEY], USERS, known) is None
    later = now() + auth.TOKEN_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert auth.token_user([KEY], USERS, known) is None


def test_what_is_kept_of_tokens_is_bounded() -> None:
    assert auth._signed.cache_info().maxsize == 1024


@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "a.b.c",
        "not a token",
        "ä.ö.ü",
        token(key=OTHER_KEY),
        token(algorithm="HS512"),
        token(exp=1),
        token(exp=None),
        token(sub=None),
        token(sub="removed"),
        token(sub=7),
        token(nbf=2**40),
        token() + "x",
        token()[:-1],
        jwt.encode({"sub": "census", "exp": 2**40}, None, algorithm="none"),
    ],
)
def test_what_is_no_valid_token_has_no_user(bad: str) -> None:
    assert auth.token_user([KEY], USERS, bad) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ("{}", "at least one user"),
        ('{"a": 1}', "must be text"),
        ('{"a": ""}', "must be text"),
        ('{"a": "x", "A": "y"}', "differ only in case"),
        ("[" * 100_000, "not JSON"),
        ('{"a": "scrypt:1$x"}', "hash of a is malformed"),
        ('{"a": "pbkdf2:md5:1$x$00"}', "hash of a is malformed"),
        ('{"a": "scrypt:3:8:1$x$00"}', "hashed by scrypt:3:8:1"),
        ('{"a": "pbkdf2:sha999:1$x$00"}', "hashed by pbkdf2:sha999:1"),
    ],
)
def test_users_that_cannot_be_used_are_refused(text: str, reason: str) -> None:
    with pytest.raises(auth.CredentialsError, match=reason):
        auth.parse_users(text.encode())


def test_users_in_clear_text_are_found() -> None:
    assert auth.in_clear(auth.parse_users(json.dumps(USERS).encode())) == ["census"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "no key"), (b" \n", "no key"), (b"short", "shorter than 32 bytes"), (b"\xff" * 40, "not UTF-8")],
)
def test_keys_that_cannot_be_used_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(auth.CredentialsError, match=reason):
        auth.parse_keys(data)


def test_each_line_is_a_key_without_its_line_end() -> None:
    assert auth.parse_keys(f"{KEY}\r\n\n{OTHER_KEY}".encode()) == (KEY, OTHER_KEY)
