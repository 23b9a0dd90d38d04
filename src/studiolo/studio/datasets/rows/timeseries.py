"""A window of time over a table: a condition that the formats push down, and the files whose paths rule them out left unread."""

from collections.abc import Sequence
from datetime import UTC, datetime

from studiolo.studio.datasets.errors import ColumnNotFound, NoTimestamp
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.partitions import from_names
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.rows.schemas import Window
from studiolo.studio.datasets.schemas import ColumnSchema

MOMENTS = ("date", "datetime")


def naive(moment: datetime) -> datetime:
    """Return a moment as columns hold it: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def column(columns: Sequence[ColumnSchema], name: str, *, field: str = "timestamp") -> ColumnSchema:
    """Return the column that orders rows in time; raises ColumnNotFound, or NoTimestamp for one that holds no moments."""
    found = next((each for each in columns if each.name == name), None)
    if not name or found is None:
        if name:
            raise ColumnNotFound(name, [each.name for each in columns], field=field)
        raise NoTimestamp("The version has no timestamp column.", columns, field=field)
    if found.type not in MOMENTS:
        raise NoTimestamp(f"'{name}' holds no moments but {found.type} values.", columns, field=field)
    return found


def condition(table: TableInput, window: Window) -> str:
    """Return the SQL of a window, on the columns of the table as they are read."""
    chosen = column(table.schema.columns, window.column, field="column")
    name = engine.name(chosen.name)
    parts = []
    for bound, sign in ((window.after, ">"), (window.before, "<")):
        if bound is not None:
            parts.append(
                f"{name} {sign}{'=' if window.boundary else ''} TIMESTAMP {engine.literal(naive(bound).isoformat(sep=' '))}"
            )
    return " AND ".join(parts) or "true"


def prune(table: TableInput, window: Window, partition: str) -> TableInput:
    """Leave out the files whose moment in the path is outside: one at least stays, so that the columns are known.

    A file holds rows from the moment in its path until before the next one of the same fineness (year, month, day, hour …).
    """
    known = {each.name: each for each in table.schema.columns}
    written = str(table.schema.options.get("partition_format") or "")
    if partition not in known or known[partition].origin != "partition" or known[partition].type not in MOMENTS:
        return table
    moments = from_names(table.names, [known[partition]], written)[partition]
    after = _floor(naive(window.after), written) if window.after else None
    before = naive(window.before) if window.before else None
    places = [
        place
        for place, moment in enumerate(moments)
        if (after is None or moment >= after) and (before is None or moment <= before)
    ] or [0]
    return TableInput(
        tuple(table.files[place] for place in places), tuple(table.names[place] for place in places), table.schema
    )


def _floor(moment: datetime, written: str) -> datetime:
    """Return the start of the year, month, day, hour … that a partition format tells."""
    start = moment.replace(microsecond=0)
    if "ss" in written:
        return start
    start = start.replace(second=0)
    if "mm" in written:
        return start
    start = start.replace(minute=0)
    if "HH" in written:
        return start
    start = start.replace(hour=0)
    if "dd" in written:
        return start
    return start.replace(day=1) if "MM" in written else start.replace(day=1, month=1)
