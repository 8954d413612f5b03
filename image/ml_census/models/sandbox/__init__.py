"""The child process in which a server checks a pickled model: `parent` runs in the server, `child` in the process."""

from ml_census.models.sandbox.parent import remove_stale_scratch, run_in_sandbox
from ml_census.models.sandbox.result import SandboxResult

__all__ = ["SandboxResult", "remove_stale_scratch", "run_in_sandbox"]
