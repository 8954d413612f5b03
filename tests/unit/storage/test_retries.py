"""An operation is repeated only after an error that may pass, and not for ever."""

import pytest

from ml_census.storage import StorageError, StorageUnavailableError, retries


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSE_SECONDS", (0, 0))


class Flaky:
    """An operation that fails with the given errors first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_operation_is_repeated_until_it_succeeds(failures: int) -> None:
    assert retries.retry(Flaky(*[StorageUnavailableError("away")] * failures)) == "done"


def test_last_error_is_raised() -> None:
    with pytest.raises(StorageUnavailableError, match="third"):
        retries.retry(Flaky(*[StorageUnavailableError(text) for text in ("first", "second", "third", "fourth")]))


def test_lasting_error_is_raised_at_once() -> None:
    flaky = Flaky(StorageError("denied"), StorageError("again"))

    with pytest.raises(StorageError, match="denied"):
        retries.retry(flaky)
    assert len(flaky.errors) == 1
