"""A check becomes a job: what it is given, and the row that remembers it, in one transaction."""

import sys
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets import versions
from studiolo.studio.datasets.quality import custom, repository
from studiolo.studio.datasets.quality.exchange import AT, RULES_FILE
from studiolo.studio.datasets.quality.rules import Rule
from studiolo.studio.datasets.quality.schemas import CheckOrigin
from studiolo.studio.datasets.schemas import DatasetVersion
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import InputFile, JobSpec, Resources

KIND = "quality"
EXPERIMENT = "Data quality"


@dataclass(frozen=True)
class Order:
    """What a check needs: the rules, their version, their blob, and the files of the version."""

    dataset: str
    version: int
    rules: list[Rule]
    rules_version: int
    inputs: dict[str, list[InputFile]]
    secrets: dict[str, str]  # what opens the datastore that its files stay in


def prepare(ctx: Context, found: DatasetVersion, rules: list[Rule], rules_version: int) -> Order:
    """Put the rules where the job finds them; before the transaction, since it writes a blob."""
    document = orjson.dumps([rule.model_dump(mode="json") for rule in rules])
    files = versions.as_input(ctx, found)
    inputs = {"data": files, "rules": [InputFile(path=RULES_FILE, digest=ctx.blobs.put(document).digest)]}
    return Order(found.name, found.version, rules, rules_version, inputs, versions.secrets(found))


def submit(tx: Connection, ctx: Context, order: Order, origin: CheckOrigin) -> str:
    """Submit a check in the caller's transaction; returns its id."""
    check = new_id()
    spec = JobSpec(
        experiment=EXPERIMENT,
        name=f"quality of {order.dataset}:{order.version}",
        kind=KIND,
        command=[sys.executable, "-m", "studiolo.studio.datasets.quality.jobs"],
        env={AT: ctx.clock.now().isoformat(), custom.BOUNDS: custom.Bounds.of(ctx, order.dataset).model_dump_json()},
        inputs=order.inputs,
        secrets=order.secrets,
        resources=Resources(cores=1),
        retries={"lost": 2, "preempted": 2},
        context={"check": check, "dataset": order.dataset, "version": order.version},
    )
    run = experiments.submit(ctx, spec, tx)
    values = {"id": check, "dataset": order.dataset, "version": order.version, "rules_version": order.rules_version}
    repository.insert_check(tx, ctx, {**values, "origin": origin, "run_id": run.id, "rules": len(order.rules)})
    ctx.events.emit(tx, "dataset.updated", order.dataset, {"version": order.version, "check": check})
    return check
