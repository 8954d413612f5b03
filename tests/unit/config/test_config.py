"""config.yaml is used whole or refused with one line that names file, key and reason."""

import dataclasses
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ml_census import config
from ml_census.config.loading import MAX_BYTES
from ml_census.errors import ConfigError

URI_KEYS = ("model_path", "users", "secret", "prediction_decoding")
LEAST = "model_path: m\nusers: u\nsecret: s\n"


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return str(path)


def test_three_keys_are_enough(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, LEAST))

    assert loaded == config.Config(model_path="m", users="u", secret="s")
    assert loaded.max_body_bytes == 1024 * 1024


def test_the_articles_config_is_read_as_it_is(tmp_path: Path) -> None:
    keys = ("model_path", "users", "secret", "prediction_decoding")
    text = "".join(f"{key}: gs://bucket/model_deployment/{key}\n" for key in keys)

    loaded = config.load(write(tmp_path, text))

    assert [getattr(loaded, key) for key in keys] == [f"gs://bucket/model_deployment/{key}" for key in keys]


def test_who_lets_clients_in_without_a_token_needs_no_users(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, "model_path: m\nunauthenticated_protocols: [vertex]\n"))

    assert (loaded.users, loaded.secret) == ("", "")


def test_paths_may_begin_where_vertex_ai_has_put_the_model(tmp_path: Path) -> None:
    text = "model_path: $AIP_STORAGE_URI/model.pkl\nusers: /private/users.json\nsecret: $AIP_STORAGE_URIS/secret\n"

    loaded = config.load(write(tmp_path, text), "gs://bucket/7/model/")

    assert loaded.model_path == "gs://bucket/7/model/model.pkl"
    assert (loaded.users, loaded.secret) == ("/private/users.json", "$AIP_STORAGE_URIS/secret")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("model_path: m\nunauthenticated_protocols: []\n", "users", "missing"),
        ("model_path: m\nunauthenticated_protocols: [vertex]\nusers: u\n", "secret", "missing"),
        ("model_path: m\nunauthenticated_protocols: [vertex]\nsecret: s\n", "users", "missing"),
        ("users: u\nsecret: s\n", "model_path", "missing"),
        (LEAST + "prediction_decodings: d\n", "prediction_decodings", "unknown key"),
        (LEAST + "1: d\n", "1", "unknown key"),
        ("model_path: 7\nusers: u\nsecret: s\n", "model_path", "must be a path or gs://BUCKET/FILE"),
        ("model_path: ' '\nusers: u\nsecret: s\n", "model_path", "must be a path or gs://BUCKET/FILE"),
        ("model_path:\nusers: u\nsecret: s\n", "model_path", "missing"),
        (LEAST + "max_body_bytes: many\n", "max_body_bytes", "must be a whole number"),
        (LEAST + "max_body_bytes: true\n", "max_body_bytes", "must be a whole number"),
        (LEAST + "max_body_bytes: 0\n", "max_body_bytes", "must be between 1 and"),
        (LEAST + "drain_delay_seconds: -1\n", "drain_delay_seconds", "must be between 0 and"),
        (LEAST + "drain_delay_seconds: .nan\n", "drain_delay_seconds", "must be between 0 and"),
        (LEAST + "drain_deadline_seconds: soon\n", "drain_deadline_seconds", "must be a number"),
        (LEAST + f"max_body_bytes: {'9' * 400}\n", "max_body_bytes", "must be between 1 and"),
        (LEAST + f"max_body_bytes: {'9' * 5000}\n", "config", "not YAML"),
        (LEAST + "trusted_proxies: -1\n", "trusted_proxies", "must be between 0 and"),
        (LEAST + "trusted_globals: os.system\n", "trusted_globals", 'must be a list of "module.name"'),
        (LEAST + "trusted_globals: [system]\n", "trusted_globals", 'must be a list of "module.name"'),
        (LEAST + "sklearn_version_mismatch: lax\n", "sklearn_version_mismatch", "must be strict or warn"),
        (LEAST + "model_name: the model\n", "model_name", "letters, digits"),
        (LEAST + "unauthenticated_protocols: mlflow\n", "unauthenticated_protocols", "must be a list of kserve"),
        (LEAST + "unauthenticated_protocols: [article]\n", "unauthenticated_protocols", "must be a list of kserve"),
        (LEAST + "access_log: 1\n", "access_log", "must be true or false"),
        (LEAST + "model_name: 5\n", "model_name", "letters, digits"),
        (LEAST + "model_sha256: abc\n", "model_sha256", "64 hexadecimal digits"),
        (LEAST + f"model_sha256: {'1' * 64}\n", "model_sha256", "in quotes"),
        (LEAST + "cache_path: 7\n", "cache_path", "must be a path"),
        (LEAST + "cache_path: gs://b/cache\n", "cache_path", "must be a path"),
        (LEAST + "model_name: &name m\ncache_path: *name\n", "config", "an alias at line 5"),
        (LEAST + "# " + "x" * MAX_BYTES, "config", "larger than"),
        (LEAST + "drain_delay_seconds: 2020-13-45\n", "config", "not YAML"),
        ("- a\n- b\n", "config", "must be a mapping"),
        ("a: [\n", "config", "not YAML at line 2"),
        ("!!python/object:os.system {}\n", "config", "not YAML"),
        ("", "config", "must be a mapping"),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(ConfigError) as raised:
        config.load(path)

    message = str(raised.value)
    assert path in message and key in message and reason in message and "\n" not in message


