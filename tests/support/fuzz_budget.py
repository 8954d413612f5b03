"""Number of fuzz examples. FUZZ=10 runs ten times as many, with other seeds each time."""

import os

from hypothesis import HealthCheck, settings

FUZZ = int(os.environ.get("FUZZ", "1"))


def examples(number: int) -> settings:
    """Return the settings of a test that runs `number` examples, times FUZZ."""
    return settings(
        max_examples=number * FUZZ,
        derandomize=FUZZ == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
