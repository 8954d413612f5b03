"""Who may ask: users with passwords, and the tokens that they get for them (RFC 7519, HS256)."""

import hmac
import json
import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache

import jwt
from werkzeug.security import check_password_hash

TOKEN_SECONDS = 720
"""A token's life, the article's."""
MIN_KEY_BYTES = 32
"""HS256 needs a key no shorter than its hash (RFC 7518, section 3.2)."""
ALGORITHM = "HS256"

HASHES = ("scrypt:", "pbkdf2:")
HASH = re.compile(r"(scrypt:[0-9]+:[0-9]+:[0-9]+|pbkdf2:sha[0-9]+:[0-9]+)\$[^$]+\$[0-9a-f]+")
"""As werkzeug.security.generate_password_hash writes them."""
# An unknown user costs the same work as a known one, so that timing does not tell who exists. It fits no password.
NOBODY = "scrypt:32768:8:1$nobodynobodynobo$" + 128 * "0"


class CredentialsError(Exception):
    """Users or keys cannot be used; the message is the reason in one line and never quotes a secret."""


def parse_users(data: bytes) -> dict[str, str]:
    """Users by lower-case name, with the password's hash (or, as in the article, its clear text)."""
    try:
        users = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CredentialsError("not JSON") from error
    if not isinstance(users, dict) or not users:
        raise CredentialsError("must be a JSON object of user name to password hash, with at least one user")
    if not all(isinstance(stored, str) and stored for stored in users.values()):
        raise CredentialsError("each user's password hash must be text")
    if malformed := [
        name for name, stored in users.items() if stored.startswith(HASHES) and not HASH.fullmatch(stored)
    ]:
        raise CredentialsError(f"the password hash of {malformed[0]} is malformed")
    for method in {stored.partition("$")[0] for stored in users.values() if stored.startswith(HASHES)}:
        try:
            check_password_hash(f"{method}$salt$00", "")
        except ValueError as error:
            raise CredentialsError(f"no password can be hashed by {method}") from error
    folded = {name.lower(): stored for name, stored in users.items()}
    if len(folded) < len(users):
        raise CredentialsError("two user names differ only in case")
    return folded


def parse_keys(data: bytes) -> tuple[str, ...]:
    """The signing keys, one a line; the first signs, all verify."""
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise CredentialsError("not UTF-8 text") from error
    keys = tuple(line.strip() for line in lines if line.strip())
    if not keys:
        raise CredentialsError("holds no key")
    if any(len(key.encode()) < MIN_KEY_BYTES for key in keys):
        raise CredentialsError(
            f"a key is shorter than {MIN_KEY_BYTES} bytes (RFC 7518, 3.2): make one with `ml-census secret`"
        )
    return keys


def in_clear(users: Mapping[str, str]) -> list[str]:
    """The users whose password is not hashed."""
    return [name for name, stored in users.items() if not stored.startswith(HASHES)]


def check_password(users: Mapping[str, str], name: str, password: str) -> bool:
    """Whether the password is the user's. Names compare without case."""
    stored = users.get(name.lower(), NOBODY)
    if stored.startswith(HASHES):
        return check_password_hash(stored, password)
    return hmac.compare_digest(stored.encode(), password.encode("utf-8", "surrogatepass"))


def issue_token(keys: Sequence[str], name: str, now: int) -> str:
    """A token for the user that ends TOKEN_SECONDS after `now` (seconds since 1970)."""
    claims = {"sub": name.lower(), "iat": now, "exp": now + TOKEN_SECONDS}
    return jwt.encode(claims, keys[0], algorithm=ALGORITHM)


def token_user(keys: Sequence[str], users: Mapping[str, str], token: str) -> str | None:
    """The user whose valid token this is, or None. A user who is no longer in `users` has none."""
    for key in keys:
        try:
            name, end = _signed(token, key)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, RecursionError):
            return None
        return name if name in users and time.time() < end else None
    return None


@lru_cache(maxsize=1024)
def _signed(token: str, key: str) -> tuple[str, int]:
    """User and end of a token that the key has signed. Raises PyJWTError.

    Kept, since the signature of the same token by the same key stays as it is, and PyJWT takes 30 µs to see it; whether
    the token has ended and the user is still one is asked each time. What raises is not kept.
    """
    claims = jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
    return claims["sub"], int(claims["exp"])
