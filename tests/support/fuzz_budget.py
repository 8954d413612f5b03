"""How much is tried: a little in each run of the tests, the same each time; FUZZ=10 times as much, and always other."""

import os

from hypothesis import HealthCheck, settings

FUZZ = int(os.environ.get("FUZZ", "1"))


def examples(number: int) -> settings:
    """Settings of a test that tries so many, times FUZZ."""
    return settings(
        max_examples=number * FUZZ,
        derandomize=FUZZ == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
