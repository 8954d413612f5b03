"""Forged, damaged and foreign tokens are rejected, and none raises an exception."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

import jwt
import pytest

from conftest import KEY
from ml_census import auth

USERS = {"census": "census"}
RING = auth.parse_keys(KEY.encode())
KID = RING[0][0]
NOW = 1_800_000_000


def password_version(password: str) -> str:
    """Return the claim pv of a token that is issued to a user with this password."""
    issued = auth.issue_token(RING, {"census": password}, "census", NOW)
    return str(jwt.decode(issued, options={"verify_signature": False})["pv"])


HEADER = {"alg": "HS256", "typ": "JWT", "kid": KID}
CLAIMS = {
    "iss": "ml-census",
    "aud": "ml-census",
    "sub": "census",
    "iat": NOW,
    "exp": NOW + 720,
    "pv": password_version("census"),
}
LEFT_OUT = object()


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the time to NOW, for PyJWT as well."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            """Return NOW."""
            return cls.fromtimestamp(NOW, tz)

    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr("jwt.api_jwt.datetime", Clock)


def b64(data: bytes) -> str:
    """Return the URL-safe Base64 of a JWT, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_bytes(head: bytes, body: bytes, key: str = KEY, digest: Callable[..., Any] = hashlib.sha256) -> str:
    """Return a token of any bytes with a valid signature."""
    signed = f"{b64(head)}.{b64(body)}"
    return f"{signed}.{b64(hmac.new(key.encode(), signed.encode(), digest).digest())}"


def signed_token(header: dict[str, Any] | None = None, key: str = KEY, **claims: Any) -> str:
    """Return a signed token with changed header fields and claims; LEFT_OUT removes one."""
    head, body = HEADER | (header or {}), CLAIMS | claims
    parts = [{name: value for name, value in part.items() if value is not LEFT_OUT} for part in (head, body)]
    return signed_bytes(json.dumps(parts[0]).encode(), json.dumps(parts[1]).encode(), key)


