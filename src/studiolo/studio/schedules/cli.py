"""`studiolo schedules …`: when jobs and pipelines run by themselves."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, show, transport, warn
from studiolo.studio.experiments.cli import places_of
from studiolo.studio.experiments.job_files import document
from studiolo.studio.schedules import file_triggers
from studiolo.studio.schedules.client import Schedules
from studiolo.studio.schedules.schemas import TIMED

app = typer.Typer(help="Schedules: when jobs and pipelines run by themselves.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the schedule.")]
_LIST = ("name", "state", "says", "zone", "next", "last", "target_name", "runs_as")
_HISTORY = ("due", "origin", "cause", "state", "run_id", "run_state", "reason")


def _local(moment: datetime, zone: str) -> str:
    """Return a moment as the clocks of a zone show it, with the zone's name."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def _waits(found: Any) -> str | None:
    if found.trigger.kind in TIMED or found.state in ("paused", "finished"):
        return None
    return f"{found.pending} wait for their turn" if found.pending else "when it arrives"


def _cause(found: Any) -> str:
    if found is None:
        return ""
    if found.kind == "dataset":
        return f"{found.dataset}:{found.version}"
    first = found.files[0].path if found.files else ""
    return f"{first} and {len(found.files) - 1} more" if len(found.files) > 1 else first


def _fired(found: Any, zone: str) -> dict[str, Any]:
    row = {key: getattr(found, key) for key in _HISTORY}
    return {**row, "due": _local(found.due, zone), "cause": _cause(found.cause)}


