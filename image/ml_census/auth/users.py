"""Users file: a JSON object of user name to password hash or plaintext password."""

from collections.abc import Mapping

from ml_census.auth import passwords
from ml_census.auth.errors import CredentialsError


def parse_users(document: object) -> dict[str, str]:
    """Return lower-case user name -> stored password (hash or plaintext). `document` is the parsed users file.

    Raises CredentialsError if there is no user, if a stored password is invalid, or if
    two names differ only in case.
    """
    if not isinstance(document, dict) or not document:
        raise CredentialsError("must be a JSON object of user name to password hash, with at least one user")
    if not all(isinstance(stored, str) and stored for stored in document.values()):
        raise CredentialsError("each user's password hash must be text")
    _validate_passwords(document)
    users = {name.lower(): stored for name, stored in document.items()}
    if len(users) < len(document):
        raise CredentialsError("two user names differ only in case")
    return users


def _validate_passwords(users: Mapping[str, str]) -> None:
    """Raise CredentialsError for a hash that the server cannot verify. Each hash method is tried once."""
    for name, stored in users.items():
        passwords.validate_stored_password(name, stored)
    for method in {stored.partition("$")[0] for stored in users.values() if passwords.is_hashed(stored)}:
        passwords.validate_hash_method(method)


def users_with_plaintext_password(users: Mapping[str, str]) -> list[str]:
    """Return the names of the users whose stored password is plaintext."""
    return [name for name, stored in users.items() if not passwords.is_hashed(stored)]


def users_without_login(users: Mapping[str, str]) -> list[str]:
    """Return the names of the users that cannot log in: their name or plaintext password is invalid."""
    plaintext = users_with_plaintext_password(users)
    return [
        name
        for name, stored in users.items()
        if passwords.name_problem(name) or (name in plaintext and passwords.password_problem(stored))
    ]


def users_with_weak_hash(users: Mapping[str, str]) -> list[str]:
    """Return the names of the users whose password hash costs an attacker less per guess than the minimum."""
    return [name for name, stored in users.items() if passwords.is_hashed(stored) and passwords.has_weak_hash(stored)]
