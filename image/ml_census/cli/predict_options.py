"""The options of `ml-census predict`."""

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from ml_census.client.csv_output import OnError


class Options(TypedDict):
    """Values of the options of `ml-census predict`."""

    url: str
    name: str | None
    user_file: str | None
    password_file: str | None
    row: str | None
    example: bool
    expect: str | None
    source: str | None
    encoding: str | None
    target: str | None
    proba: bool
    reasons: int | None
    on_error: "OnError"
    batch: int
