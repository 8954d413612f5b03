"""Tables with bars."""

import numpy as np
import pytest

from ml_census.training.evaluation.importance import Importance, Importances
from ml_census.training.evaluation.intervals import Estimate, mean, share
from ml_census.training.report.formatting import number, percent
from ml_census.training.report.tables import Scale, group_tables, importance_lines, range_table
from support.evaluations import Case

OVERALL = share(np.arange(100) < 20)


def test_group_table_begins_with_all_rows(binary: Case) -> None:
    towns, ages = group_tables(binary.evaluation)

    assert (towns.title, ages.title) == ("town", "age")
    assert towns.header == ["Wrong", "False positives", "False negatives"]
    assert [line.name for line in towns.lines] == ["All rows", "Bern", "Oslo", "Rome"]
    assert towns.lines[0].rows == len(binary.truth)
    assert towns.lines[0].bars[0].text == percent(1 - binary.evaluation.metrics["accuracy"])


def test_evaluation_without_groups_has_no_table(without_probabilities: Case) -> None:
    assert group_tables(without_probabilities.evaluation) == []


def test_range_table_has_the_errors_of_each_fifth(regression: Case, binary: Case) -> None:
    table = range_table(regression.evaluation)

    assert table is not None and len(table.lines) == 6
    assert table.lines[0].bars[0].text == number(regression.evaluation.metrics["mae"])
    assert range_table(binary.evaluation) is None


def test_bar_of_a_share_has_its_counts() -> None:
    bar = Scale("wrong", OVERALL, [OVERALL]).bar(OVERALL)

    assert (bar.text, bar.detail) == ("20.0\u00a0%", "20 of 100")
    assert bar.value == bar.overall == pytest.approx(100 * 0.2 / OVERALL.high, abs=0.1)
    assert bar.high == 100


def test_bar_of_a_mean_error_spans_negative_values() -> None:
    overall = mean(np.array([-2.0, 0.0, 2.0] * 10))

    bar = Scale("signed", overall, []).bar(overall)

    assert (bar.low, bar.value, bar.high) == (0, 50, 100)


@pytest.mark.parametrize(("count", "rows", "mark"), [(20, 100, ""), (80, 100, "higher"), (0, 100, "lower"), (1, 2, "")])
def test_group_is_marked_if_its_interval_is_elsewhere(count: int, rows: int, mark: str) -> None:
    estimate = share(np.arange(rows) < count)

    assert Scale("wrong", OVERALL, [estimate]).bar(estimate).mark == mark


def test_group_without_rows_has_a_dash() -> None:
    bar = Scale("wrong", OVERALL, []).bar(share(np.array([], dtype=bool)))

    assert (bar.text, bar.detail, bar.value) == ("–", "no rows", None)


def test_estimate_of_one_row_has_no_interval() -> None:
    overall, one = mean(np.array([1.0, 3.0])), Estimate(2.0, -np.inf, np.inf, 1)

    bar = Scale("absolute", overall, [one]).bar(one)

    assert bar.low == bar.value == bar.high
    assert (bar.text, bar.detail) == ("2.00", "no interval")


def test_importances_are_bars_of_their_means() -> None:
    items = [Importance("size", 0.2, 0.01), Importance("noise", -0.1, 0.02)]

    size, noise = importance_lines(Importances("roc_auc", 100, 2, items))

    assert (size.name, size.bars[0].text, size.bars[0].value) == ("size", "0.200", 100)
    assert (noise.bars[0].text, noise.bars[0].value) == ("−0.100", 0)


def test_mean_error_is_above_or_below_and_not_better() -> None:
    overall = mean(np.array([-2.0, 0.0, 2.0] * 10))
    scale = Scale("signed", overall, [])

    assert [scale.bar(mean(np.array([value, value + 0.1]))).mark for value in (-1, 0, 1)] == ["below", "", "above"]


def test_rounding_error_of_a_mean_is_zero() -> None:
    overall = mean(np.array([-2.0, 2.0 + 1e-15] * 10))

    assert Scale("signed", overall, []).bar(overall).text == "0"


def test_importances_of_errors_have_the_decimals_of_the_largest() -> None:
    items = [Importance("size", 11.94, 0.861), Importance("noise", -0.0222, 0.289)]

    lines = importance_lines(Importances("mae", 100, 2, items))

    assert [(line.bars[0].text, line.bars[0].detail) for line in lines] == [("11.9", "± 0.9"), ("0.0", "± 0.3")]


def test_importance_of_accuracy_is_in_percentage_points() -> None:
    (line,) = importance_lines(Importances("accuracy", 100, 2, [Importance("size", 0.123, 0.01)]))

    assert (line.bars[0].text, line.bars[0].detail) == ("12.3", "± 1.0")
