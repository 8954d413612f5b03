"""The engine of a model as text, as JSON, and from a manifest."""

import pytest

from ml_census.engine.engine_info import EngineInfo

COMPILED = EngineInfo("compiled", verified_rows=2000)
SKLEARN = EngineInfo("sklearn", reason="no rule for SVC")


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        (COMPILED, "compiled, verified on 2000 rows"),
        (EngineInfo("compiled"), "compiled"),
        (SKLEARN, "sklearn: no rule for SVC"),
    ],
)
def test_text_has_the_rows_or_the_reason(engine: EngineInfo, text: str) -> None:
    assert str(engine) == text


def test_json_leaves_out_what_has_no_value() -> None:
    assert COMPILED.to_json() == {"kind": "compiled", "verified_rows": 2000}
    assert SKLEARN.to_json() == {"kind": "sklearn", "reason": "no rule for SVC"}


@pytest.mark.parametrize(
    ("document", "rows"),
    [(COMPILED.to_json(), 2000), ({"verified_rows": "2000"}, None), ({"verified_rows": True}, None), (None, None)],
    ids=["own", "text", "boolean", "none"],
)
def test_manifest_without_a_number_has_no_verified_rows(document: object, rows: int | None) -> None:
    assert EngineInfo.from_manifest(document) == EngineInfo("compiled", rows)
