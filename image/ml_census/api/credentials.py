"""Credentials and address of a client, as its request presents them, and the check of a token."""

from base64 import b64decode
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Request, request

from ml_census import auth
from ml_census.api.state import current_state
from ml_census.artifacts.bundle import Artifacts

MAX_AUTHORIZATION = 8192
"""Maximum length of the Authorization header of a login (characters)."""
CHALLENGE = 'Bearer realm="ml-census"'
WITH_IPV4 = tuple(ip_network(prefix) for prefix in ("::ffff:0:0/96", "64:ff9b::/96"))
"""IPv6 networks whose last 32 bits are an IPv4 address: mapped (RFC 4291) and NAT64 (RFC 6052)."""


class AuthenticationError(Exception):
    """The token is missing or invalid; `challenge` is the response's WWW-Authenticate header (RFC 6750)."""

    def __init__(self, message: str, challenge: str) -> None:
        super().__init__(message)
        self.challenge = challenge


def basic_credentials(request: Request) -> tuple[str, str]:
    """Return name and password of HTTP Basic (RFC 7617), both empty if there are none.

    Bytes that are not UTF-8 are decoded as Latin-1, in which requests and older browsers send text.
    """
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > MAX_AUTHORIZATION:
        return "", ""
    try:
        name, _, password = _decode(b64decode(encoded.strip(), validate=True)).partition(":")
    except ValueError:  # of base64, or of a character that is not ASCII
        return "", ""
    return name, password


def _decode(credentials: bytes) -> str:
    try:
        return credentials.decode("utf-8")
    except UnicodeDecodeError:
        return credentials.decode("latin-1")


def client_address(request: Request, trusted_proxies: int) -> str:
    """Return the client's address: the one that the outermost trusted proxy has appended to X-Forwarded-For.

    An IPv6 address is reduced to its /64 network, the unit that one client controls. One that contains an IPv4 address
    (::ffff:192.0.2.1) is reduced to that IPv4 address.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    address = request.remote_addr or ""
    if 0 < trusted_proxies <= len(forwarded) and _is_address(forwarded[-trusted_proxies].strip()):
        address = forwarded[-trusted_proxies].strip()
    if not _is_address(address) or not isinstance(parsed := ip_address(address), IPv6Address):
        return address
    if any(parsed in network for network in WITH_IPV4):
        return str(IPv4Address(parsed.packed[-4:]))
    return str(ip_network((address, 64), strict=False))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def bearer_token(authorization: str) -> str | None:
    """Return the token of an Authorization header: after "Bearer" (RFC 6750), or bare as native clients send it."""
    header = authorization.strip()
    scheme, _, token = header.partition(" ")
    return (token.strip() if scheme.lower() == "bearer" else header) or None


def require_token(artifacts: Artifacts, authorization: str) -> None:
    """Require a valid token of a user. Raises AuthenticationError.

    Clients of the native protocol depend on the two texts of the error, which tests/system/test_contract.py contains.
    The status of the response, 401 or 403, is the `token_error_status` of the blueprint.
    """
    if (token := bearer_token(authorization)) is None:
        raise AuthenticationError("Token is missing!", CHALLENGE)
    if auth.verify_token(artifacts.keys, artifacts.users, token) is None:
        raise AuthenticationError("Token is invalid!", f'{CHALLENGE}, error="invalid_token"')


def authenticate() -> Artifacts:
    """Return the artifacts for the current request, once its token is valid or its route needs none.

    Raises AuthenticationError.
    """
    state = current_state()
    artifacts = state.artifacts
    if request.url_rule is None or request.url_rule.rule not in state.unauthenticated_rules:
        require_token(artifacts, request.headers.get("Authorization", ""))
    return artifacts
