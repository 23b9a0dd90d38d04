"""How a schedule starts an AutoML run: made ready outside of a transaction, begun inside of the one that writes the firing."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.automl import service
from studiolo.studio.automl.schemas import AutoMLSpec

KIND = service.KIND


def ready(ctx: Context, given: Mapping[str, Any], tags: Mapping[str, str]) -> Callable[[Connection], str]:
    """Return what begins the run in a transaction and returns its id; raises what `service.submit` would, with the field."""
    asked = {**given, "dataset": str(given.get("dataset", "")).removeprefix("azureml:")}
    try:
        spec = AutoMLSpec.model_validate(asked)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            f"{field}: {first['msg']}", "See: studiolo automl submit --help", field=f"target.spec.{field}"
        ) from None
    made = service.ready(ctx, spec, tags)
    return lambda tx: service.begin(tx, ctx, made).id