def _row(found: Any) -> dict[str, Any]:
    last = found.last
    return {
        "name": found.name,
        "state": found.state,
        "says": found.says,
        "zone": found.zone,
        "next": _local(found.next[0], found.zone) if found.next else _waits(found),
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
    empty = "No schedules yet. Make one: studiolo schedules create NAME RUN --cron '0 2 * * *'"
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
        shown["next" if not number else f"then {number}"] = _local(moment, found.zone)
    if found.looked_at is not None:
        shown["looked at"] = _local(found.looked_at, found.zone)
    show({key: value for key, value in shown.items() if value and key != "target_name"}, output=output)
    if found.trouble:
        warn(found.trouble)


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name for the schedule.")],
    ran: Annotated[
        str, typer.Argument(metavar="[RUN]", help="Id of a job or pipeline that ran: its like is run.")
    ] = "",
    run: Annotated[str, typer.Option("--run", help="The same, as an option.")] = "",
    published: Annotated[str, typer.Option(help="Name of a published pipeline to run instead.")] = "",
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Input of what runs: rate=0.1, data='${{trigger.path}}'; may be repeated."),
    ] = None,
    cron: Annotated[str, typer.Option(help="Line of cron, such as '30 2 * * 1-5'.")] = "",
    every: Annotated[str, typer.Option(help="Recurrence, such as '15 minutes', '1 day' or '2 weeks'.")] = "",
    at: Annotated[
        list[str] | None, typer.Option(help="Time of day of --every, such as 02:30; may be repeated.")
    ] = None,
    on: Annotated[
        list[str] | None, typer.Option(help="Day of --every: monday, or 15 of a month; may be repeated.")
    ] = None,
    dataset: Annotated[str, typer.Option(help="Instead of a time: each new version of this dataset.")] = "",
    files: Annotated[
        str, typer.Option(help="Instead of a time: files that arrive, DATASTORE/PATH such as 'landing/in/*.csv'.")
    ] = "",
    interval: Annotated[int, typer.Option(min=5, max=86_400, help="Seconds between looks for --files.")] = 60,
    batch: Annotated[bool, typer.Option("--batch", help="One run for all --files that arrive together.")] = False,
    most: Annotated[int, typer.Option(min=1, max=1000, help="Of --files at most so many in a look.")] = 100,
    existing: Annotated[str, typer.Option(help="Of --files that are there already: ignore or take.")] = "ignore",
    zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Berlin or 'Pacific Standard Time'.")] = "UTC",
    start: Annotated[str, typer.Option(help="From when, such as 2026-12-01T08:00.")] = "",
    end: Annotated[str, typer.Option(help="Until when.")] = "",
    catch_up: Annotated[
        str,
        typer.Option(help="Of what was missed while the studio was away: none, one or all.", show_default="one; all"),
    ] = "",
    overlap: Annotated[
        str, typer.Option(help="While an earlier run goes on: skip, queue or allow.", show_default="skip; queue")
    ] = "",
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Make a schedule that runs the like of a job or pipeline that ran. From YAML: studiolo apply -f schedule.yml

    What has two defaults has the second one with --dataset and --files.
    """
    when = {"zone": zone, "start": start or None, "end": end or None}
    how = {key: value for key, value in (("catch_up", catch_up), ("overlap", overlap)) if value}
    if ran and run:
        raise Invalid("The run is given twice.", "Leave --run out.", field="run")
    target = _what(ran or run, published)
    trigger = {**_trigger(cron, every, at or [], on or [], dataset, files), **when}
    if files:
        trigger |= {"interval": interval, "batch": batch, "most": most, "existing": existing}
    inputs = {key.removeprefix("inputs."): value for key, value in document.changes(change or []).items()}
    found = Schedules(transport(context)).create(name, trigger, target, inputs, description=description, **how)
    show(found if output is Output.json else _row(found), _LIST, output=output)


def _what(run: str, published: str) -> str | dict[str, Any]:
    if bool(run) == bool(published):
        raise Invalid("Give either a run or --published.", "Such as the id of a run behind the name.", field="run")
    return run or {"kind": "published", "name": published, "inputs": {}}


def _trigger(cron: str, every: str, at: list[str], on: list[str], dataset: str, files: str) -> dict[str, Any]:
    if sum(map(bool, (cron, every, dataset, files))) != 1:
        raise Invalid(
            "Give one of --cron, --every, --dataset and --files.", "Such as --every '1 day' --at 02:30", field="trigger"
        )
    if not every and (at or on):
        raise Invalid("--at and --on belong to --every.", "A line of cron says it itself.", field="trigger")
    if cron:
        return {"kind": "cron", "expression": cron}
    if dataset:
        return {"kind": "dataset", "dataset": dataset}
    if files:
        store, path = file_triggers.at(files)
        return {"kind": "files", "datastore": store, "path": path}
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
    """List the times, versions and files that came, newest first: the run of each, or why there is none."""
    schedules = Schedules(transport(context))
    found = schedules.firings(name, limit)
    zone = schedules.get(name).zone
    rows = found if output is Output.json else [_fired(one, zone) for one in found]
    show(rows, _HISTORY, output=output, empty="It has not fired yet.")


@app.command("pause")
def pause(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Let a schedule rest."""
    show(_row(Schedules(transport(context)).pause(name)), _LIST, output=output)


@app.command("resume")
def resume(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Let a schedule go on from now, with your rights; the times of its rest are not made up for."""
    show(_row(Schedules(transport(context)).resume(name)), _LIST, output=output)


@app.command("run")
def run(
    context: typer.Context,
    name: Name,
    version: Annotated[int | None, typer.Option(min=1, help="Of the dataset it waits for; else the newest.")] = None,
    path: Annotated[str, typer.Option(help="File of the datastore it looks into; else the newest that fits.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Run at once what a schedule runs; of one that waits for versions or files, for the newest or the one that is named."""
    schedules = Schedules(transport(context))
    found = schedules.run(name, version, path)
    show(found if output is Output.json else _fired(found, schedules.get(name).zone), _HISTORY, output=output)


@app.command("delete")
def delete(context: typer.Context, name: Name) -> None:
    """Remove a schedule with its history; its runs stay."""
    Schedules(transport(context)).delete(name)
