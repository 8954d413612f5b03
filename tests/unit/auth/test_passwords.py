"""Passwords: which login is right, which is hashed, and the work for unknown users."""

import pytest
from werkzeug.security import generate_password_hash

from ml_census import auth

USERS = {"census": "census", "ada": generate_password_hash("lovelace", "scrypt:1024:8:1")}


@pytest.mark.parametrize(
    ("name", "password", "right"),
    [
        ("census", "census", True),
        ("CENSUS", "census", True),
        ("Ada", "lovelace", True),
        ("ada", "Lovelace", False),
        ("census", "Census", False),
        ("unknown", "", False),
        ("unknown", "census", False),
        ("census", "census\ud800", False),
    ],
)
def test_password_is_verified_and_name_has_no_case(name: str, password: str, right: bool) -> None:
    assert auth.verify_password(USERS, name, password) is right


N_OF_3 = "scrypt:3:8:1$salt$00"
UNKNOWN_DIGEST = "pbkdf2:sha999:1$salt$00"
"""Hashes that cannot be computed: each attempt raises ValueError with its own message."""


def attempted_hash(users: dict[str, str], name: str, password: str = "lovelace") -> str:
    """Return the uncomputable hash that a login was compared with; empty if none was computed."""
    try:
        assert not auth.verify_password(users, name, password)
    except ValueError as error:
        return N_OF_3 if "power of 2" in str(error) else UNKNOWN_DIGEST
    return ""


@pytest.mark.parametrize(
    ("name", "password"),
    [("census", ""), ("", "census"), ("x" * 257, "census"), ("census", "x" * 1025), ("ü" * 129, "x"), ("\ud800", "x")],
)
def test_empty_or_oversized_login_is_rejected_unhashed(name: str, password: str) -> None:
    assert not auth.verify_password(USERS | {name.lower(): password}, name, password)
    assert attempted_hash({name.lower(): N_OF_3}, name, password) == ""


@pytest.mark.parametrize("stored", [N_OF_3, UNKNOWN_DIGEST])
def test_unknown_user_costs_the_hash_of_known_users(stored: str) -> None:
    """The response time must not reveal which users exist."""
    assert attempted_hash({"ada": stored}, "unknown") == stored


def test_unknown_user_costs_no_hash_if_no_user_has_one() -> None:
    assert attempted_hash({"ada": "lovelace"}, "unknown") == ""


def test_dummy_hash_is_stable_and_follows_the_hash_mix() -> None:
    users = {"ada": UNKNOWN_DIGEST, "bob": N_OF_3, "eve": N_OF_3, "joe": N_OF_3}

    first, second = ([attempted_hash(users, f"unknown{number}") for number in range(400)] for _ in range(2))

    assert 60 < first.count(UNKNOWN_DIGEST) < 140, "a quarter of 400, by a checksum of the name"
    assert first == second


@pytest.mark.parametrize("stored", [USERS["ada"], "lovelace"], ids=["hashed", "plaintext"])
def test_password_of_another_user_is_rejected_for_unknown(stored: str) -> None:
    assert auth.verify_password({"ada": stored}, "ada", "lovelace")
    assert not auth.verify_password({"ada": stored}, "unknown", "lovelace")