DEEP = b"[" * 100_000 + b"]" * 100_000
GOOD = signed_token()
HEAD, BODY, SIGNATURE = GOOD.split(".")
HOSTILE = {
    "alg-none": signed_token({"alg": "none"}),
    "alg-none-unsigned": signed_token({"alg": "none"}).rpartition(".")[0] + ".",
    "alg-None": signed_token({"alg": "None"}).rpartition(".")[0] + ".",
    "alg-empty": signed_token({"alg": ""}),
    "alg-missing": signed_token({"alg": LEFT_OUT}),
    "alg-list": signed_token({"alg": ["HS256"]}),
    "alg-dict": signed_token({"alg": {"HS256": 1}}),
    "alg-int": signed_token({"alg": 256}),
    "alg-null": signed_token({"alg": None}),
    "alg-HS512": signed_token({"alg": "HS512"}),
    "alg-HS512-signed-so": signed_bytes(
        json.dumps(HEADER | {"alg": "HS512"}).encode(), json.dumps(CLAIMS).encode(), KEY, hashlib.sha512
    ),
    "alg-RS256": signed_token({"alg": "RS256"}),
    "alg-lower-case": signed_token({"alg": "hs256"}),
    "kid-missing": signed_token({"kid": LEFT_OUT}),
    "kid-null": signed_token({"kid": None}),
    "kid-int": signed_token({"kid": 0}),
    "kid-list": signed_token({"kid": [KID]}),
    "kid-dict": signed_token({"kid": {KID: KID}}),
    "kid-unknown": signed_token({"kid": "0" * 16}),
    "kid-empty": signed_token({"kid": ""}),
    "kid-path": signed_token({"kid": "../../../../dev/null"}),
    "kid-sql": signed_token({"kid": "' OR 1=1 --"}),
    "kid-8-kib": signed_token({"kid": "x" * 8192}),
    "kid-longer": signed_token({"kid": KID + "0"}),
    "crit-unknown": signed_token({"crit": ["exp"]}),
    "crit-empty": signed_token({"crit": []}),
    "b64-false": signed_token({"b64": False, "crit": ["b64"]}),
    "jwk-of-its-own": signed_token({"jwk": {"kty": "oct", "k": b64(b"x" * 32)}}, key="x" * 32),
    "jku": signed_token({"jku": "http://169.254.169.254/"}, key="x" * 32),
    "x5u": signed_token({"x5u": "http://169.254.169.254/"}, key="x" * 32),
    "zip": signed_token({"zip": "DEF"}, key="x" * 32),
    "key-of-another": signed_token(key=KEY[::-1]),
    "key-empty": signed_token(key=""),
    "key-is-kid": signed_token(key=KID),
    "exp-missing": signed_token(exp=LEFT_OUT),
    "exp-null": signed_token(exp=None),
    "exp-list": signed_token(exp=[NOW + 60]),
    "exp-text": signed_token(exp=str(NOW + 60)),
    "exp-float": signed_token(exp=NOW + 60.5),
    "exp-true": signed_token(exp=True),
    "exp-nan": signed_token(exp=float("nan")),
    "exp-infinity": signed_token(exp=float("inf")),
    "exp-1e400": signed_bytes(
        json.dumps(HEADER).encode(), json.dumps(CLAIMS).replace(str(NOW + 720), "1e400").encode()
    ),
    "exp-long-ago": signed_token(exp=NOW - 11, iat=NOW - 700),
    "exp-too-late": signed_token(exp=NOW + 721),
    "exp-in-a-century": signed_token(exp=NOW + 10**9),
    "exp-and-iat-in-a-century": signed_token(exp=NOW + 10**9 + 720, iat=NOW + 10**9),
    "iat-missing": signed_token(iat=LEFT_OUT),
    "iat-in-a-minute": signed_token(iat=NOW + 60, exp=NOW + 780),
    "iat-text": signed_token(iat=str(NOW)),
    "iat-before-its-time": signed_token(iat=NOW - 100),
    "nbf-in-a-minute": signed_token(nbf=NOW + 60),
    "nbf-text": signed_token(nbf="soon"),
    "iss-missing": signed_token(iss=LEFT_OUT),
    "iss-other": signed_token(iss="another"),
    "iss-beginning": signed_token(iss="ml"),
    "iss-longer": signed_token(iss="ml-census-2"),
    "iss-list": signed_token(iss=["ml-census"]),
    "aud-missing": signed_token(aud=LEFT_OUT),
    "aud-other": signed_token(aud="another"),
    "aud-list": signed_token(aud=["ml-census"]),
    "sub-missing": signed_token(sub=LEFT_OUT),
    "sub-unknown": signed_token(sub="unknown"),
    "sub-upper-case": signed_token(sub="CENSUS"),
    "sub-int": signed_token(sub=7),
    "sub-list": signed_token(sub=["census"]),
    "sub-null": signed_token(sub=None),
    "pv-missing": signed_token(pv=LEFT_OUT),
    "pv-of-another-password": signed_token(pv=password_version("other")),
    "pv-int": signed_token(pv=0),
    "pv-not-ascii": signed_token(pv="ü"),
    "empty": "",
    "dots": "..",
    "two-parts": f"{HEAD}.{BODY}",
    "four-parts": f"{GOOD}.{SIGNATURE}",
    "no-signature": f"{HEAD}.{BODY}.",
    "short-signature": GOOD[:-2],
    "signature-of-nothing": f"{HEAD}.{BODY}.{b64(b'')}",
    "not-ascii": "ä.ö.ü",
    "surrogate": "\udcff" + GOOD,
    "nul-before": "\0" + GOOD,
    "newline-after": GOOD + "\n",
    "space-in-it": f"{HEAD}. {BODY}.{SIGNATURE}",
    "body-list": signed_bytes(json.dumps(HEADER).encode(), json.dumps([CLAIMS]).encode()),
    "body-text": signed_bytes(json.dumps(HEADER).encode(), b'"census"'),
    "body-not-json": signed_bytes(json.dumps(HEADER).encode(), b"census"),
    "head-list": signed_bytes(json.dumps([HEADER]).encode(), json.dumps(CLAIMS).encode()),
    "body-not-utf-8": signed_bytes(json.dumps(HEADER).encode(), b'{"sub": "\xff"}'),
    "body-deep": signed_bytes(json.dumps(HEADER).encode(), DEEP),
    "head-deep": signed_bytes(DEEP, json.dumps(CLAIMS).encode()),
    "head-deep-within-8-kib": signed_bytes(b"[" * 3000, b"{}"),
    "basic": "Basic Y2Vuc3VzOmNlbnN1cw==",
    "two-headers": f"{GOOD}, {GOOD}",
}  # fmt: skip


def test_valid_token_behind_the_hostile_ones_is_accepted() -> None:
    """If it were rejected, the tests below could not fail."""
    assert auth.verify_token(RING, USERS, GOOD) == "census"
    assert signed_token(sub="census") == GOOD
    assert auth.verify_token(RING, USERS, signed_token(iat=NOW + 5, exp=NOW + 725)) == "census"
    assert auth.verify_token(RING, USERS, signed_token({"jku": "http://x/", "zip": "DEF"})) == "census"


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_token_is_rejected(case: str) -> None:
    assert auth.verify_token(RING, USERS, HOSTILE[case]) is None


def test_other_last_character_of_signature_is_rejected() -> None:
    others = [GOOD[:-1] + chr(code) for code in range(33, 127) if chr(code) != GOOD[-1]]

    assert [token for token in others if auth.verify_token(RING, USERS, token)] == []


@pytest.mark.parametrize(("claim", "user"), [("guessed", None), (CLAIMS["pv"], "census")], ids=["key", "key and token"])
def test_holder_of_the_key_needs_an_old_token_of_the_user(claim: str, user: str | None) -> None:
    """docs/runbook/leaked-key.md lists these rights: the claim pv of an old token stays valid with the key."""
    forged = jwt.encode(CLAIMS | {"iat": NOW + 1, "exp": NOW + 700, "pv": claim}, KEY, headers={"kid": KID})

    assert auth.verify_token(RING, USERS, forged) == user
