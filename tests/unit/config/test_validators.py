"""Values of single keys: what is valid, and what the error says is expected."""

import dataclasses
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from ml_census.config import Config

VALIDATORS = {field.name: field.metadata["validator"] for field in dataclasses.fields(Config)}
URI_KEYS = ("model_path", "users", "secret", "prediction_decoding")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("model_path", 7, "must be a path or gs://BUCKET/FILE"),
        ("model_path", " ", "must be a path or gs://BUCKET/FILE"),
        ("max_body_bytes", "many", "must be a whole number"),
        ("max_body_bytes", True, "must be a whole number"),
        ("max_body_bytes", 0, "must be between 1 and"),
        ("drain_delay_seconds", -1, "must be between 0 and"),
        ("drain_delay_seconds", float("nan"), "must be between 0 and"),
        ("drain_deadline_seconds", "soon", "must be a number"),
        ("max_body_bytes", int("9" * 400), "must be between 1 and"),
        ("trusted_proxies", -1, "must be between 0 and"),
        ("trusted_globals", "os.system", 'must be a list of "module.name"'),
        ("trusted_globals", ["system"], 'must be a list of "module.name"'),
        ("sklearn_version_mismatch", "lax", "must be strict or warn"),
        ("model_name", "the model", "letters, digits"),
        ("unauthenticated_protocols", "mlflow", "must be a list of kserve"),
        ("unauthenticated_protocols", ["article"], "must be a list of kserve"),
        ("access_log", 1, "must be true or false"),
        ("model_name", 5, "letters, digits"),
        ("description", 5, "must be text of at most 500 characters"),
        ("description", 501 * "a", "must be text of at most 500 characters"),
        ("model_sha256", "abc", "64 hexadecimal digits"),
        ("model_sha256", 1111111111111111111111111111111111111111111111111111111111111111, "in quotes"),
        ("cache_path", 7, "must be a path"),
        ("cache_path", "gs://b/cache", "must be a path"),
        ("cors_origins", "https://a.example", "must be a list of origins"),
        ("cors_origins", ["https://a.example/"], "must be a list of origins"),
        ("cors_origins", ["https://A.example"], "must be a list of origins"),
        ("cors_origins", ["a.example"], "must be a list of origins"),
        ("cors_origins", [7], "must be a list of origins"),
        ("max_body_bytes", 1024**4, "must be between 1 and 1073741824"),
        ("reload_interval_seconds", 1e12, "must be between 0 and 10000000"),
        ("request_timeout_seconds", 0, "must be between 1 and"),
    ],
)
def test_invalid_value_is_rejected_with_what_is_expected(key: str, value: Any, expected: str) -> None:
    with pytest.raises(ValueError) as raised:
        VALIDATORS[key](value)

    assert expected in str(raised.value)


@pytest.mark.parametrize("origin", ["https://a.example", "http://127.0.0.1:8080", "http://[::1]:3000", "*"])
def test_origin_as_browsers_send_it_is_valid(origin: str) -> None:
    VALIDATORS["cors_origins"]([origin])


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Yield a socket to which no connection must be made."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize(
    "uri",
    [
        "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token",
        "http://{}/model.pkl",
        "https://{}/model.pkl",
        "HTTP://{}/model.pkl",
        "http:/{}/model.pkl",
        "http:{}/model.pkl",
        " http://{}/model.pkl",
        "http\n://{}/model.pkl",
        "ftp://{}/model.pkl",
        "s3://bucket/model.pkl",
        "file:///etc/passwd",
        "file://{}/etc/passwd",
        "memory://model.pkl",
        "GS://bucket/model.pkl",
        "gs:/x",
        "gs:bucket/model.pkl",
        "gs://",
        "gs://bucket",
        "gs://bucket/",
        "gs:///model.pkl",
        "gs://bucket/folder/",
        "gs://{}/model.pkl",
        "gs://user@bucket/model.pkl",
        "gs://bucket/../other/model.pkl",
        "gs://bucket/..",
        "gs://bucket/model.pkl::http://{}/model.pkl",
        "gs://bucket/model.pkl\0",
        "simplecache::http://{}/model.pkl",
        "zip://model.pkl::http://{}/model.zip",
        "/model.pkl\0",
    ],
)
@pytest.mark.parametrize("key", URI_KEYS)
def test_other_uri_is_rejected_and_not_fetched(listening: socket.socket, key: str, uri: str) -> None:
    """file:// is rejected as well: a path is the only way to name a local file."""
    with pytest.raises(ValueError, match="must be a path or gs://BUCKET/FILE"):
        VALIDATORS[key](uri.format(f"127.0.0.1:{listening.getsockname()[1]}"))

    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.parametrize(
    "uri", ["m", "./m", "../a/m", "/a b/m", "/a/b:c", "gs://b/m", "gs://my.bucket-1_2/a b/ä#1/m.pkl", "gs://b/a..b"]
)
@pytest.mark.parametrize("key", URI_KEYS)
def test_path_or_object_is_valid(key: str, uri: str) -> None:
    VALIDATORS[key](uri)
