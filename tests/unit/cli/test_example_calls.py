"""Calls that a user copies from the terminal."""

import json
import shlex

from ml_census.cli.example_calls import example_calls

ROW = {"plan": 'it\'s "a" $HOME `x` ü', "age": None, "is_new": True}


def test_curl_call_is_one_shell_command() -> None:
    words = shlex.split(example_calls("http://127.0.0.1:1", ROW)["curl"])

    assert words[:4] == ["curl", "http://127.0.0.1:1/prediction", "-H", "Content-Type: application/json"]
    assert json.loads(words[5]) == {"inputs": [ROW]}


def test_python_call_is_valid_with_none_and_true() -> None:
    call = example_calls("http://127.0.0.1:1", ROW)["Python"]

    compile(call, "call", "exec")
    assert "'age': None, 'is_new': True" in call


def test_javascript_call_has_json_values() -> None:
    call = example_calls("http://127.0.0.1:1", [None, True])["JavaScript"]

    assert 'JSON.stringify({"inputs": [[null, true]]})' in call