LISTS = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
MERGED = "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}\n" for i in range(1, 10))


@pytest.mark.parametrize("bomb", ["a0: &a0 [x]\n" + LISTS, "a0: &a0 {x: x}\n" + MERGED], ids=["lists", "merged"])
@pytest.mark.parametrize("key", [field.name for field in dataclasses.fields(config.Config)])
def test_aliases_that_would_expand_to_a_thousand_million_values_are_refused(
    tmp_path: Path, bomb: str, key: str
) -> None:
    with pytest.raises(ConfigError, match="an alias at line"):
        config.load(write(tmp_path, f"{bomb}{key}: *a9\n"))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
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
def test_nothing_is_fetched_but_paths_and_objects_of_a_bucket(
    tmp_path: Path, listening: socket.socket, key: str, uri: str
) -> None:
    """A path is the one way to name a local file: file:// is refused as all others are."""
    uri = uri.format(f"127.0.0.1:{listening.getsockname()[1]}")
    values = {"model_path": "m", "users": "u", "secret": "s"} | {key: uri}

    with pytest.raises(ConfigError, match=f"{key}: must be a path or gs://BUCKET/FILE"):
        config.load(write(tmp_path, yaml.safe_dump(values)))

    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.parametrize(
    "uri", ["m", "./m", "../a/m", "/a b/m", "/a/b:c", "gs://b/m", "gs://my.bucket-1_2/a b/ä#1/m.pkl", "gs://b/a..b"]
)
def test_paths_and_objects_are_taken_as_they_are(tmp_path: Path, uri: str) -> None:
    assert config.load(write(tmp_path, yaml.safe_dump({"model_path": uri, "users": "u", "secret": "s"})))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere.yaml: No such file"):
        config.load(str(tmp_path / "nowhere.yaml"))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="not UTF-8"):
        config.load(str(tmp_path / "config.yaml"))


@pytest.mark.parametrize(("old", "new"), config.RENAMED_KEYS.items())
def test_renamed_key_is_rejected_with_its_new_name(old: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        config.load(write(tmp_path, LEAST + f"{old}: 1\n"))

    assert str(error.value).endswith(f"{old}: unknown key; it is now called {new}")
    assert new in {field.name for field in dataclasses.fields(config.Config)}
