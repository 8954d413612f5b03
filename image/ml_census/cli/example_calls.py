"""Text with three calls that send a row to a server: curl, Python and JavaScript."""

import json
import shlex
from typing import Any

CURL = "curl {url} -H {header} -d {body}"
PYTHON = """import requests
print(requests.post({url!r}, json={document!r}).json())"""
JAVASCRIPT = """fetch({url}, {{
  method: "POST",
  headers: {{"Content-Type": "application/json"}},
  body: JSON.stringify({body})
}}).then((response) => response.json()).then(console.log)"""


def example_calls(base_url: str, row: Any) -> dict[str, str]:
    """Return calls that send a row to POST /prediction, by the name of the tool: "curl", "Python" and "JavaScript".

    `base_url` is the URL of the server without a final slash. JSON can represent `row`.
    """
    url, document = f"{base_url}/prediction", {"inputs": [row]}
    body = json.dumps(document, ensure_ascii=False)
    header = shlex.quote("Content-Type: application/json")
    return {
        "curl": CURL.format(url=url, header=header, body=shlex.quote(body)),
        "Python": PYTHON.format(url=url, document=document),
        "JavaScript": JAVASCRIPT.format(url=json.dumps(url), body=body),
    }
