"""Exceptions for invalid schemas, rows and values."""

from typing import Any


class SchemaError(Exception):
    """Report an invalid schema.json, or a model whose columns or predictions this package cannot represent.

    The message is the reason in one line.
    """


class InvalidValueError(Exception):
    """Report a value or row that does not fit the columns. The message is the expected value, such as "a number"."""


class InvalidRowsError(Exception):
    """Report rows that do not fit the columns.

    `details` describes the first 20 invalid values or rows. Each entry has the keys row
    (index from 0), column, got and expected. The entry of a whole row has no key
    column. The list is empty if the input is not a list, or has no rows.
    """

    def __init__(self, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.details = details
