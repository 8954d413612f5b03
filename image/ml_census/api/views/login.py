"""View of /login: returns a token for a user name and a password (HTTP Basic, RFC 7617)."""

import time

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from ml_census import auth
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import basic_credentials, client_address
from ml_census.api.responses import json_response
from ml_census.api.state import ApiState, current_state
from ml_census.artifacts.bundle import Artifacts

CHALLENGE = 'Basic realm="ml-census", charset="UTF-8"'
INVALID_LOGIN = "your password or username is invalid"
METHODS = ("GET", "POST")
NOT_CACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}

blueprint = ApiBlueprint("login")


@blueprint.login("/login", METHODS)
def login() -> Response:
    """Return a token, or status 401 for a wrong password, or status 429 after repeated wrong passwords.

    A HEAD request, which Flask would answer as a GET request, gets status 405.
    """
    if request.method == "HEAD":
        raise MethodNotAllowed(METHODS)
    state = current_state()
    name, password = basic_credentials(request)
    response = _respond(state, state.artifacts, name, password)
    response.headers.update(NOT_CACHED)
    return response


def _respond(state: ApiState, artifacts: Artifacts, name: str, password: str) -> Response:
    address = client_address(request, state.config.trusted_proxies)
    if pause := state.throttle.retry_after(name, address):
        state.metrics.record_login("throttled")
        message = f"too many wrong passwords: try again in {pause} s"
        return json_response({"error message": message}, 429, {"Retry-After": str(pause)})
    if auth.verify_password(artifacts.users, name, password):
        state.throttle.record_success(name, address)
        state.metrics.record_login("success")
        token = auth.issue_token(artifacts.keys, artifacts.users, name, int(time.time()))
        return json_response({"token": token, "expires_in": auth.TOKEN_SECONDS})
    if auth.is_within_limits(name, password):
        state.throttle.record_failure(name, address)
    state.metrics.record_login("failure")
    return json_response({"error message": INVALID_LOGIN}, 401, {"WWW-Authenticate": CHALLENGE})
