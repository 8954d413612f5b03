"""End of a command that has failed."""

import sys
from typing import NoReturn

import click


def fail(reason: object, code: int = 1) -> NoReturn:
    """End with one line on stderr and an exit code."""
    click.echo(f"ml-census: {' '.join(str(reason).split())}", err=True)
    sys.exit(code)
