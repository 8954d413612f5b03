"""View of /prediction, the native protocol of ml-census."""

from collections.abc import Collection, Sequence
from typing import Any

from flask import Response, abort, current_app, request

from ml_census.api import request_body
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.prediction_service import PredictionService, ReasonsOption
from ml_census.api.responses import JSON, to_json
from ml_census.api.state import current_state
from ml_census.artifacts.bundle import Artifacts
from ml_census.protocols import native

PATH = "/prediction"
REASONS = "reasons"
"""Query parameter with the number of reasons for each row."""

blueprint = ApiBlueprint("prediction", token_error_status=403)


@blueprint.prediction(PATH, ["GET", "POST"])
def predict() -> Response:
    """Return one prediction per row of the request."""
    artifacts = authenticate()
    if request.mimetype in (native.PARQUET, native.ARROW_STREAM):
        return _predict_table(artifacts, request.mimetype)
    body = request_body.json_body()
    flags, reasons = request_body.query_flags(numbers=(REASONS,)), request_body.query_number(REASONS)
    text, headers = predict_json(current_state().service, artifacts, body, flags, reasons)
    return Response(text, headers=headers, mimetype=JSON)


def predict_json(
    service: PredictionService,
    artifacts: Artifacts,
    body: bytes,
    flags: Collection[str] = (),
    reasons: int | None = None,
) -> tuple[str, dict[str, str]]:
    """Return the body and the headers of the response to a JSON body. FastPathFlask calls this function without Flask.

    `flags` may have "proba" and "warnings". `reasons` is the number of reasons for each
    row; None for no reasons. Raises MalformedBodyError if the body is
    not an object with "inputs". Raises TooManyRowsError, NoProbabilitiesError,
    NoReasonsError, InvalidRowsError or PredictionError, as PredictionService.predict.
    """
    timer = service.stage_timer()
    document = native.parse(body)
    option = None if reasons is None else ReasonsOption(reasons, document.get("reference"))
    result = service.predict(artifacts, document["inputs"], timer, "proba" in flags, option)
    text = to_json(native.render(result.predictions, result.extras(flags)))
    timer.lap("format")
    return text, result.headers


def _predict_table(artifacts: Artifacts, content_type: str) -> Response:
    """Return a table of predictions for a table of rows, in the same format."""
    try:
        from ml_census.protocols.tables import arrow_tables
    except ModuleNotFoundError:
        abort(415, f"{content_type} needs pyarrow, which this server does not have: send {JSON}")
    service = current_state().service
    timer = service.stage_timer()
    flags = request_body.query_flags(("proba",), f"a table of {content_type} can have proba only")
    rows = _read_table(artifacts.predictor.schema.names, content_type)
    result = service.predict(artifacts, rows, timer, "proba" in flags)
    body = arrow_tables.render(content_type, result.predictions, result.probabilities)
    timer.lap("format")
    return Response(body, headers=result.headers, mimetype=content_type)


def _read_table(names: Sequence[str], content_type: str) -> list[Any]:
    """Return the rows of the table in the request body. Abort with status 413 if the table is too large."""
    from ml_census.protocols.tables import arrow_tables

    try:
        limit = current_app.config["MAX_CONTENT_LENGTH"]
        table = arrow_tables.open_table(request_body.read_body(), content_type, limit)
        current_state().service.check_row_count(table.rows)
        return table.read(names)
    except arrow_tables.TableTooLargeError as error:
        abort(413, str(error))
