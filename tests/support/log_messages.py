"""Log messages of one module of the package, without those of libraries."""

import logging

import pytest


def messages_of(caplog: pytest.LogCaptureFixture, logger: logging.Logger) -> list[str]:
    """Return the messages of one logger, oldest first.

    caplog holds the messages of all loggers. A thread of an earlier test may still log the retries of gcsfs.
    """
    return [record.getMessage() for record in caplog.records if record.name == logger.name]
