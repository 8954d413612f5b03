"""The PSI compares the predicted rows with the training rows."""

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from conftest import KEY
from ml_census import auth
from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.model import ServedModel
from ml_census.observability.drift import (
    MAX_SAMPLED_ROWS,
    MIN_ROWS,
    WINDOW_ROWS,
    DriftMonitor,
    population_stability_index,
)
from ml_census.schema import Column, Schema, TrainingDistribution

AGE = Column("age", "number", training=TrainingDistribution((0.5, 0.3, 0.2, 0.0), (30, 50), 17, 90))
SEX = Column("sex", "category", ("Female", "Male"), training=TrainingDistribution((0.4, 0.6, 0.0)))
NOTE = Column("note", "any")


def seen(rows: list[Any], columns: tuple[Column, ...] = (AGE, SEX), times: int = 100) -> DriftMonitor:
    counted = DriftMonitor(Schema(columns, "frame"))
    for _ in range(times):
        counted.observe(list(zip(*rows, strict=True)))
    return counted


USUAL = [(20, "Female")] * 2 + [(30, "Female")] * 2 + [(25, "Male"), (31, "Male"), (45, "Male"), (50, "Male")]
USUAL += [(51, "Male"), (90, "Male")]


def test_psi_of_rows_like_the_training_rows_is_zero() -> None:
    assert seen(USUAL).psi_by_column() == pytest.approx({"age": 0, "sex": 0}, abs=1e-3)


def test_psi_is_the_published_formula() -> None:
    """The PSI is the sum of (current - training) ln(current / training)."""
    older = [(40, sex) for _, sex in USUAL]

    ages = [(0.0001, 0.5), (1, 0.3), (0.0001, 0.2)]
    expected = sum((now - before) * math.log(now / before) for now, before in ages)
    assert seen(older).psi_by_column() == pytest.approx({"age": expected, "sex": 0}, abs=1e-3)


def test_empty_bin_has_a_large_finite_psi() -> None:
    assert 5 < population_stability_index([0, 1], [1, 0]) < 20


@pytest.mark.parametrize("value", [None, float("nan"), "Divers"])
def test_missing_and_unknown_values_share_a_bin(value: object) -> None:
    strange = [(None if value == "Divers" else value, value if isinstance(value, str) else "?")] * 10

    assert min(seen(strange).psi_by_column().values()) > 5


def test_psi_is_empty_below_the_minimum_of_rows() -> None:
    assert seen(USUAL, times=MIN_ROWS // 10 - 1).psi_by_column() == {}


def test_old_rows_lose_their_weight() -> None:
    counted = seen([(80, "Male")] * 100, times=WINDOW_ROWS // 100)
    for _ in range(20 * WINDOW_ROWS // 10):
        counted.observe(list(zip(*USUAL, strict=True)))

    assert max(counted.psi_by_column().values()) < 0.01


def test_large_request_is_sampled_evenly() -> None:
    half = 50 * MAX_SAMPLED_ROWS
    counted = seen([(20, "Male")] * half + [(60, "Male")] * half, times=MIN_ROWS // MAX_SAMPLED_ROWS)

    assert AGE.training
    expected = population_stability_index(AGE.training.frequencies, (0.5, 0, 0.5, 0))
    assert counted.psi_by_column()["age"] == pytest.approx(expected)


def test_column_without_training_distribution_is_left_out() -> None:
    assert list(seen([(*row, "x") for row in USUAL], (AGE, SEX, NOTE)).psi_by_column()) == ["age", "sex"]
    assert seen(USUAL, tuple(replace(each, training=None) for each in (AGE, SEX))).psi_by_column() == {}


def test_column_that_clients_may_omit_is_left_out() -> None:
    assert list(seen(USUAL, (replace(AGE, dropped=True), SEX)).psi_by_column()) == ["sex"]


def predicting(*columns: Column) -> Artifacts:
    """Return artifacts with a model of these columns."""
    model = DummyClassifier().fit(pd.DataFrame([[0] * len(columns)], columns=[each.name for each in columns]), [1])
    predictor = SklearnPredictor(model, Schema(columns, "frame"))
    served = ServedModel(predictor, "0123456789ab", EngineInfo("sklearn"), "1.9.0")
    return Artifacts(served, {}, auth.parse_keys(KEY.encode()))


def test_requests_on_the_previous_model_are_not_counted() -> None:
    """They end on the model with which they began; its columns are in another order."""
    old, new = predicting(SEX, AGE), predicting(AGE, SEX)
    app = create_app(old, Config("", "", ""))
    app.replace_artifacts(new)
    metrics, service = app.state.metrics, app.state.service
    for _ in range(MIN_ROWS // len(USUAL)):
        service.predict(new, [list(row) for row in USUAL], service.stage_timer())
        service.predict(old, [["Female", 90]], service.stage_timer())

    psis = [metrics.registry.get_sample_value("ml_census_drift", {"column": name}) for name in ("age", "sex")]
    assert psis == pytest.approx([0, 0], abs=1e-3)


def test_lengths_of_texts_are_compared() -> None:
    words = Column("note", "text", training=TrainingDistribution((0.5, 0.5, 0.0), (3,), 1, 9))
    like_training, longer = [("abc",), ("abcd",)], [("abcd",), ("abcdefgh",)]

    assert seen(like_training, (words,), MIN_ROWS).psi_by_column() == {"note": 0}
    assert seen(longer, (words,), MIN_ROWS).psi_by_column()["note"] > 4


def test_dates_are_compared() -> None:
    training = TrainingDistribution(
        (0.5, 0.5, 0.0), ("2024-03-05T00:00:00",), "2024-01-01T00:00:00", "2024-06-01T00:00:00"
    )
    day = Column("day", "date", training=training)
    like_training, missing = [("2024-03-05T00:00:00",), ("2024-03-05T00:00:00.5",)], [(None,)]

    assert seen(like_training, (day,), MIN_ROWS).psi_by_column() == {"day": 0}
    assert seen(missing, (day,), MIN_ROWS).psi_by_column()["day"] > 4


def test_booleans_are_compared() -> None:
    paid = Column("paid", "category", (False, True), training=TrainingDistribution((0.5, 0.5, 0.0)))

    assert seen([(True,), (False,)], (paid,), MIN_ROWS).psi_by_column() == {"paid": 0}
    assert seen([(True,)], (paid,), MIN_ROWS).psi_by_column()["paid"] > 4


def test_counts_are_halved_at_the_window_size() -> None:
    counted = seen([(20, "Male")] * 100, times=WINDOW_ROWS // 100)
    for _ in range(WINDOW_ROWS // 2 // 100):
        counted.observe(list(zip(*[(60, "Male")] * 100, strict=True)))

    expected = population_stability_index(AGE.training.frequencies, (0.5, 0, 0.5, 0))  # type: ignore[union-attr]
    assert counted.psi_by_column()["age"] == pytest.approx(expected)
