"""How the steps of pipelines stand that this process advances: read once, then kept with each version of a pipeline that it makes.

Whoever changes a step makes another version of its pipeline in the same transaction: of the version that is remembered all is known.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from studiolo.studio.pipelines import repository

_PIPELINES = 64
Steps = dict[str, Any]
_known: dict[str, tuple[int, Steps]] = {}  # by run, the last used at the end


def steps(tx: Connection, row: Any) -> Steps:
    """Return how the steps of a pipeline stand, by name, in their order. row: of the pipeline, read in this transaction."""
    version, found = _known.get(row.run_id, (None, {}))
    return found if version == row.version else {step.name: step for step in repository.steps(tx, row.run_seq)}


def keep(row: Any, version: int, stood: Steps, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Remember how steps stand in a version that is committed. stood: before; changes: columns by name."""
    changed = {name: _changed(stood[name], values) for name, values in changes.items()}
    _known.pop(row.run_id, None)
    _known[row.run_id] = version, {**stood, **changed}
    if len(_known) > _PIPELINES:
        del _known[next(iter(_known))]


def forget(row: Any) -> None:
    """Read them again the next time."""
    _known.pop(row.run_id, None)


def _changed(step: Any, values: Mapping[str, Any]) -> Any:
    return step._replace(**{column: values[column] for column in step._fields if column in values})
