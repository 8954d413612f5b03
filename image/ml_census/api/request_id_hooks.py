"""Flask hooks that give each request an id. Log lines and the header X-Request-Id of the response contain the id."""

from flask import Flask, Response, g, request

from ml_census.observability.request_id import request_id


def register_request_id_hooks(app: Flask) -> None:
    """Make the application assign an id to each request and send the id in the response header X-Request-Id."""
    app.before_request(_assign_request_id)
    app.after_request(_add_request_id_header)


def _assign_request_id() -> None:
    g.request_id = request_id(request.headers.get("X-Request-Id", ""), request.headers.get("traceparent", ""))


def _add_request_id_header(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    return response
