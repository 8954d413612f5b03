"""The native protocol."""

import math

from ml_census.protocols import native


def test_document_has_rows_and_other_members() -> None:
    assert native.parse(b'{"inputs": [[1]], "reference": [2]}') == {"inputs": [[1]], "reference": [2]}


def test_non_finite_numbers_are_null() -> None:
    """JSON has neither NaN nor infinities."""
    assert native.render([math.inf], {"probabilities": [[math.nan, 1.0]]}) == {
        "predictions": [None],
        "probabilities": [[None, 1.0]],
    }


def test_error_has_details_only_if_there_are_any() -> None:
    details = [{"row": 0, "expected": "a number"}]

    assert native.render_error(400, "why") == {"error message": "why"}
    assert native.render_error(400, "why", details) == {"error message": "why", "details": details}
