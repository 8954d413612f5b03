"""Errors of schemas, rows and values."""

from typing import Any


class SchemaError(Exception):
    """Report a schema that cannot be read, or not be learnt from the model. The message is the reason in one line."""


class InvalidValueError(Exception):
    """Report a value or a row that does not fit. The message says what is expected."""


class InvalidRowsError(Exception):
    """Report rows that do not fit the columns.

    Each of `details` has the keys row (from 0), column, got and expected; without column it is about the whole row.
    """

    def __init__(self, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.details = details
