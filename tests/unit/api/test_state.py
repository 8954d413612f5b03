"""The state belongs to the application that handles the request."""

from ml_census.api.app import create_app
from ml_census.api.state import current_state
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config


def test_state_is_that_of_the_current_application(artifacts: Artifacts, config: Config) -> None:
    first, second = create_app(artifacts, config), create_app(artifacts, config)

    for app in (first, second):
        with app.app_context():
            assert current_state() is app.state
    assert first.state is not second.state
