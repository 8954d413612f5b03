"""Who a request says that it is from: name and password, token, address."""

from ipaddress import ip_address, ip_network

from flask import Request

MAX_AUTHORIZATION = 8192


def password(request: Request) -> tuple[str, str]:
    """Name and password of HTTP Basic, each empty where there is none."""
    if len(request.headers.get("Authorization", "")) > MAX_AUTHORIZATION:
        return "", ""
    try:
        basic = request.authorization
    except ValueError:  # werkzeug's on bytes that are not ASCII
        basic = None
    if basic is None or basic.type != "basic":
        return "", ""
    return basic.username or "", basic.password or ""


def address(request: Request, trusted_proxies: int) -> str:
    """Who asks: the address that the outermost trusted proxy saw, of those that each appends to X-Forwarded-For.

    Of IPv6 the network of 64 bits, which is what one client has.
    """
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    given = request.remote_addr or ""
    if 0 < trusted_proxies <= len(seen) and _is_address(seen[-trusted_proxies].strip()):
        given = seen[-trusted_proxies].strip()
    return str(ip_network((given, 64), strict=False)) if ":" in given and _is_address(given) else given


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
