"""Reading of config.yaml: an error is one line that names file, key and reason."""

import dataclasses
from pathlib import Path

import pytest

from ml_census import config
from ml_census.config.loading import MAX_BYTES
from ml_census.errors import ConfigError

LEAST = "model_path: m\nusers: u\nsecret: s\n"


def write(tmp_path: Path, text: str) -> str:
    """Write a config.yaml and return its path."""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return str(path)


def test_three_keys_are_enough(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, LEAST))

    assert loaded == config.Config(model_path="m", users="u", secret="s")
    assert loaded.max_body_bytes == 1024 * 1024


def test_configuration_of_the_article_is_valid(tmp_path: Path) -> None:
    keys = ("model_path", "users", "secret", "prediction_decoding")
    text = "".join(f"{key}: gs://bucket/model_deployment/{key}\n" for key in keys)

    loaded = config.load(write(tmp_path, text))

    assert [getattr(loaded, key) for key in keys] == [f"gs://bucket/model_deployment/{key}" for key in keys]


def test_users_are_optional_with_unauthenticated_protocols(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, "model_path: m\nunauthenticated_protocols: [vertex]\n"))

    assert (loaded.users, loaded.secret) == ("", "")


def test_storage_uri_of_vertex_ai_is_expanded_in_paths(tmp_path: Path) -> None:
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
        ("model_path:\nusers: u\nsecret: s\n", "model_path", "missing"),
        (LEAST + "# " + "x" * MAX_BYTES, "config", "larger than"),
        ("- a\n- b\n", "config", "must be a mapping"),
        ("", "config", "must be a mapping"),
        (LEAST + "model_name: &name m\ncache_path: *name\n", "config", "an alias at line 5"),
        (LEAST + "max_rows: many\n", "max_rows", "must be a whole number (value: 'many')"),
        (LEAST + "max_rows: " + "x" * 80 + "\n", "max_rows", f"(value: '{'x' * 59}…)"),
    ],
)
def test_invalid_configuration_is_rejected_in_one_line(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(ConfigError) as raised:
        config.load(path)

    message = str(raised.value)
    assert path in message and key in message and reason in message and "\n" not in message


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere.yaml: No such file"):
        config.load(str(tmp_path / "nowhere.yaml"))


def test_file_that_is_not_utf_8_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="not UTF-8"):
        config.load(str(tmp_path / "config.yaml"))


def test_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(LEAST, encoding="utf-8-sig")

    assert config.load(str(tmp_path / "config.yaml")).users == "u"


@pytest.mark.parametrize(("old", "new"), config.RENAMED_KEYS.items())
def test_renamed_key_is_rejected_with_its_new_name(old: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        config.load(write(tmp_path, LEAST + f"{old}: 1\n"))

    assert str(error.value).endswith(f"{old}: unknown key; it is now called {new}")
    assert new in {field.name for field in dataclasses.fields(config.Config)}


def test_value_of_a_credentials_key_is_not_quoted(tmp_path: Path) -> None:
    """An operator may write the signing key itself, in place of its path."""
    with pytest.raises(ConfigError) as raised:
        config.load(write(tmp_path, "model_path: m\nusers: u\nsecret: 'key:abc'\n"))

    assert "abc" not in str(raised.value)
