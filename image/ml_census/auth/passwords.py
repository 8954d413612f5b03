"""Verification of passwords against stored hashes. A login of an unknown user takes the same time."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from zlib import crc32

from werkzeug.security import check_password_hash

from ml_census.auth.errors import CredentialsError

MAX_NAME_BYTES = 256
"""Maximum length of a user name in UTF-8, in bytes. A longer name is rejected without a
hash computation."""
MAX_PASSWORD_BYTES = 1024
"""Maximum length of a password in UTF-8, in bytes. A longer password is rejected
without a hash computation."""
MIN_PASSWORD_LENGTH = 12
"""Minimum length of a new password, in characters. `ml-census user add
--allow-weak-password` accepts fewer."""
MIN_DISTINCT_CHARACTERS = 4
"""Minimum number of different characters in a new password."""

HASH_PREFIXES = ("scrypt:", "pbkdf2:")
HASH = re.compile(r"(?:scrypt:([0-9]+):([0-9]+):([0-9]+)|pbkdf2:sha[0-9]+:([0-9]+))\$[^$]+\$[0-9a-f]+")
"""Hash of werkzeug.security.generate_password_hash(). The groups are the cost: n, r, p
of scrypt, or iterations."""
OTHER_HASH = re.compile(r"\$\w+\$|\{\w+\}|\w+(:\w+)*\$[^$]+\$")
"""Hash of an unsupported format (crypt, LDAP, Django).

A server that took such a hash for a plaintext password would accept the hash as the
password.
"""
REMEDY = "set the password again with `ml-census user add`"
MAX_SCRYPT_BYTES = 128 * 1024**2
MAX_SCRYPT_PARALLELISM = 16
MAX_ITERATIONS = 10_000_000
MIN_ITERATIONS = 600_000
"""Iterations of pbkdf2 below which a hash is weak."""
MIN_SCRYPT_COST = 2**15 * 8 * 1
"""Cost of scrypt (n * r * p) below which a hash is weak: the default of werkzeug."""


def is_hashed(stored: str) -> bool:
    """Return whether the stored password of a user is a hash, not plaintext."""
    return stored.startswith(HASH_PREFIXES)


def validate_stored_password(name: str, stored: str) -> None:
    """Raise CredentialsError if a hash has an unknown format, is malformed or costs too much to verify.

    `stored` is the stored password of user `name`. A plaintext password is valid.
    """
    if not is_hashed(stored):
        if OTHER_HASH.match(stored):
            raise CredentialsError(f"the password hash of {name} has an unknown format: expected scrypt or pbkdf2")
        return
    if HASH.fullmatch(stored) is None:
        raise CredentialsError(f"the password hash of {name} is malformed: {REMEDY}")
    n, r, p, iterations = _cost(stored)
    if 128 * n * r > MAX_SCRYPT_BYTES or p > MAX_SCRYPT_PARALLELISM or iterations > MAX_ITERATIONS:
        raise CredentialsError(f"the password hash of {name} costs too much to verify: {REMEDY}")


def validate_hash_method(method: str) -> None:
    """Raise CredentialsError if werkzeug does not support a hash method, such as pbkdf2:sha999:1.

    The method is the part of a hash before the first "$".
    """
    try:
        check_password_hash(f"{method}$salt$00", "")
    except ValueError as error:
        raise CredentialsError(f"the password hash method {method} is not supported: {REMEDY}") from error


def has_weak_hash(stored: str) -> bool:
    """Return whether the cost of a hash is below MIN_ITERATIONS (pbkdf2) or MIN_SCRYPT_COST (scrypt)."""
    n, r, p, iterations = _cost(stored)
    return iterations < MIN_ITERATIONS if iterations else n * r * p < MIN_SCRYPT_COST


def _cost(stored: str) -> tuple[int, int, int, int]:
    """Return n, r and p of scrypt, and the iterations of pbkdf2; 0 for the parameters of the other method."""
    match = HASH.fullmatch(stored)
    n, r, p, iterations = (int(group or 0) for group in match.groups()) if match else (0, 0, 0, 0)
    return n, r, p, iterations


def name_problem(name: str) -> str:
    """Return the reason why no user with this name could log in, or "" if the name is valid."""
    if not name.strip() or ":" in name:
        return "must not be empty or hold a colon (RFC 7617)"
    return _unsendable(name, MAX_NAME_BYTES)


def password_problem(password: str) -> str:
    """Return the reason why no user with this password could log in, or "" if the password is valid."""
    return _unsendable(password, MAX_PASSWORD_BYTES) if password else "must not be empty"


def password_weakness(name: str, password: str) -> str:
    """Return the reason why a new password of user `name` is easy to guess, or "" if there is no reason."""
    if len(password) < MIN_PASSWORD_LENGTH:
        return f"is shorter than {MIN_PASSWORD_LENGTH} characters"
    is_guessable = password.lower() == name.lower() or len(set(password)) < MIN_DISTINCT_CHARACTERS
    return "is the user's name, or repeats a few characters" if is_guessable else ""


def _unsendable(text: str, limit: int) -> str:
    """Return the reason why a text cannot be a user name or password (`limit` in bytes), or "" for valid text."""
    if not text.isprintable():
        return "must not hold control characters (RFC 7617)"
    if text != text.strip():
        return "must not begin or end with a blank"
    if (size := len(text.encode())) > limit:
        return f"has {size} bytes, expected at most {limit}"
    return ""


def is_within_limits(name: str, password: str) -> bool:
    """Return whether name and password are Unicode text, not empty, and not longer than the maximum.

    The maximum is MAX_NAME_BYTES and MAX_PASSWORD_BYTES.
    """
    try:
        name_bytes, password_bytes = len(name.encode()), len(password.encode())
    except UnicodeEncodeError:
        return False
    return 0 < name_bytes <= MAX_NAME_BYTES and 0 < password_bytes <= MAX_PASSWORD_BYTES


def verify_password(users: Mapping[str, str], name: str, password: str) -> bool:
    """Return whether `password` is the password of user `name`. The case of the name has no effect.

    `users` maps lower-case user names to stored passwords (hash or plaintext). An
    unknown user takes the same time.
    """
    if not users or not is_within_limits(name, password):
        return False
    stored = users.get(name.lower())
    is_match = _matches(_dummy_hash_for(users, name.lower()) if stored is None else stored, password)
    return is_match and stored is not None


def _matches(stored: str, password: str) -> bool:
    if is_hashed(stored):
        return check_password_hash(stored, password)
    expected, actual = (hashlib.sha256(text.encode()).digest() for text in (stored, password))
    return hmac.compare_digest(expected, actual)


def _dummy_hash_for(users: Mapping[str, str], name: str) -> str:
    """Return the stored password to verify for an unknown user, so that response times do not reveal user names.

    Hash methods differ in time. Therefore the choice depends on the name alone, and is
    the same on each replica.
    """
    return list(users.values())[crc32(name.encode()) % len(users)]
