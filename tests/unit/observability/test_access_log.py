"""A line of the access log has the severity of its status, for the filters of Cloud Logging."""

import json

import pytest

from ml_census.observability import access_log
from support.log_messages import messages_of


@pytest.mark.parametrize(("status", "severity"), [(499, "INFO"), (500, "ERROR"), (503, "WARNING")])
def test_severity_follows_the_status(caplog: pytest.LogCaptureFixture, status: int, severity: str) -> None:
    caplog.set_level("INFO", access_log.log.name)

    access_log.log_response("GET", "/", status, 0.1, "name", "")

    (line,) = messages_of(caplog, access_log.log)
    assert json.loads(line)["severity"] == severity
