"""A compiled predictor accepts only parts that are consistent."""

import pytest

from support.compiled_files import LINEAR, REGRESSOR, TREES, Change, assert_rejected, compiled, setting, without_setting

INVALID: dict[str, Change] = {
    "a link that is not known": setting("link", value="tanh"),
    "a link that is a list": setting("link", value=["identity"]),
    "no link": without_setting("link"),
    "a class too few": setting("classes", value=[0]),
    "no class": setting("classes", value=[]),
    "a class too many": setting("classes", value=[0, 1, 2]),
    "classes as text": setting("classes", value="01"),
    "classes as an object": setting("classes", value={"0": 1, "1": 2}),
    "classes as a number": setting("classes", value=2),
    "a class that is a list": setting("classes", value=[[0], [1]]),
    "flat as text": setting("flat", value="no"),
    "zero_is_second as a number": setting("zero_is_second", value=7),
}


@pytest.mark.parametrize("name", [TREES, LINEAR])
@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID.keys())
def test_inconsistent_parts_are_rejected(name: str, change: Change) -> None:
    assert_rejected(name, change)


@pytest.mark.parametrize(
    ("name", "link"),
    [(LINEAR, "softmax"), (TREES, "logistic"), (REGRESSOR, "softmax"), (REGRESSOR, None)],
)
def test_link_that_does_not_suit_the_scores_is_rejected(name: str, link: str | None) -> None:
    assert_rejected(name, setting("link", value=link))


def test_probabilities_sum_up_to_one() -> None:
    model = compiled(LINEAR)
    rows = [values * 3 for values in ([40.0], [" Private"], [9.0], [" Male"])]

    assert [sum(row) for row in model.probabilities(rows)] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("name", [TREES, LINEAR, REGRESSOR])
def test_arrays_equal_the_lists(name: str) -> None:
    model = compiled(name)
    rows = (
        model.schema.validate_rows([[30, "Private", 9, "Male"], [70, "?", 2, "Female"]][:2]).columns
        if len(model.schema.columns) == 4
        else [[30.0, 70.0], [9.0, 2.0]]
    )

    predictions, probabilities = model.predict_arrays(rows)

    expected = model.predict(rows)
    named = predictions.tolist() if model.classes is None else [model.classes[index] for index in predictions.tolist()]
    assert named == expected
    if probabilities is not None:
        assert probabilities.tolist() == model.probabilities(rows)
    assert (probabilities is not None) is model.has_probabilities
