"""Each fault of the storage is reported with its cause, and by no log line of a library."""

import json
import threading
from collections.abc import Callable

import pytest

from ml_census import storage
from ml_census.storage import gcs
from support.fake_gcs import Bucket, ObjectHandler

HTML = b"<html>Log in to this network</html>"


def error(status: int, message: str) -> Callable[[ObjectHandler], None]:
    """Return an error response (https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes)."""
    body = json.dumps({"error": {"code": status, "message": message}}).encode()
    return lambda handler: handler.send(body, status)


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import gcsfs, which takes a second, before the first timeout."""
    import gcsfs  # noqa: F401


def shorten_timeouts(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set timeouts shorter than the 30 s for which gcsfs retries."""
    for name in ("STAT_TIMEOUT_SECONDS", "DOWNLOAD_TIMEOUT_SECONDS", "UPLOAD_TIMEOUT_SECONDS"):
        monkeypatch.setattr(gcs, name, seconds)


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let google-auth look for no metadata server, and shorten timeouts."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    shorten_timeouts(0.5, monkeypatch)


def write(uri: str) -> None:
    storage.write(uri, b"data")


CALLS: dict[str, Callable[[str], object]] = {"read": storage.read, "stat": storage.fingerprint, "write": write}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (500, "We encountered an internal error.", "500"),
        (503, "Backend unavailable.", "Backend unavailable., 503"),
        (429, "The rate of requests is too high.", "The rate of requests is too high., 429"),
    ],
)
def test_failing_storage_is_reported_with_its_response(
    bucket: Bucket, call: str, status: int, message: str, cause: str
) -> None:
    bucket.respond = error(status, message)

    with pytest.raises(storage.StorageUnavailableError) as raised:
        CALLS[call]("gs://models/m")

    assert cause in str(raised.value)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("where", "cause"), [("http://127.0.0.1:9", "127.0.0.1:9"), ("http://nowhere.invalid", "nowhere.invalid")]
)
def test_missing_storage_is_reported_with_its_address(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, call: str, where: str, cause: str
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", where)

    with pytest.raises(storage.StorageUnavailableError) as raised:
        CALLS[call]("gs://models/m")

    assert "Cannot connect to host " + cause in str(raised.value)


@pytest.mark.parametrize(
    ("call", "role"),
    [
        ("read", "roles/storage.objectViewer"),
        ("stat", "roles/storage.objectViewer"),
        ("write", "roles/storage.objectUser"),
    ],
)
def test_missing_permission_is_reported_with_the_role(bucket: Bucket, call: str, role: str) -> None:
    bucket.respond = error(403, "census@example.iam.gserviceaccount.com does not have access")

    with pytest.raises(storage.StorageError) as raised:
        CALLS[call]("gs://models/m")

    assert not isinstance(raised.value, storage.StorageUnavailableError)
    assert str(raised.value) == (
        f"permission denied: the account needs {role} on the bucket: "
        "census@example.iam.gserviceaccount.com does not have access"
    )


@pytest.mark.parametrize("call", CALLS)
def test_missing_credentials_are_transient(bucket: Bucket, call: str) -> None:
    """In the first seconds of a pod on GKE, the metadata server may not respond: gcsfs is then anonymous."""
    bucket.objects["m"] = b"data"
    bucket.respond = error(401, "Anonymous caller does not have storage.objects.get access to the object.")

    with pytest.raises(storage.StorageUnavailableError, match="no Google credentials"):
        CALLS[call]("gs://models/m")


def test_log_of_gcsfs_is_not_shown(bucket: Bucket, capfd: pytest.CaptureFixture[str]) -> None:
    bucket.respond = error(400, "no")

    with pytest.raises(storage.StorageError):
        storage.write("gs://models/m", b"data")

    assert capfd.readouterr() == ("", "")


LATE = "gs://models/late"
"""An abandoned thread of gcsfs retries it, also in later tests: their buckets have no such object."""
CALLERS = pytest.mark.parametrize("call", [storage.fingerprint, storage.read])


@CALLERS
@pytest.mark.parametrize("status", [408, 429, 503])
def test_transient_status_is_unavailable(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, call: Callable[[str], object], status: int
) -> None:
    shorten_timeouts(0.1, monkeypatch)
    bucket.respond = lambda handler: handler.send(b"{}", status)

    with pytest.raises(storage.StorageUnavailableError):
        call(LATE)


@CALLERS
@pytest.mark.parametrize("where", ["http://127.0.0.1:9", "http://nowhere.invalid", "silent", "html"])
def test_storage_without_response_is_unavailable(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, call: Callable[[str], object], where: str
) -> None:
    shorten_timeouts(0.1, monkeypatch)
    over = threading.Event()
    bucket.respond = lambda handler: handler.send(HTML) if where == "html" else over.wait(60)
    if where.startswith("http:"):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", where)

    with pytest.raises(storage.StorageUnavailableError) as raised:
        call(LATE)

    assert str(raised.value).startswith(("could not be read within 0.1 s", "the response of the storage is not JSON"))
    over.set()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "permission denied: the account needs roles/storage.objectViewer on the bucket"),
        (403, "permission denied: the account needs roles/storage.objectViewer on the bucket: {}"),
        (404, "not found"),
        (400, "HttpError: {}, 400"),
    ],
)
def test_permanent_status_is_reported_at_once(bucket: Bucket, status: int, reason: str) -> None:
    """The reason is the status, and not the timeout."""
    bucket.respond = lambda handler: handler.send(b"{}", status)

    with pytest.raises(storage.StorageError) as raised:
        storage.read("gs://models/m")

    assert not isinstance(raised.value, storage.StorageUnavailableError)
    assert str(raised.value) == reason


def test_denied_write_names_the_role_for_writing(bucket: Bucket) -> None:
    """An account that can read has roles/storage.objectViewer already."""

    def deny(handler: ObjectHandler) -> None:
        handler.send(b'{"error": {"code": 403, "message": "no storage.objects.create access"}}', 403)

    bucket.respond = deny
    for conditions in ({}, {"unless_changed": ""}):
        with pytest.raises(storage.StorageError, match="needs roles/storage.objectUser on the bucket"):
            storage.write("gs://models/m", b"data", **conditions)  # type: ignore[arg-type]
    with pytest.raises(storage.StorageError, match="needs roles/storage.objectViewer on the bucket"):
        storage.read("gs://models/m")
