"""KServe V1."""

import pytest

from ml_census.protocols import kserve_v1
from ml_census.protocols.json_body import MalformedBodyError


@pytest.mark.parametrize("body", [b'{"instances": [[1]]}', b'{"inputs": [[1]]}', b'{"inputs": 0, "instances": [[1]]}'])
def test_instances_have_priority_over_inputs(body: bytes) -> None:
    assert kserve_v1.parse(body) == [[1]]


def test_body_without_instances_is_rejected() -> None:
    with pytest.raises(MalformedBodyError, match='with "instances"'):
        kserve_v1.parse(b'{"rows": []}')


def test_error_is_text() -> None:
    assert kserve_v1.render_error(400, "why", [{"row": 0, "expected": "x"}]) == {"error": "why: row 0: expected x"}
