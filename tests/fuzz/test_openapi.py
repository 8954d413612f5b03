"""Schemathesis checks the responses against openapi.yaml."""

import subprocess
import sys
from pathlib import Path

from support.fuzz_budget import FUZZ
from support.live_server import Server

# Omitted: positive_data_acceptance and negative_data_rejection. The model's schema decides which rows are valid.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
]


def test_responses_conform_to_the_openapi_document(server: Server, tmp_path: Path) -> None:
    schemathesis = str(Path(sys.executable).with_name("schemathesis"))
    command = [schemathesis, "run", f"{server.url}/openapi.yaml", "--url", server.url]
    options = ["--max-examples", str(10 * FUZZ), "--checks", ",".join(CHECKS), "--no-color"]
    seed = ["--seed", "1"] if FUZZ == 1 else []
    known = ["--header", f"Authorization: Bearer {server.token()}", "--exclude-path", "/login"]
    for options_of_user in (known, ["--include-path", "/login", "--auth", "census:census"]):
        done = subprocess.run(
            [*command, *options, *seed, *options_of_user], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
