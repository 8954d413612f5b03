"""Check a pickled model in a child process. `parent` runs in the server process, and `child` in the child process."""

from ml_census.models.sandbox.parent import remove_stale_scratch, run_in_sandbox
from ml_census.models.sandbox.result import SandboxResult

__all__ = ["SandboxResult", "remove_stale_scratch", "run_in_sandbox"]
