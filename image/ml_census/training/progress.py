"""Show the steps of a command and their duration on stderr."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress(step: str) -> Iterator[None]:
    """Print a step and its duration in seconds. A terminal shows a spinner meanwhile."""
    start = time.monotonic()
    if not console.is_terminal:
        console.print(f"{step} …")
    with console.status(f"{step} …"):
        yield
    console.print(f"{step}: {time.monotonic() - start:.1f} s")
