"""Load from wrk, an HTTP benchmark: one request after the other on each of some connections."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.servers import SERVER_CORE, BenchError, RunningServer

# each request has the next body; the script prints the figures as one line of JSON
SCRIPT = """
local bodies, place = {}, 0
for line in io.lines(os.getenv("BENCH_BODIES")) do bodies[#bodies + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
function request()
  place = place % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[place])
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Figures:
    """Figures of one measurement."""

    rows_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """CPU time of the server for each request."""


def load(target: RunningServer, bodies: list[list[list[Any]]], connections: int, seconds: int) -> Figures:
    """Measure a server under load. Raises BenchError if wrk is not installed, or a request failed."""
    if (wrk := shutil.which("wrk")) is None:
        raise BenchError("wrk is not installed: run apt install wrk")
    with tempfile.TemporaryDirectory() as scratch:
        script, lines = Path(scratch, "post.lua"), Path(scratch, "bodies")
        script.write_text(SCRIPT)
        lines.write_text("\n".join(json.dumps(target.server.body(rows)) for rows in bodies))
        environment = {"BENCH_BODIES": str(lines), "BENCH_AUTHORIZATION": target.headers.get("Authorization", "none")}
        url = f"http://127.0.0.1:{target.port}{target.server.path}"
        before = target.cpu_seconds()
        finished = subprocess.run(
            [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(script), url],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=True,
            preexec_fn=_on_another_core,
        )
        cpu = target.cpu_seconds() - before
    figures = json.loads(finished.stdout.splitlines()[-1])
    if figures["failed"] or not figures["requests"]:
        raise BenchError(f"{target.server.name}: {figures['failed']} of {figures['requests']} requests failed")
    rate = figures["requests"] / figures["microseconds"] * 1e6
    return Figures(
        rate * len(bodies[0]), figures["p50"] / 1000, figures["p99"] / 1000, cpu / figures["requests"] * 1000
    )


def _on_another_core() -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores - SERVER_CORE or cores)
