"""Errors in the shape that MLflow's clients understand: `{"error_code", "message"}`."""

import json
from typing import Any

from studiolo.kernel.errors import StudioloError

INVALID = "INVALID_PARAMETER_VALUE"
MISSING = "RESOURCE_DOES_NOT_EXIST"
EXISTS = "RESOURCE_ALREADY_EXISTS"
_MORE = " See the API docs for more information about request parameters."
# clients repeat 408, 429, 500, 502, 503 and 504 for minutes: only what may pass by itself has one of these
_STATUS = {INVALID: 400, EXISTS: 400, MISSING: 404, "ENDPOINT_NOT_FOUND": 404}
_CODES = {
    400: INVALID,
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: MISSING,
    413: INVALID,
    422: INVALID,
    503: "TEMPORARILY_UNAVAILABLE",
}


class MlflowError(StudioloError):
    """An error said in MLflow's words; clients and their tests look for some of the texts."""

    code, status, title = "mlflow.error", 400, "The MLflow client asked for something impossible"

    def __init__(self, message: str, error_code: str = INVALID) -> None:
        super().__init__(message)
        self.error_code = error_code


def answer_of(error: StudioloError) -> tuple[int, dict[str, str]]:
    """Return status and body of an error."""
    if isinstance(error, MlflowError):
        return _STATUS.get(error.error_code, 400), {"error_code": error.error_code, "message": error.detail}
    if error.status == 409:
        code = EXISTS if error.code.endswith(".exists") else INVALID
        return 400, {"error_code": code, "message": str(error)}
    status = 400 if error.status == 422 else error.status
    code = _CODES.get(error.status, "BAD_REQUEST" if error.status < 500 else "INTERNAL_ERROR")
    return status, {"error_code": code, "message": str(error)}


def missing_value(field: str) -> MlflowError:
    """Say that a parameter is not there."""
    return MlflowError(f"Missing value for required parameter '{field}'.{_MORE}")


def invalid_value(field: str, value: Any, why: str = "") -> MlflowError:
    """Say that a parameter has a value it cannot have."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    if len(shown) > 400:
        shown = shown[:400] + "…"
    reason = why or f" Hint: Value was of type '{type(value).__name__}'."
    return MlflowError(f"Invalid value {shown} for parameter '{field}' supplied: {reason}{'' if why else _MORE}")
