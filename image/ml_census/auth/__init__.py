"""Who may ask: users with passwords, and the tokens that they get for them (RFC 7519, HS256)."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import jwt
from werkzeug.security import check_password_hash

TOKEN_SECONDS = 720
"""A token's life, the article's."""
LEEWAY_SECONDS = 10
"""By so much the clocks of two replicas may differ."""
MIN_KEY_BYTES = 32
"""HS256 needs a key no shorter than its hash (RFC 7518, section 3.2)."""
ALGORITHM = "HS256"
ISSUER = AUDIENCE = "ml-census"
MAX_TOKEN_BYTES = 8192
MAX_NAME_BYTES = 256
MAX_PASSWORD_BYTES = 1024

MIN_PASSWORD_LENGTH = 12
"""Characters of a new password; `user add --allow-weak-password` accepts fewer."""

HASHES = ("scrypt:", "pbkdf2:")
HASH = re.compile(r"(?:scrypt:([0-9]+):([0-9]+):([0-9]+)|pbkdf2:sha[0-9]+:([0-9]+))\$[^$]+\$[0-9a-f]+")
"""As werkzeug.security.generate_password_hash writes them; the groups are what hashing costs."""
OTHER_HASH = re.compile(r"\$\w+\$|\{\w+\}|\w+(:\w+)*\$[^$]+\$")
"""Hashes of other kinds (crypt, LDAP, Django): as clear text they would let in whoever has read the file."""
MAX_SCRYPT_BYTES = 128 * 1024**2
MAX_SCRYPT_LANES = 16
MAX_ITERATIONS = 10_000_000
MIN_ITERATIONS = 600_000
MIN_SCRYPT = 2**15 * 8 * 1

Keys = tuple[tuple[str, str], ...]
"""Signing keys, each with its id before it; the first signs, all verify."""


class CredentialsError(Exception):
    """Users or keys cannot be used; the message is the reason in one line and never quotes a secret."""


def parse_users(users: object) -> dict[str, str]:
    """Users by lower-case name, with the password's hash (or, as in the article, its clear text)."""
    if not isinstance(users, dict) or not users:
        raise CredentialsError("must be a JSON object of user name to password hash, with at least one user")
    if not all(isinstance(stored, str) and stored for stored in users.values()):
        raise CredentialsError("each user's password hash must be text")
    for name, stored in users.items():
        _check_stored(name, stored)
    for method in {stored.partition("$")[0] for stored in users.values() if stored.startswith(HASHES)}:
        try:
            check_password_hash(f"{method}$salt$00", "")
        except ValueError as error:
            raise CredentialsError(f"no password can be hashed by {method}") from error
    folded = {name.lower(): stored for name, stored in users.items()}
    if len(folded) < len(users):
        raise CredentialsError("two user names differ only in case")
    return folded


def _check_stored(name: str, stored: str) -> None:
    if not stored.startswith(HASHES):
        if OTHER_HASH.match(stored):
            raise CredentialsError(f"the password hash of {name} is of an unknown kind: scrypt or pbkdf2 is known")
        return
    if not (found := HASH.fullmatch(stored)):
        raise CredentialsError(f"the password hash of {name} is malformed")
    n, r, p, iterations = (int(group or 0) for group in found.groups())
    if 128 * n * r > MAX_SCRYPT_BYTES or p > MAX_SCRYPT_LANES or iterations > MAX_ITERATIONS:
        raise CredentialsError(f"the password hash of {name} costs too much to check")


