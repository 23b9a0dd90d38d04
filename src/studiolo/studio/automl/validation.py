"""A table of its own that checks the models, in the place of folds: its rows are held out of every trial."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studiolo.studio.automl.errors import ColumnAbsent, TargetUnusable
from studiolo.studio.automl.reading import Table
from studiolo.studio.automl.target import Target


def joined(training: Table, checking: Table, source: str) -> Table:
    """Return the rows of both, the training table's first, in its columns; raises ColumnAbsent. source: names the other table."""
    absent = [name for name in training.columns if name not in checking.columns]
    if absent:
        raise ColumnAbsent(source, absent)
    columns = {name: _both(column, checking.columns[name]) for name, column in training.columns.items()}
    return Table(columns, training.rows + checking.rows)


def _both(first: pa.ChunkedArray, second: pa.ChunkedArray) -> pa.ChunkedArray:
    if first.type != second.type:
        numbers = all(pa.types.is_integer(one) or pa.types.is_floating(one) for one in (first.type, second.type))
        kind = pa.float64() if numbers else pa.string()
        first, second = pc.cast(first, kind), pc.cast(second, kind)
    return pa.chunked_array([*first.chunks, *second.chunks], first.type)


def held_out(found: Target, name: str, training_rows: int) -> NDArray[np.int16]:
    """Return the fold in which each row is checked: 0 of the other table's, -1 (never) of the training table's.

    found: the target of both. Raises TargetUnusable when one of them has no row with a target, or a class that training lacks.
    """
    other = found.keep >= training_rows
    if not other.any() or other.all():
        which = "training" if other.all() else "validation"
        raise TargetUnusable(
            name, f"is missing in every row of the {which} table", "Give a table in which it is filled."
        )
    if found.labels:
        alone = sorted({*found.y[other].tolist()} - {*found.y[~other].tolist()})
        if alone:
            raise TargetUnusable(
                name,
                f"has the class '{found.labels[alone[0]]}' in the validation table alone",
                "Let the training table hold rows of every class.",
            )
    return np.where(other, 0, -1).astype(np.int16)
