"""The users file: what is rejected, and which users get a warning."""

import json

import pytest

from ml_census import auth


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
        ('{"a": "scrypt:3:8:1$x$00"}', "hash method scrypt:3:8:1 is not supported"),
        ('{"a": "pbkdf2:sha999:1$x$00"}', "hash method pbkdf2:sha999:1 is not supported"),
        ('{"a": "scrypt:1048576:8:1$x$00"}', "hash of a costs too much"),
        ('{"a": "scrypt:2:8:17$x$00"}', "hash of a costs too much"),
        ('{"a": "pbkdf2:sha256:10000001$x$00"}', "hash of a costs too much"),
        ('{"a": "$2b$12$saltsaltsaltsaltsaltsehash"}', "hash of a has an unknown format"),
        ('{"a": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"}', "hash of a has an unknown format"),
        ('{"a": "{SSHA}c2FsdGhhc2g="}', "hash of a has an unknown format"),
        ('{"a": "pbkdf2_sha256$600000$salt$aGFzaA="}', "hash of a has an unknown format"),
    ],
)
def test_unusable_users_file_is_rejected(text: str, reason: str) -> None:
    with pytest.raises(auth.CredentialsError, match=reason):
        auth.parse_users(json.loads(text))


def test_names_are_folded_to_lower_case() -> None:
    assert auth.parse_users({"Ada": "lovelace"}) == {"ada": "lovelace"}


def test_users_with_plaintext_password_are_found() -> None:
    assert auth.users_with_plaintext_password({"ada": "scrypt:1024:8:1$x$00", "census": "census"}) == ["census"]


@pytest.mark.parametrize(
    ("name", "stored"),
    [("a:b", "lovelace"), (" ada", "lovelace"), ("x" * 257, "lovelace"), ("ada", "x" * 1025), ("ada", "a\tb")],
)
def test_users_without_login_are_found(name: str, stored: str) -> None:
    assert auth.users_without_login({name: stored, "bob": "secret"}) == [name]


def test_users_with_weak_hash_are_found() -> None:
    users = {
        "few": "pbkdf2:sha256:1000$x$00",
        "many": "pbkdf2:sha256:600000$x$00",
        "small": "scrypt:1024:8:1$x$00",
        "usual": "scrypt:32768:8:1$x$00",
        "plaintext": "plaintext",
    }

    assert auth.users_with_weak_hash(users) == ["few", "small"]
