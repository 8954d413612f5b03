"""End of a command that has failed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click


def fail(reason: object, code: int = 1) -> NoReturn:
    """End with one line on stderr and an exit code."""
    click.echo(f"ml-census: {' '.join(str(reason).split())}", err=True)
    sys.exit(code)


@contextmanager
def fail_on(*errors: type[Exception], subject: str = "") -> Iterator[None]:
    """End the command with the message of one of these errors, after the subject if there is one."""
    try:
        yield
    except errors as error:
        fail(f"{subject}: {error}" if subject else error)
