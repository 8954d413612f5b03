"""Ask a running ml-census, with the standard library alone: the helm test runs this in the server's own image."""

import base64
import http.client
import json
import urllib.error
import urllib.request
from typing import Any

TIMEOUT_SECONDS = 30


class ClientError(Exception):
    """The server did not answer as asked; the message is the reason in one line."""


def predict(url: str, name: str, password: str, row: Any) -> Any:
    """Log in and predict one row. Raises ClientError."""
    basic = base64.b64encode(f"{name}:{password}".encode()).decode()
    try:
        token = _ask(f"{url}/login", {"Authorization": f"Basic {basic}"})["token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return _ask(f"{url}/prediction", headers, {"inputs": [row]})["predictions"][0]
    except (KeyError, TypeError, IndexError) as error:
        raise ClientError("what answers there is not ml-census") from error


def _ask(url: str, headers: dict[str, str], body: dict[str, Any] | None = None) -> Any:
    if not url.startswith(("http://", "https://")):
        raise ClientError("the URL must start with http:// or https://")
    try:
        request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise ClientError(f"{error.code} {error.read(500).decode(errors='replace')}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ClientError(str(error)) from error
