"""Signing keys, and the JSON Web Tokens (RFC 7519, HS256) that the server issues to users after a login."""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jwt

from ml_census.auth.errors import CredentialsError

TOKEN_SECONDS = 720
"""Lifetime of a token, in seconds. The response of /login contains this value as
"expires_in"."""
LEEWAY_SECONDS = 10
"""Tolerated difference between the clocks of two server replicas, in seconds."""
MIN_KEY_BYTES = 32
"""Minimum length of a signing key, in bytes: the length of an HS256 hash (RFC 7518,
section 3.2)."""
ALGORITHM = "HS256"
ISSUER = AUDIENCE = "ml-census"
MAX_TOKEN_BYTES = 8192
"""Maximum length of a token, in bytes. A longer token is rejected without parsing."""
CACHED_TOKENS = 1024
"""Maximum number of tokens whose claims are cached."""

DECODING: dict[str, Any] = {
    "algorithms": [ALGORITHM],
    "issuer": ISSUER,
    "audience": AUDIENCE,
    "leeway": LEEWAY_SECONDS,
    "options": {
        "require": ["iss", "aud", "sub", "iat", "exp", "pv"],
        "strict_aud": True,
        "enforce_minimum_key_length": True,
    },
}
"""Keyword arguments of jwt.decode(). The claim "pv" is the version of the user's
password."""

Keys = tuple[tuple[str, str], ...]
"""Pairs of key id and signing key. The first key signs new tokens; all keys verify
tokens."""


def parse_keys(data: bytes) -> Keys:
    """Return the signing keys of a UTF-8 file with one key per line.

    The id of a key is the start of the key's SHA-256. Each replica computes the same
    id, and the id does not reveal a random key. Raises CredentialsError if the file is
    not UTF-8, has no key, or has a key under 32 bytes. Raises CredentialsError also for
    a PEM, JSON or SSH key.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CredentialsError("not UTF-8 text") from error
    keys = [line.strip() for line in lines if line.strip()]
    _validate_keys(keys)
    return tuple((hashlib.sha256(key.encode()).hexdigest()[:16], key) for key in keys)


def _validate_keys(keys: Sequence[str]) -> None:
    """Raise CredentialsError if there is no key, if a key is too short, or if the keys are PEM, JSON or SSH."""
    if not keys:
        raise CredentialsError("holds no key")
    if keys[0].startswith(("-----BEGIN", "{", "[", "ssh-")):
        raise CredentialsError("holds a PEM, JSON or SSH key: expected one key of random text per line")
    if any(len(key.encode()) < MIN_KEY_BYTES for key in keys):
        raise CredentialsError(
            f"a key is shorter than {MIN_KEY_BYTES} bytes (RFC 7518, 3.2): make one with `ml-census generate-key`"
        )


def issue_token(keys: Keys, users: Mapping[str, str], name: str, now: int) -> str:
    """Return a signed token for the user `name` that expires TOKEN_SECONDS after `now` (seconds since 1970).

    `users` maps lower-case user names to stored passwords. Raises KeyError for an
    unknown user.
    """
    key_id, key = keys[0]
    user = name.lower()
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "pv": _password_version(key, users[user]),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id})


def verify_token(keys: Keys, users: Mapping[str, str], token: str) -> str | None:
    """Return the lower-case user name of a valid token, or None if the token is invalid.

    A removed key or user, or a changed password, makes a token invalid. `users` maps
    user names to stored passwords.
    """
    if len(token) > MAX_TOKEN_BYTES:
        return None
    try:
        claims = _verified_claims(token, keys)
    except (jwt.PyJWTError, RecursionError, ValueError):
        return None
    if claims.user not in users or time.time() - LEEWAY_SECONDS >= claims.expires_at:
        return None
    current = _password_version(claims.key, users[claims.user])
    return claims.user if hmac.compare_digest(current.encode(), claims.password_version.encode()) else None


class _VerifiedClaims(NamedTuple):
    user: str
    expires_at: int
    """Seconds since 1970."""
    password_version: str
    key: str


@lru_cache(maxsize=CACHED_TOKENS)
def _verified_claims(token: str, keys: Keys) -> _VerifiedClaims:
    """Return the claims of a token that one of the keys has signed.

    The cache saves the 30 µs of a verification by PyJWT. verify_token() checks expiry,
    user and password on every call. Raises PyJWTError, RecursionError or ValueError if
    the token is malformed or its signature or a claim is invalid.
    """
    key_id = str(jwt.get_unverified_header(token).get("kid"))
    if (key := dict(keys).get(key_id)) is None:
        raise jwt.InvalidTokenError("unknown signing key")
    claims = jwt.decode(token, key, **DECODING)
    _check_claims(claims)
    return _VerifiedClaims(claims["sub"], claims["exp"], claims["pv"], key)


def _check_claims(claims: Mapping[str, Any]) -> None:
    """Check the claims that PyJWT does not check. Raises InvalidTokenError."""
    issued_at, expires_at = claims["iat"], claims["exp"]
    if type(issued_at) is not int or type(expires_at) is not int or expires_at - issued_at > TOKEN_SECONDS:
        raise jwt.InvalidTokenError("lifetime of no token of this server")
    if not isinstance(claims["pv"], str):
        raise jwt.InvalidTokenError("pv must be text")


@lru_cache(maxsize=CACHED_TOKENS)
def _password_version(key: str, stored: str) -> str:
    """Return the claim "pv", which changes with the stored password and does not reveal the stored password."""
    return hmac.new(key.encode(), stored.encode(), hashlib.sha256).hexdigest()[:16]
