"""Classes are decoded to text, in each spelling that JSON can have."""

from typing import Any

import pytest

from ml_census.models import class_labels


@pytest.mark.parametrize(
    ("value", "spelling"),
    [(0, "0"), ("a", "a"), (1.0, "1"), (1.0, "1.0"), (True, "true"), (True, "1"), (True, "True"), (0.5, "0.5")],
)
def test_class_is_found_in_each_spelling_of_json(value: Any, spelling: str) -> None:
    assert class_labels.build_label_map({spelling: "text"}, [value]) == {value: "text"}
