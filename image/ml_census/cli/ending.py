"""Functions that end a failed command with one line on stderr and an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click


def fail(reason: object, code: int = 1) -> NoReturn:
    """Print `reason` as one line on stderr, and exit the process with `code`."""
    click.echo(f"ml-census: {' '.join(str(reason).split())}", err=True)
    sys.exit(code)


@contextmanager
def fail_on(*errors: type[Exception], subject: str = "") -> Iterator[None]:
    """Exit with code 1 if the `with` block raises one of the `errors`, and print the error's message on stderr.

    `subject`, such as a URI, is printed before the message.
    """
    try:
        yield
    except errors as error:
        fail(f"{subject}: {error}" if subject else error)
