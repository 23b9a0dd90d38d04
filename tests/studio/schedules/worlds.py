"""Schedules under a clock that a test holds, driven by their tick."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.studio.experiments import led
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import State
from studiolo.studio.schedules import reconcile, service
from studiolo.studio.schedules.schemas import Firing, ScheduleCreate, ScheduleDetail
from tests.studio.pipelines.graphs import parent, pipeline, step

BEGIN = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


def held(ctx: Context, at: datetime = BEGIN) -> tuple[Context, FakeClock]:
    """The same studio under a clock that moves only when told to."""
    clock = FakeClock(at)
    return replace(ctx, clock=clock), clock


def spec(**rest: Any) -> dict[str, Any]:
    """A pipeline of one step that takes a word."""
    made = pipeline(
        {"one": step("echo ${{inputs.word}}", inputs={"word": parent("word")})},
        inputs={"word": {"type": "string"}},
        values={"word": "${{trigger.time}}"},
        **rest,
    )
    return made.model_dump(mode="json", exclude_defaults=True)


def make(ctx: Context, expression: str = "*/10 * * * *", name: str = "often", **rest: Any) -> ScheduleDetail:
    given = {
        "name": name,
        "trigger": {"kind": "cron", "expression": expression},
        "target": {"kind": "pipeline", "spec": spec()},
        **rest,
    }
    return service.create(ctx, ScheduleCreate.model_validate(given))


def tick(ctx: Context) -> None:
    """Look until there is nothing to do."""
    for _ in range(300):
        reconcile._known.clear()  # a newly started controller each time
        if not reconcile.tick(ctx):
            return
    raise AssertionError("it never comes to rest")


def history(ctx: Context, name: str = "often") -> list[Firing]:
    """Oldest first."""
    return service.firings(ctx, name, limit=1000).items[::-1]


def brief(ctx: Context, name: str = "often") -> list[tuple[str, str, str]]:
    return [(f"{one.due:%H:%M}", one.origin, one.state) for one in history(ctx, name)]


def end(ctx: Context, run_id: str | None, state: State = "Completed") -> None:
    """Let a run end, whatever it is."""
    assert run_id is not None
    with ctx.db.begin() as tx:
        assert led.move(tx, ctx, run_id, state)


def runs(ctx: Context) -> list[str]:
    """Names of the pipelines that were made, oldest first."""
    where = experiments.RunFilter(kinds=["pipeline"], top_level=True)
    return [run.name for run in experiments.list_runs(ctx, where, limit=1000).items][::-1]
