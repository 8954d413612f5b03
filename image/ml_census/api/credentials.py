"""Functions that read the credentials and the address of a client from a request, and that verify its token."""

from base64 import b64decode
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from flask import Request, request
from werkzeug.exceptions import Forbidden

from ml_census import auth
from ml_census.api.state import current_state
from ml_census.artifacts.bundle import Artifacts

MAX_AUTHORIZATION = 8192
"""Maximum length of the encoded credentials in the Authorization header of a login, in
characters."""
MAX_SHOWN_HOST = 100
"""Maximum length of a rejected Host header in the error message, in characters
(100)."""
CHALLENGE = 'Bearer realm="ml-census"'
WITH_IPV4 = tuple(ip_network(prefix) for prefix in ("::ffff:0:0/96", "64:ff9b::/96"))
"""IPv6 networks whose addresses end with an IPv4 address: IPv4-mapped (RFC 4291) and
NAT64 (RFC 6052)."""


class AuthenticationError(Exception):
    """Report a missing or invalid token. `challenge` is the response's header WWW-Authenticate (RFC 6750)."""

    def __init__(self, message: str, challenge: str) -> None:
        super().__init__(message)
        self.challenge = challenge


def basic_credentials(request: Request) -> tuple[str, str]:
    """Return the user name and the password from the Authorization header (HTTP Basic, RFC 7617).

    Both are empty if the header is missing, malformed or too long. Credentials that are
    not UTF-8 are decoded as Latin-1, the encoding of older browsers and of the Python
    package requests.
    """
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > MAX_AUTHORIZATION:
        return "", ""
    try:
        name, _, password = _decode(b64decode(encoded.strip(), validate=True)).partition(":")
    except ValueError:  # not base64, or not ASCII
        return "", ""
    return name, password


def _decode(credentials: bytes) -> str:
    try:
        return credentials.decode("utf-8")
    except UnicodeDecodeError:
        return credentials.decode("latin-1")


def client_address(request: Request, trusted_proxies: int) -> str:
    """Return the IP address of the client, or the /64 network of an IPv6 address: one client controls the network.

    `trusted_proxies` is the number of addresses that trusted proxies append to
    X-Forwarded-For. The client's address is the entry at this position from the end. If
    there is no valid entry, the client is the peer of the connection.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    address = request.remote_addr or ""
    if 0 < trusted_proxies <= len(forwarded) and _is_address(forwarded[-trusted_proxies].strip()):
        address = forwarded[-trusted_proxies].strip()
    return _controlled_by_client(address)


def _controlled_by_client(address: str) -> str:
    """Return the address itself, or the /64 network of an IPv6 address.

    An IPv6 address that contains an IPv4 address (::ffff:192.0.2.1) becomes the IPv4
    address.
    """
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
    """Return the token in an Authorization header, or None if the header has no token.

    The token follows the word "Bearer" (RFC 6750). Clients of /prediction also send the
    token without this word.
    """
    header = authorization.strip()
    scheme, _, token = header.partition(" ")
    return (token.strip() if scheme.lower() == "bearer" else header) or None


def require_token(artifacts: Artifacts, authorization: str) -> None:
    """Verify the token in an Authorization header. Raises AuthenticationError if the token is missing or invalid.

    Clients of /prediction depend on the two error messages, so these messages never
    change. The status of the response is `token_error_status` of the ApiBlueprint: 401
    or 403.
    """
    if (token := bearer_token(authorization)) is None:
        raise AuthenticationError("Token is missing!", CHALLENGE)
    if auth.verify_token(artifacts.keys, artifacts.users, token) is None:
        raise AuthenticationError("Token is invalid!", f'{CHALLENGE}, error="invalid_token"')


def authenticate() -> Artifacts:
    """Verify the token of the current request, and return the artifacts (model, users, keys) for this request.

    Raises AuthenticationError if the route needs a token, and the token is missing or
    invalid.
    """
    state = current_state()
    artifacts = state.artifacts
    if state.needs_token(request.url_rule.rule if request.url_rule else ""):
        require_token(artifacts, request.headers.get("Authorization", ""))
    return artifacts


def is_loopback(host: str) -> bool:
    """Return whether a host name or IP address is that of the loopback interface: localhost, 127.0.0.1 or ::1."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def require_loopback_host() -> None:
    """Check the Host header of the current request. Raises Forbidden (403) unless it names the loopback interface.

    A server without login needs this check: a web page can point its own host name to
    127.0.0.1 (DNS rebinding). The browser then lets the page read the responses of the
    server.
    """
    header = request.headers.get("Host", "")
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:  # an invalid IPv6 address
        name = ""
    if not is_loopback(name):
        raise Forbidden(f"Host is {header[:MAX_SHOWN_HOST]!r}, expected localhost or 127.0.0.1: there is no login")
