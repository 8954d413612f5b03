"""`ml-census serve`: options from the environment, and checks before the model loads."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ml_census.cli.main import main

LEAST = "model_path: nowhere.pkl\nusers: u\nsecret: s\n"


@pytest.fixture
def sigterm() -> Iterator[None]:
    """Restore the handler of SIGTERM, which serve() replaces."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.usefixtures("sigterm")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--predict-route", "/p/<x>", "--health-route", "/h"], "must be a path"),
        (["--predict-route", "predict", "--health-route", "/h"], "must be a path"),
        (["--predict-route", "/p", "--health-route", "/h?x=1"], "must be a path"),
        (["--predict-route", "/login", "--health-route", "/h"], "/login is another path of the server"),
        (["--predict-route", "/p", "--health-route", "/p"], "/p cannot be both paths"),
        (["--predict-route", "/p"], "must be set together"),
    ],
)
def test_route_is_checked_before_the_model_loads(tmp_path: Path, options: list[str], reason: str) -> None:
    """The next error would be that the model does not exist."""
    (tmp_path / "config.yaml").write_text(LEAST)

    result = CliRunner().invoke(main, ["serve", "--config", str(tmp_path / "config.yaml"), *options])

    assert result.exit_code == 1
    assert reason in result.output
    assert "nowhere.pkl" not in result.output


@pytest.mark.usefixtures("sigterm")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            ["--model", "nowhere.pkl", "--config", "x"],
            "--model and --config (ML_CENSUS_SERVE_CONFIG) exclude each other",
        ),
        (["--model", "nowhere.pkl"], "--model: nowhere.pkl: not found"),
        (["--trusted-global", "mylib.Half"], "--trusted-global: only with --model"),
        (["--model", "nowhere.pkl", "--trusted-global", "os.system"], "--trusted-global: os.system: "),
    ],
    ids=["both", "no model", "trusted with config", "any code"],
)
def test_unusable_options_end_the_start_with_a_reason(options: list[str], reason: str) -> None:
    result = CliRunner().invoke(main, ["serve", *options])

    assert result.exit_code == 1
    *_, line = result.output.splitlines()
    assert line.startswith(f"ml-census: {reason}")


def test_no_environment_variable_removes_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart sets any environment variable of a pod (extraEnv)."""
    monkeypatch.setenv("ML_CENSUS_SERVE_MODEL", "model.pkl")

    with main.make_context("ml-census", ["serve"]) as context:
        options = main.commands["serve"].make_context("serve", [], parent=context).params

    assert options["model"] is None


def test_environment_of_vertex_ai_sets_port_and_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HTTP_PORT": "8080", "PREDICT_ROUTE": "/predict", "HEALTH_ROUTE": "/health"}.items():
        monkeypatch.setenv(f"AIP_{name}", value)

    options = main.commands["serve"].make_context("serve", []).params

    assert {name: options[name] for name in ("port", "predict_route", "health_route")} == {
        "port": 8080,
        "predict_route": "/predict",
        "health_route": "/health",
    }


def test_environment_of_a_container_sets_config_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """SageMaker runs `IMAGE serve` and gives no options."""
    for name, value in {"CONFIG": "/opt/ml/model/config.yaml", "HOST": "0.0.0.0", "PORT": "8080"}.items():
        monkeypatch.setenv(f"ML_CENSUS_SERVE_{name}", value)

    with main.make_context("ml-census", ["serve"]) as context:
        options = main.commands["serve"].make_context("serve", [], parent=context).params

    assert [options[name] for name in ("path", "host", "port")] == ["/opt/ml/model/config.yaml", "0.0.0.0", 8080]
