"""Signing keys, and the JSON Web Tokens that users get for their password (RFC 7519, HS256)."""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jwt

from ml_census.auth.errors import CredentialsError

TOKEN_SECONDS = 720
"""Lifetime of a token, in seconds; part of the native protocol."""
LEEWAY_SECONDS = 10
"""Maximum difference between the clocks of two replicas, in seconds."""
MIN_KEY_BYTES = 32
"""HS256 needs a key no shorter than its hash (RFC 7518, section 3.2)."""
ALGORITHM = "HS256"
ISSUER = AUDIENCE = "ml-census"
MAX_TOKEN_BYTES = 8192
"""Maximum length of a token; a longer one is rejected unparsed."""
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
"""Arguments of jwt.decode."""

Keys = tuple[tuple[str, str], ...]
"""Pairs of key id and signing key. The first key signs, all verify."""


def parse_keys(data: bytes) -> Keys:
    """Return the signing keys of a file with one key per line.

    A key's id is the start of its SHA-256. It is the same on each replica and reveals nothing of 256 random bits.
    Raises CredentialsError.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CredentialsError("not UTF-8 text") from error
    keys = [line.strip() for line in lines if line.strip()]
    _validate_keys(keys)
    return tuple((hashlib.sha256(key.encode()).hexdigest()[:16], key) for key in keys)


def _validate_keys(keys: Sequence[str]) -> None:
    """Raise CredentialsError if there is no key, or one that is short or no random text."""
    if not keys:
        raise CredentialsError("holds no key")
    if keys[0].startswith(("-----BEGIN", "{", "[", "ssh-")):
        raise CredentialsError("holds a PEM, JSON or SSH key: expected one key of random text per line")
    if any(len(key.encode()) < MIN_KEY_BYTES for key in keys):
        raise CredentialsError(
            f"a key is shorter than {MIN_KEY_BYTES} bytes (RFC 7518, 3.2): make one with `ml-census generate-key`"
        )


def issue_token(keys: Keys, users: Mapping[str, str], name: str, now: int) -> str:
    """Return a token of the user that expires TOKEN_SECONDS after `now` (seconds since 1970).

    Raises KeyError for an unknown user.
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
    """Return the user of a valid token, or None.

    A token becomes invalid when it expires, and when its key, its user or the user's password is replaced.
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

    Cached, because verification by PyJWT takes 30 µs and always has the same result for the same keys. Expiry, user and
    password are checked on every call of verify_token. Raises PyJWTError, RecursionError, ValueError.
    """
    key_id = str(jwt.get_unverified_header(token).get("kid"))
    if (key := dict(keys).get(key_id)) is None:
        raise jwt.InvalidTokenError("unknown signing key")
    claims = jwt.decode(token, key, **DECODING)
    issued_at, expires_at = claims["iat"], claims["exp"]
    if type(issued_at) is not int or type(expires_at) is not int or expires_at - issued_at > TOKEN_SECONDS:
        raise jwt.InvalidTokenError("lifetime of no token of this server")
    if not isinstance(claims["pv"], str):
        raise jwt.InvalidTokenError("pv must be text")
    return _VerifiedClaims(claims["sub"], expires_at, claims["pv"], key)


@lru_cache(maxsize=CACHED_TOKENS)
def _password_version(key: str, stored: str) -> str:
    """Return a claim that changes with the password and reveals nothing of its hash without the key."""
    return hmac.new(key.encode(), stored.encode(), hashlib.sha256).hexdigest()[:16]
