"""A window becomes a job: what it is given, and the row that remembers it, in one transaction."""

import sys
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.monitors import repository
from studiolo.studio.datasets.monitors.exchange import ASKED, REFERENCE_FILE, SAMPLE_FILE, SETTINGS_FILE
from studiolo.studio.datasets.monitors.schemas import MonitorSettings, Origin
from studiolo.studio.datasets.monitors.windows import Window
from studiolo.studio.datasets.schemas import DatasetVersion
from studiolo.studio.experiments import lineage
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import InputFile, JobSpec, Resources

KIND = "drift"
EXPERIMENT = "Drift monitors"


@dataclass(frozen=True)
class Order:
    """What the jobs of a monitor need just now: settings, the newest version of the target, files."""

    settings: MonitorSettings
    version: int
    target: DatasetVersion
    baseline: DatasetVersion | None
    inputs: dict[str, list[InputFile]]
    secrets: dict[str, str]  # what opens the datastores that files stay in


def prepare(ctx: Context, monitor: str, version: int) -> Order:
    """Look up what the jobs of a monitor need; before the transaction, since it may write blobs.

    The baseline itself is read by the first window only: it keeps what the others need of it.
    """
    with ctx.db.read() as tx:
        row = repository.settings_row(tx, monitor, version)
    settings = MonitorSettings.model_validate(row.settings)
    target = datasets.get(ctx, settings.target.dataset)
    inputs = {"target": datasets.as_input(ctx, target)}
    document = ctx.blobs.put(settings.model_dump_json().encode())  # too long, perhaps, for a variable
    inputs["settings"] = [InputFile(path=SETTINGS_FILE, digest=document.digest)]
    if row.reference and row.sample:
        inputs["reference"] = [
            InputFile(path=REFERENCE_FILE, digest=row.reference),
            InputFile(path=SAMPLE_FILE, digest=row.sample),
        ]
        return Order(settings, version, target, None, inputs, datasets.secrets(target))
    baseline = datasets.get(ctx, settings.baseline.dataset, settings.baseline.version)
    inputs["baseline"] = datasets.as_input(ctx, baseline)
    return Order(settings, version, target, baseline, inputs, datasets.secrets(target) | datasets.secrets(baseline))


def submit(
    tx: Connection,
    ctx: Context,
    monitor: Any,
    order: Order,
    window: Window,
    origin: Origin,
    backfill: str | None = None,
) -> bool:
    """Submit the job of a window; False when it is being computed already. monitor: its row."""
    values = {
        "monitor": monitor.id,
        "start": window.start,
        "settings": order.version,
        "end": window.end,
        "origin": origin,
        "backfill": backfill,
        "version": order.target.version,
    }
    if not repository.begin_window(tx, ctx, values):
        return False
    asked = {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "timestamp": order.settings.target.timestamp,
    }
    spec = JobSpec(
        experiment=EXPERIMENT,
        name=f"{monitor.name} {window.start:%Y-%m-%d %H:%M}",
        kind=KIND,
        command=[sys.executable, "-m", "studiolo.studio.datasets.monitors.jobs"],
        env={ASKED: orjson.dumps(asked).decode()},
        inputs=order.inputs,
        secrets=order.secrets,
        resources=Resources(cores=1),
        retries={"lost": 2, "preempted": 2},
        context={"monitor": monitor.id, "start": window.start.isoformat(), "settings": order.version},
        tags={"studiolo.monitor": monitor.name},
    )
    run = experiments.submit(ctx, spec, tx)
    repository.name_run(tx, monitor.id, window.start, order.version, run.id)
    reference = f"monitor:{monitor.name}"
    lineage.link(tx, ctx, datasets.lineage_reference(order.target), reference)
    if order.baseline is not None:
        lineage.link(tx, ctx, datasets.lineage_reference(order.baseline), reference)
    return True
