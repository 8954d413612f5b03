"""Who a request says that it is from: name and password, token, address."""

from ipaddress import ip_address

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
    """Who asks: the address that the outermost trusted proxy saw, of those that each appends to X-Forwarded-For."""
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    if 0 < trusted_proxies <= len(seen):
        try:
            return str(ip_address(seen[-trusted_proxies].strip()))
        except ValueError:
            pass
    return request.remote_addr or ""


def token(authorization: str) -> str | None:
    """The token in the Authorization header: bare, as the article's clients send it, or after "Bearer" (RFC 6750)."""
    header = authorization.strip()
    scheme, _, rest = header.partition(" ")
    return (rest.strip() if scheme.lower() == "bearer" else header) or None
