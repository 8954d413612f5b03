"""Functions that end a failed command with one line on stderr and an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

UNUSABLE = 65
"""Exit code of a failure that no retry can mend, such as a damaged input: EX_DATAERR of sysexits.h."""


def fail(reason: object, code: int = 1) -> NoReturn:
    """Print `reason` as one line on stderr, and exit the process with `code`."""
    click.echo(f"ml-census: {' '.join(str(reason).split())}", err=True)
    sys.exit(code)


@contextmanager
def fail_on(*errors: type[Exception], subject: str = "", code: int = 1) -> Iterator[None]:
    """Exit with `code` if the `with` block raises one of the `errors`, and print the error's message on stderr.

    `subject`, such as a URI, is printed before the message.
    """
    try:
        yield
    except errors as error:
        fail(f"{subject}: {error}" if subject else error, code)
