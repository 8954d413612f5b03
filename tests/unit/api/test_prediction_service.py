"""Rows become predictions with what the response says about them, or an error."""

from dataclasses import replace

import pytest
from sklearn.linear_model import RidgeClassifier

from ml_census.api.prediction_service import NoProbabilitiesError, PredictionResult, PredictionService, TooManyRowsError
from ml_census.artifacts.bundle import Artifacts
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.observability.metrics import Metrics
from ml_census.schema import MAX_DETAILS, InvalidRowsError
from support.api_requests import ROW, ROWS, VERSION

UNKNOWN = [*ROW[:-1], "Divers"]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def service(metrics: Metrics) -> PredictionService:
    return PredictionService(max_rows=2, metrics=metrics)


def test_result_has_one_prediction_a_row_and_the_version(service: PredictionService, artifacts: Artifacts) -> None:
    result = service.predict(artifacts, ROWS, service.stage_timer())

    assert len(result.predictions) == len(ROWS)
    assert result.probabilities is None
    assert result.headers == {"X-Model-Version": VERSION}


def test_probabilities_have_one_list_a_row(service: PredictionService, artifacts: Artifacts) -> None:
    result = service.predict(artifacts, ROWS, service.stage_timer(), with_probabilities=True)

    assert [sum(row) for row in result.probabilities or []] == pytest.approx([1, 1])
    assert result.extras(["proba"]) == {"probabilities": result.probabilities}


def test_unknown_value_is_a_header_and_on_request_a_warning(service: PredictionService, artifacts: Artifacts) -> None:
    result = service.predict(artifacts, [ROW, UNKNOWN], service.stage_timer())

    assert result.headers["X-Unknown-Values"] == "1"
    assert result.extras([]) == {}
    (warning,) = result.extras(["warnings"])["warnings"]
    assert (warning["row"], warning["column"], warning["got"]) == (1, "sex", "Divers")


def test_warnings_have_a_maximum_and_the_header_has_none() -> None:
    result = PredictionResult([], unknown=[{"row": row} for row in range(MAX_DETAILS + 5)])

    assert len(result.extras(["warnings"])["warnings"]) == MAX_DETAILS
    assert result.headers["X-Unknown-Values"] == str(MAX_DETAILS + 5)


def test_rows_beyond_the_maximum_are_rejected(service: PredictionService, artifacts: Artifacts) -> None:
    with pytest.raises(TooManyRowsError, match=r"3 rows exceed max_rows \(2\)"):
        service.predict(artifacts, [ROW] * 3, service.stage_timer())


def test_probabilities_of_a_model_without_them_are_an_error(service: PredictionService, artifacts: Artifacts) -> None:
    model = RidgeClassifier().fit([[0.0], [1.0]], [0, 1])
    predictor = SklearnPredictor(model, infer_schema(model))
    other = replace(artifacts, model=replace(artifacts.model, predictor=predictor, labels=None))

    with pytest.raises(NoProbabilitiesError):
        service.predict(other, [[0.5]], service.stage_timer(), with_probabilities=True)


@pytest.mark.parametrize("rejects_extra", [True, False])
def test_extra_column_is_counted_or_rejected(metrics: Metrics, artifacts: Artifacts, rejects_extra: bool) -> None:
    service = PredictionService(2, metrics, rejects_extra)
    names = artifacts.predictor.schema.names
    row = dict(zip(names, ROW, strict=True)) | {"extra": 1}

    if rejects_extra:
        with pytest.raises(InvalidRowsError):
            service.predict(artifacts, [row], service.stage_timer())
    else:
        assert service.predict(artifacts, [row], service.stage_timer()).headers["X-Ignored-Columns"] == "1"


def test_only_predicted_rows_are_counted(service: PredictionService, metrics: Metrics, artifacts: Artifacts) -> None:
    service.predict(artifacts, ROWS, service.stage_timer())
    with pytest.raises(InvalidRowsError):
        service.predict(artifacts, [["no", "row"]], service.stage_timer())

    assert metrics.registry.get_sample_value("ml_census_rows_total") == len(ROWS)
