"""Credentials and address of a client, as its request presents them."""

from base64 import b64decode
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Request

MAX_AUTHORIZATION = 8192
WITH_IPV4 = tuple(ip_network(prefix) for prefix in ("::ffff:0:0/96", "64:ff9b::/96"))
"""IPv6 networks whose last 32 bits are an IPv4 address: mapped (RFC 4291) and NAT64 (RFC 6052)."""


def password(request: Request) -> tuple[str, str]:
    """Return name and password of HTTP Basic (RFC 7617), each empty where there is none.

    Bytes that are not UTF-8 are Latin-1, in which requests and older browsers send text.
    """
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(rest) > MAX_AUTHORIZATION:
        return "", ""
    try:
        given = b64decode(rest.strip(), validate=True)
    except ValueError:  # of base64, or of a character that is not ASCII
        return "", ""
    try:
        text = given.decode("utf-8")
    except UnicodeDecodeError:
        text = given.decode("latin-1")
    name, _, password = text.partition(":")
    return name, password


def address(request: Request, trusted_proxies: int) -> str:
    """Return the client's address: the one that the outermost trusted proxy has appended to X-Forwarded-For.

    An IPv6 address stands for its network of 64 bits, which is what one client has; one that holds an IPv4 address
    (::ffff:192.0.2.1) is that IPv4 address.
    """
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    given = request.remote_addr or ""
    if 0 < trusted_proxies <= len(seen) and _is_address(seen[-trusted_proxies].strip()):
        given = seen[-trusted_proxies].strip()
    if not _is_address(given) or not isinstance(parsed := ip_address(given), IPv6Address):
        return given
    if any(parsed in network for network in WITH_IPV4):
        return str(IPv4Address(parsed.packed[-4:]))
    return str(ip_network((given, 64), strict=False))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def token(authorization: str) -> str | None:
    """The token in the Authorization header: bare, as the article's clients send it, or after "Bearer" (RFC 6750)."""
    header = authorization.strip()
    scheme, _, rest = header.partition(" ")
    return (rest.strip() if scheme.lower() == "bearer" else header) or None
