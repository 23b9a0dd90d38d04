"""`studiolo schedules …`: when jobs and pipelines run by themselves."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, show, transport, warn
from studiolo.studio.experiments.cli import places_of
from studiolo.studio.experiments.job_files import document
from studiolo.studio.schedules.client import Schedules

app = typer.Typer(help="Schedules: when jobs and pipelines run by themselves.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the schedule.")]
_LIST = ("name", "state", "says", "zone", "next", "last", "target_name", "runs_as")
_HISTORY = ("due", "origin", "state", "run_id", "run_state", "reason")


def _row(found: Any) -> dict[str, Any]:
    last = found.last
    return {
        "name": found.name,
        "state": found.state,
        "says": found.says,
        "zone": found.zone,
        "next": found.next[0].isoformat() if found.next else None,
        "last": (last.run_state or last.state) if last else None,
        "target_name": found.target_name,
        "runs_as": found.runs_as,
    }


@app.command("list")
def list_(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Only those with this in their name.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """List schedules by name, with their next time and how their newest run stands."""
    found = Schedules(transport(context)).list(name)
    empty = "No schedules yet. Make one: studiolo schedules create NAME --run RUN --cron '0 2 * * *'"
    show(found if output is Output.json else [_row(one) for one in found], _LIST, output=output, empty=empty)


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show a schedule: when and what it runs, its next times, and whether something is wrong with it."""
    found = Schedules(transport(context)).get(name)
    if output is Output.json:
        show(found, output=output)
        return
    shown = {**_row(found), "description": found.description, "what": f"{found.what} {found.target_name}"}
    shown |= {"experiment": found.experiment, "catch_up": found.catch_up, "overlap": found.overlap}
    for number, moment in enumerate(found.next):
        shown["next" if not number else f"then {number}"] = moment.isoformat()
    show({key: value for key, value in shown.items() if value and key != "target_name"}, output=output)
    if found.trouble:
        warn(found.trouble)


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name for the schedule.")],
    run: Annotated[str, typer.Option("--run", help="Id of a job or pipeline that ran: its like is run.")] = "",
    published: Annotated[str, typer.Option(help="Name of a published pipeline to run instead.")] = "",
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Input of --published: rate=0.1; may be repeated.")
    ] = None,
    cron: Annotated[str, typer.Option(help="Line of cron, such as '30 2 * * 1-5'.")] = "",
    every: Annotated[str, typer.Option(help="Recurrence, such as '15 minutes', '1 day' or '2 weeks'.")] = "",
    at: Annotated[
        list[str] | None, typer.Option(help="Time of day of --every, such as 02:30; may be repeated.")
    ] = None,
    on: Annotated[
        list[str] | None, typer.Option(help="Day of --every: monday, or 15 of a month; may be repeated.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Berlin or 'Pacific Standard Time'.")] = "UTC",
    start: Annotated[str, typer.Option(help="From when, such as 2026-12-01T08:00.")] = "",
    end: Annotated[str, typer.Option(help="Until when.")] = "",
    catch_up: Annotated[str, typer.Option(help="Of times missed while the studio was away: none, one or all.")] = "one",
    overlap: Annotated[str, typer.Option(help="While an earlier run has not ended: skip, queue or allow.")] = "skip",
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Make a schedule that runs the like of a job or pipeline that ran. From YAML: studiolo apply -f schedule.yml"""
    when = {"zone": zone, "start": start or None, "end": end or None}
    how = {"catch_up": catch_up, "overlap": overlap, "description": description}
    target = _what(run, published, change or [])
    trigger = {**_trigger(cron, every, at or [], on or []), **when}
    found = Schedules(transport(context)).create(name, trigger, target, **how)
    show(found if output is Output.json else _row(found), _LIST, output=output)


def _what(run: str, published: str, change: list[str]) -> str | dict[str, Any]:
    if bool(run) == bool(published):
        raise Invalid("Give either --run or --published.", "Such as --run with the id of a run.", field="run")
    if run and change:
        raise Invalid("--set belongs to --published.", "Run the job with other inputs, and schedule that.", field="set")
    inputs = {key.removeprefix("inputs."): value for key, value in document.changes(change).items()}
    return run or {"kind": "published", "name": published, "inputs": inputs}


def _trigger(cron: str, every: str, at: list[str], on: list[str]) -> dict[str, Any]:
    if bool(cron) == bool(every):
        raise Invalid("Give either --cron or --every.", "Such as --every '1 day' --at 02:30", field="trigger")
    if cron:
        if at or on:
            raise Invalid("--at and --on belong to --every.", "A line of cron says it itself.", field="trigger")
        return {"kind": "cron", "expression": cron}
    count, _, unit = every.strip().rpartition(" ")
    if not (count or "1").isdigit():
        raise Invalid(f"'{every}' is no recurrence.", "Such as '15 minutes', 'day' or '2 weeks'.", field="every")
    clock = [_clock(one) for one in at]
    hours, minutes = sorted({hour for hour, _ in clock}), sorted({minute for _, minute in clock})
    if len(hours) * len(minutes) != len(set(clock)):
        raise Invalid(
            "Several times of day with different minutes need two schedules, or a line of cron.",
            "--at takes times such as 02:30 and 14:30.",
            field="at",
        )
    days = [day.strip().lower() for day in on]
    return {
        "kind": "recurrence",
        "frequency": unit.removesuffix("s"),
        "interval": int(count or 1),
        "hours": hours,
        "minutes": minutes,
        "week_days": [day for day in days if not day.isdigit()],
        "month_days": [int(day) for day in days if day.isdigit()],
    }


def _clock(said: str) -> tuple[int, int]:
    hour, _, minute = said.partition(":")
    if not (hour.isdigit() and (minute or "0").isdigit()):
        raise Invalid(f"'{said}' is no time of day.", "Write it as 02:30.", field="at")
    return int(hour), int(minute or 0)


@app.command("apply")
def apply(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Schedule: YAML of Azure ML v2.")],
    place: Annotated[
        list[str] | None,
        typer.Option("--map-url", help="A folder here for the beginning of an address: PREFIX=DIR; may be repeated."),
    ] = None,
    output: OutputOption = Output.table,
) -> None:
    """Make or change a schedule from a YAML file; local files of what it runs are sent along."""
    found, warnings = Schedules(transport(context)).apply(file, places_of(place or ()))
    for warning in warnings:
        warn(warning)
    show(found if output is Output.json else _row(found), _LIST, output=output)


@app.command("history")
def history(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    output: OutputOption = Output.table,
) -> None:
    """List the times that came, newest first: the run of each, or why there is none."""
    found = Schedules(transport(context)).firings(name, limit)
    show(found, _HISTORY, output=output, empty="It has not fired yet.")


@app.command("pause")
def pause(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Let a schedule rest."""
    show(_row(Schedules(transport(context)).pause(name)), _LIST, output=output)


@app.command("resume")
def resume(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Let a schedule go on from now, with your rights; the times of its rest are not made up for."""
    show(_row(Schedules(transport(context)).resume(name)), _LIST, output=output)


@app.command("run")
def run(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Run at once what a schedule runs."""
    show(Schedules(transport(context)).run(name), _HISTORY, output=output)


@app.command("delete")
def delete(context: typer.Context, name: Name) -> None:
    """Remove a schedule with its history; its runs stay."""
    Schedules(transport(context)).delete(name)
