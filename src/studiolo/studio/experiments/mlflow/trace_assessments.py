"""MLflow's endpoints of assessments: feedback and expectations on traces."""

from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError, invalid_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.studio.experiments import assessments
from studiolo.studio.experiments.mlflow import trace_shapes as shapes
from studiolo.studio.experiments.mlflow.experiments import READ, WRITE

_PATH = "mlflow/traces/{trace_id}/assessments"
_V3 = ("3.0",)


def _answer(trace_id: str, row: Any) -> dict[str, Any]:
    return {"assessment": shapes.assessment(trace_id, row)}


@endpoint("POST", _PATH, WRITE, versions=_V3)
def create(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Attach feedback, an expectation or an issue to a trace."""
    trace_id = fields.required("trace_id")
    return _answer(trace_id, assessments.create(ctx, trace_id, assessments.values_of(fields.object("assessment"))))


@endpoint("GET", f"{_PATH}/{{assessment_id}}", READ, versions=_V3)
def get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return an assessment."""
    trace_id = fields.required("trace_id")
    return _answer(trace_id, assessments.get(ctx, trace_id, fields.required("assessment_id")))


@endpoint("PATCH", f"{_PATH}/{{assessment_id}}", WRITE, versions=_V3)
def update(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Change what `update_mask` names."""
    trace_id = fields.required("trace_id")
    raw = fields.raw("update_mask")
    names = raw.get("paths") if isinstance(raw, dict) else raw
    if isinstance(names, str):
        names = [name for name in names.split(",") if name]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid_value("update_mask", raw)
    mask = [_snake(name) for name in names]
    if {"feedback", "expectation"} <= set(mask):
        raise MlflowError("Cannot specify both `expectation` and `feedback` parameters.")
    row = assessments.change(ctx, trace_id, fields.required("assessment_id"), fields.object("assessment"), mask)
    return _answer(trace_id, row)


@endpoint("DELETE", f"{_PATH}/{{assessment_id}}", WRITE, versions=_V3)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove an assessment; that it is not there is no error."""
    assessments.remove(ctx, fields.required("trace_id"), fields.required("assessment_id"))
    return {}


def _snake(name: str) -> str:
    """Protobuf's JSON writes the names of a mask in camel case."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
