"""How many rows the windows of a dataset have, before a monitor is made: counted by a child process with limits."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from studiolo.kernel.context import Context
from studiolo.studio.datasets import inspection, versions
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.monitors import features, windows
from studiolo.studio.datasets.monitors.comparing import ENOUGH
from studiolo.studio.datasets.monitors.errors import BadMonitor
from studiolo.studio.datasets.monitors.schemas import (
    Baseline,
    MonitorSettings,
    PreviewRequest,
    Target,
    WindowCount,
    WindowPreview,
)

SHOWN = 60
MODULE = "studiolo.studio.datasets.monitors.counting_process"


def preview(ctx: Context, spec: PreviewRequest) -> WindowPreview:
    """Count the rows of the newest windows, and name the columns that can be compared."""
    found = datasets.get(ctx, spec.dataset)
    column = next((one for one in found.table.columns if one.name == spec.timestamp), None)
    if column is None or column.type not in features.MOMENTS:
        fit = [one.name for one in found.table.columns if one.type in features.MOMENTS]
        raise BadMonitor(
            f"'{spec.timestamp[:100]}' is no column of moments in {found.reference}.",
            f"These would do: {', '.join(fit[:8]) or 'none'}.",
            field="timestamp",
        )
    where, written_in = windows.zone(spec.zone), windows.zone(spec.column_zone)
    with inspection.work_folder(ctx) as work:
        table = versions.open_table(ctx, found)
        files = {"files": list(map(str, table.files)), "names": list(table.names)}
        request = {**files, "schema": table.schema.model_dump(mode="json"), "timestamp": spec.timestamp}
        hours = inspection.ask(ctx, request, work, MODULE)["hours"]
    settings = MonitorSettings(
        baseline=Baseline(dataset=spec.dataset), target=Target(dataset=spec.dataset, timestamp=spec.timestamp)
    )
    kept, left = features.choose(found.table, found.table, settings)
    clock = UTC if column.sql_type == "TIMESTAMPTZ" else written_in
    counted = fold([(datetime.fromisoformat(hour), rows) for hour, rows in hours], spec, where, clock)
    newest = counted[-SHOWN:]
    return WindowPreview(
        windows=[WindowCount(start=window.start, rows=rows) for window, rows in newest],
        total=len(counted),
        small=sum(rows < ENOUGH for _, rows in counted),
        first=counted[0][0].start if counted else None,
        last=counted[-1][0].end if counted else None,
        columns=[one.name for one in kept],
        left_out=left,
    )


def fold(
    hours: list[tuple[datetime, int]], spec: PreviewRequest, where: ZoneInfo, clock: Any
) -> list[tuple[windows.Window, int]]:
    """Add up the rows of quarter hours to windows, oldest first; windows without rows are left out.

    Quarters, since there are zones that differ from UTC by 45 minutes.
    """
    found: dict[windows.Window, int] = {}
    for moment, rows in hours:
        window = windows.containing(moment.replace(tzinfo=clock), spec.frequency, where)
        found[window] = found.get(window, 0) + rows
    return sorted(found.items())
