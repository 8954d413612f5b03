"""Missing, contradictory and unusable credentials are rejected."""

from typing import Any

import pytest

from support.chart_rendering import Chart, assert_rejected
from support.chart_values import HASH, IMAGE, KEY, MODEL

STORE = {"store": "google", "users": "census-users", "signingKey": "census-key"}
MANAGER = {key: f"projects/example/secrets/{key}/versions/latest" for key in ("users", "signingKey")}
CONTRADICTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"config": MODEL, "credentials": {"signingKey": KEY}}, ["config.users", "credentials.users", "user add"]),
    (
        {"config": MODEL, "credentials": {"users": {"a": HASH}}},
        ["config.secret", "signingKey", "ml-census generate-key"],
    ),
    (
        {"config": MODEL | {"users": "/u"}, "credentials": {"users": {"a": HASH}, "signingKey": KEY}},
        ["config.users and the users of credentials both"],
    ),
    (
        {"config": MODEL | {"secret": "/s"}, "credentials": {"users": {"a": HASH}, "signingKey": KEY}},
        ["config.secret and the signingKey of credentials both"],
    ),
    (
        {"config": MODEL, "credentials": {"existingSecret": "other", "users": {"a": HASH}}},
        ["credentials.existingSecret and credentials.users exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"existingSecret": "other", "signingKey": KEY}},
        ["credentials.existingSecret and credentials.signingKey exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"existingSecret": "other", "externalSecret": STORE}},
        ["credentials.existingSecret and credentials.externalSecret exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"externalSecret": STORE, "secretManager": MANAGER}},
        ["credentials.externalSecret and credentials.secretManager exclude each other"],
    ),
    (
        {"config": MODEL, "credentials": {"secretManager": MANAGER, "signingKey": KEY}},
        ["credentials.secretManager and credentials.signingKey exclude each other"],
    ),
    (
        {"config": MODEL | {"users": "/u"}, "credentials": {"externalSecret": STORE}},
        ["config.users and the users of credentials both name"],
    ),
    (
        {"config": MODEL | {"secret": "/s"}, "credentials": {"secretManager": MANAGER}},
        ["config.secret and the signingKey of credentials both name"],
    ),
    (
        {"config": MODEL, "credentials": {"externalSecret": STORE | {"store": ""}}},
        ["credentials.externalSecret needs a store, and"],
    ),
    (
        {"config": MODEL | {"users": "/u", "secret": "/s"}, "credentials": {"externalSecret": {"store": "google"}}},
        ["the names of users"],
    ),
    (
        {"config": MODEL | {"users": "/u", "secret": "/s"}, "credentials": {"existingSecret": "other"}},
        ["credentials.existingSecret is not used"],
    ),
    (
        {"config": MODEL, "credentials": {"users": {"alice": "hunter2"}, "signingKey": KEY}},
        ["credentials.users.alice is not a complete password hash", "ml-census user add alice"],
    ),
    (
        {"config": MODEL, "credentials": {"users": {"a:b": HASH}, "signingKey": KEY}},
        ["credentials.users.a:b: a user name must not be empty or contain a colon"],
    ),
    (
        {"config": MODEL, "credentials": {"users": {"Alice": HASH, "alice": HASH}, "signingKey": KEY}},
        ["two names that differ only in case"],
    ),
]


@pytest.mark.parametrize(("values", "says"), CONTRADICTIONS, ids=[says[0] for _, says in CONTRADICTIONS])
def test_wrong_credentials_are_rejected_with_a_remedy(chart: Chart, values: dict[str, Any], says: list[str]) -> None:
    """The chart rejects credentials that are missing, given twice, or that the server would reject."""
    assert_rejected(chart, IMAGE | values, says)


@pytest.mark.parametrize(
    ("secret", "credentials"),
    [
        ("hunter2", {"users": {"alice": "hunter2"}}),
        ("hunter2", {"signingKey": "hunter2"}),
        ("hunter2", {"signingKey": "hunter2\nhunter2\nhunter2\nhunter2\nhunter2"}),
    ],
)
def test_error_message_quotes_no_secret(chart: Chart, secret: str, credentials: dict[str, Any]) -> None:
    """A message ends up in the log of CI."""
    assert secret not in chart.error({"credentials": credentials})