def parse_keys(data: bytes) -> Keys:
    """The signing keys, one a line; the first signs, all verify.

    A key's id is the start of its SHA-256: it tells nothing of 256 random bits, and is the same on every replica.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CredentialsError("not UTF-8 text") from error
    keys = [line.strip() for line in lines if line.strip()]
    if not keys:
        raise CredentialsError("holds no key")
    if keys[0].startswith(("-----BEGIN", "{", "[", "ssh-")):
        raise CredentialsError("holds a PEM, JSON or SSH key: one key of random text a line is wanted")
    if any(len(key.encode()) < MIN_KEY_BYTES for key in keys):
        raise CredentialsError(
            f"a key is shorter than {MIN_KEY_BYTES} bytes (RFC 7518, 3.2): make one with `ml-census generate-key`"
        )
    return tuple((hashlib.sha256(key.encode()).hexdigest()[:16], key) for key in keys)


def users_with_plaintext_password(users: Mapping[str, str]) -> list[str]:
    """The users whose password is not hashed."""
    return [name for name, stored in users.items() if not stored.startswith(HASHES)]


def unusable(users: Mapping[str, str]) -> list[str]:
    """The users that cannot log in: their name, or their password in clear, is one that no client can send."""
    clear = users_with_plaintext_password(users)
    return [name for name in users if bad_name(name) or (name in clear and bad_password(users[name]))]


def weak(users: Mapping[str, str]) -> list[str]:
    """The users whose hash is cheaper to guess against than what `ml-census user add` makes today."""
    return [name for name, stored in users.items() if stored.startswith(HASHES) and _is_weak(stored)]


def _is_weak(stored: str) -> bool:
    found = HASH.fullmatch(stored)
    n, r, p, iterations = (int(group or 0) for group in found.groups()) if found else (0, 0, 0, 0)
    return iterations < MIN_ITERATIONS if iterations else n * r * p < MIN_SCRYPT


def bad_name(name: str) -> str:
    """Return why nobody can log in by this name; empty if somebody can."""
    if not name.strip() or ":" in name:
        return "must not be empty or hold a colon (RFC 7617)"
    return _unfit(name, MAX_NAME_BYTES)


def bad_password(password: str) -> str:
    """Return why nobody can log in with this password; empty if somebody can."""
    return _unfit(password, MAX_PASSWORD_BYTES) if password else "must not be empty"


def weak_password(name: str, password: str) -> str:
    """Return why a new password is easy to guess; empty if it is not."""
    if len(password) < MIN_PASSWORD_LENGTH:
        return f"is shorter than {MIN_PASSWORD_LENGTH} characters"
    repeats = password.lower() == name.lower() or len(set(password)) < 4
    return "is the user's name, or repeats a few characters" if repeats else ""


def _unfit(text: str, limit: int) -> str:
    """Return why clients cannot send a text as name or password, or the server refuses it."""
    if not text.isprintable():
        return "must not hold control characters (RFC 7617)"
    if text != text.strip():
        return "must not begin or end with a blank"
    if (size := len(text.encode())) > limit:
        return f"has {size} bytes, expected at most {limit}"
    return ""


def is_within_limits(name: str, password: str) -> bool:
    """Whether these may be somebody's. Where one is empty or very long they are nobody's, and nothing is hashed."""
    try:
        lengths = len(name.encode()), len(password.encode())
    except UnicodeEncodeError:
        return False
    return 0 < lengths[0] <= MAX_NAME_BYTES and 0 < lengths[1] <= MAX_PASSWORD_BYTES


def verify_password(users: Mapping[str, str], name: str, password: str) -> bool:
    """Whether the password is the user's. Names compare without case."""
    if not users or not is_within_limits(name, password):
        return False
    known = users.get(name.lower())
    fits = _fits(_stand_in(users, name.lower()) if known is None else known, password)
    return fits and known is not None


def _fits(stored: str, password: str) -> bool:
    if stored.startswith(HASHES):
        return check_password_hash(stored, password)
    one, other = (hashlib.sha256(text.encode()).digest() for text in (stored, password))
    return hmac.compare_digest(one, other)


def _stand_in(users: Mapping[str, str], name: str) -> str:
    """What an unknown user's password is held against: it costs the work of a known one, so that time does not tell who
    exists. Where the file has several kinds of hashes, a name has always the same one, on each replica."""
    return list(users.values())[crc32(name.encode()) % len(users)]


def issue_token(keys: Keys, users: Mapping[str, str], name: str, now: int) -> str:
    """A token for the user that ends TOKEN_SECONDS after `now` (seconds since 1970)."""
    kid, key = keys[0]
    user = name.lower()
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "pv": _password_version(key, users[user]),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid})


def verify_token(keys: Keys, users: Mapping[str, str], token: str) -> str | None:
    """The user whose valid token this is, or None. It ends with its time, its key, its user, or the user's password."""
    if len(token) > MAX_TOKEN_BYTES:
        return None
    try:
        signed = _signed(token, keys)
    except (jwt.PyJWTError, RecursionError, ValueError):
        return None
    if signed.user not in users or time.time() - LEEWAY_SECONDS >= signed.end:
        return None
    current = _password_version(signed.key, users[signed.user])
    return signed.user if hmac.compare_digest(current.encode(), signed.password_version.encode()) else None


class _VerifiedClaims(NamedTuple):
    user: str
    end: int
    password_version: str
    key: str


@lru_cache(maxsize=1024)
def _signed(token: str, keys: Keys) -> _VerifiedClaims:
    """What a token says that one of the keys has signed. Raises PyJWTError, RecursionError, ValueError.

    Kept, since the signature of the same token by the same key stays as it is, and PyJWT takes 30 µs to see it; whether
    the token has ended and the user and password are still the same is asked each time. What raises is not kept.
    """
    kid = str(jwt.get_unverified_header(token).get("kid"))
    if (key := dict(keys).get(kid)) is None:
        raise jwt.InvalidTokenError("signed by no key of ours")
    claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=LEEWAY_SECONDS,
        options={
            "require": ["iss", "aud", "sub", "iat", "exp", "pv"],
            "strict_aud": True,
            "enforce_minimum_key_length": True,
        },
    )
    times = claims["iat"], claims["exp"]
    if any(type(each) is not int for each in times) or times[1] - times[0] > TOKEN_SECONDS:
        raise jwt.InvalidTokenError("a life that we give no token")
    if not isinstance(claims["pv"], str):
        raise jwt.InvalidTokenError("pv must be text")
    return _VerifiedClaims(claims["sub"], times[1], claims["pv"], key)


@lru_cache(maxsize=1024)
def _password_version(key: str, stored: str) -> str:
    """Changes with the password, and tells nothing of its hash to who has not the key."""
    return hmac.new(key.encode(), stored.encode(), hashlib.sha256).hexdigest()[:16]
