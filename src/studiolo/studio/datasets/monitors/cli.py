"""`studiolo datasets monitors …`."""

from typing import Annotated, Any

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.datasets.monitors.client import Monitors
from studiolo.studio.datasets.monitors.results import FeatureDrift
from studiolo.studio.datasets.monitors.schemas import Monitor

app = typer.Typer(help="Drift: how far windows of a dataset have moved from a baseline.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the monitor.")]
FeatureOption = Annotated[list[str] | None, typer.Option("--feature", help="A column to compare; repeat for more.")]
ExcludeOption = Annotated[list[str] | None, typer.Option("--exclude", help="A column to leave out; repeat for more.")]
_LINE = ("name", "state", "enabled", "dataset", "frequency", "last_window", "magnitude", "next_at")
_WINDOW = ("start", "state", "rows", "magnitude", "floor", "drifting", "drifting_features", "why")
_BACKFILL = ("id", "start", "end", "state", "done", "total", "failed", "seconds_left")
_FEATURE = ("name", "psi", "floor", "drifting", "ks", "wasserstein", "jensen_shannon", "missing", "new", "contribution")


def _monitors(context: typer.Context) -> Monitors:
    return Monitors(transport(context))


@app.command("list")
def list_(
    context: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only those of a dataset.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """List the monitors."""
    found = _monitors(context).list(dataset)
    if output is Output.json:
        show(found, output=output)
        return
    lines = [
        {
            **one.model_dump(include={"name", "state", "enabled", "next_at"}),
            "dataset": one.settings.target.dataset,
            "frequency": one.settings.frequency,
            "last_window": one.last.start if one.last else None,
            "magnitude": one.last.magnitude if one.last else None,
        }
        for one in found
    ]
    show(lines, _LINE, output=output, empty="No drift monitors yet.")


@app.command()
def create(
    context: typer.Context,
    name: Name,
    dataset: Annotated[str, typer.Argument(help="Dataset whose windows are looked at.")],
    timestamp: Annotated[str, typer.Argument(help="Its column of moments.")],
    baseline: Annotated[str, typer.Option(help="name or name:version to compare with; default the dataset.")] = "",
    baseline_start: Annotated[str, typer.Option(help="First moment of the baseline.")] = "",
    baseline_end: Annotated[str, typer.Option(help="Moment before which the baseline ends.")] = "",
    feature: FeatureOption = None,
    exclude: ExcludeOption = None,
    frequency: Annotated[str, typer.Option(help="hour, day, week or month.")] = "day",
    zone: Annotated[str, typer.Option(help="Time zone of the windows.")] = "UTC",
    column_zone: Annotated[str, typer.Option(help="Time zone that the column is written in.")] = "UTC",
    latency_hours: Annotated[float, typer.Option(help="How long a window's rows may still arrive.")] = 0.0,
    threshold: Annotated[float, typer.Option(help="Of the drift magnitude, 0 to 1.")] = 0.2,
    feature_threshold: Annotated[float, typer.Option(help="Of a feature's stability index.")] = 0.1,
    recipient: Annotated[list[str] | None, typer.Option("--mail", help="Address to tell; repeat for more.")] = None,
    since: Annotated[str | None, typer.Option(help="First window of the schedule; default the open one.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Make a monitor."""
    named, _, version = (baseline or dataset).partition(":")
    base: dict[str, Any] = {"dataset": named, "version": int(version) if version.isdigit() else None}
    if baseline_start or baseline_end:
        base |= {"timestamp": timestamp, "start": baseline_start or None, "end": baseline_end or None}
    made = _monitors(context).create(
        name,
        dataset,
        timestamp,
        baseline=base,
        features=feature,
        exclude=exclude,
        frequency=frequency,
        zone=zone,
        column_zone=column_zone,
        latency_hours=latency_hours,
        threshold=threshold,
        feature_threshold=feature_threshold,
        recipients=recipient or [],
        since=since,
    )
    show(made, () if output is Output.json else ("name", "state", "next_window", "next_at"), output=output)


def _told(monitor: Monitor) -> dict[str, object]:
    """Return what a monitor does and how it stands, in words."""
    what, plain = monitor.settings, monitor.model_dump(mode="json")
    start, end = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (what.baseline.start, what.baseline.end))
    span = f" from {start or 'the first row'} to {end or 'the last row'}" if start or end else ""
    version = f":{what.baseline.version}" if what.baseline.version else ""
    return {
        "name": monitor.name,
        "state": monitor.state,
        "state_since": plain["state_since"],
        "enabled": monitor.enabled,
        "windows": f"each {what.frequency} of {what.target.dataset} by {what.target.timestamp} ({what.zone})",
        "baseline": f"{what.baseline.dataset}{version}{span}",
        "features": ", ".join(what.features) or f"all{' but ' + ', '.join(what.exclude) if what.exclude else ''}",
        "alarm": f"magnitude above {what.threshold:g}"
        + (f", or a feature above {what.feature_threshold:g}" if what.alert_features else ""),
        "mail": ", ".join(what.recipients),
        "next_at": plain["next_at"],
    }


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show a monitor: what it does, its state, its newest window."""
    found = _monitors(context).get(name)
    if output is Output.json:
        show(found, output=output)
        return
    show(_told(found), output=output)
    if found.last:
        out.print("")
        show(found.last, _WINDOW, output=output)


@app.command()
def pause(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Stop the schedule."""
    show(_monitors(context).update(name, enabled=False), ("name", "enabled"), output=output)


@app.command()
def resume(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Go on with the schedule, from the window that is open now."""
    show(_monitors(context).update(name, enabled=True), ("name", "enabled", "next_at"), output=output)


@app.command()
def delete(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Remove a monitor with all that it found."""
    _monitors(context).delete(name)
    show({"deleted": name}, output=output)


@app.command()
def windows(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 30,
    output: OutputOption = Output.table,
) -> None:
    """List windows, newest first."""
    found = [one for one, _ in zip(_monitors(context).windows(name), range(limit), strict=False)]
    show(found, () if output is Output.json else _WINDOW, output=output, empty="No window yet.")


@app.command()
def window(
    context: typer.Context,
    name: Name,
    start: Annotated[str, typer.Argument(help="Start of the window, such as 2026-01-31.")],
    output: OutputOption = Output.table,
) -> None:
    """Show a window: every feature and its measures, those that moved most first."""
    found = _monitors(context).window(name, start)
    if output is Output.json:
        show(found, output=output)
        return
    ranked = sorted(found.features, key=lambda one: -(one.psi or 0.0))
    show([_feature(one) for one in ranked], _FEATURE, output=output)
    size = f"magnitude {found.magnitude.value:.1%}, " if found.magnitude else ""
    enough = found.why or ("no drift" if found.enough else "not enough rows to say anything")
    out.print(f"\n{found.all_rows:,} rows, {size}{enough}", markup=False, highlight=False)


@app.command()
def run(
    context: typer.Context,
    name: Name,
    moment: Annotated[str | None, typer.Option(help="A moment of the window; default the newest that is over.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the result.")] = True,
    output: OutputOption = Output.table,
) -> None:
    """Compute a window now."""
    show(_monitors(context).run(name, moment, wait=wait), () if output is Output.json else _WINDOW, output=output)


@app.command()
def backfill(
    context: typer.Context,
    name: Name,
    start: Annotated[str, typer.Argument(help="Moment in the first window.")],
    end: Annotated[str, typer.Argument(help="Moment before which the last window begins.")],
    wait: Annotated[bool, typer.Option(help="Wait until all windows are done.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Compute windows of the past, however many."""
    show(_monitors(context).backfill(name, start, end, wait=wait), _BACKFILL, output=output)


@app.command()
def backfills(
    context: typer.Context,
    name: Name,
    cancel: Annotated[str | None, typer.Option(help="Id of one to stop.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """List the backfills, or stop one."""
    found = _monitors(context)
    if cancel is not None:
        if cancel not in [one.id for one in found.backfills(name)]:
            raise Invalid(f"There is no backfill '{cancel}'.", "List them without --cancel.", field="cancel")
        found.cancel_backfill(name, cancel)
    show(found.backfills(name), _BACKFILL, output=output, empty="No backfills yet.")


def drift(
    context: typer.Context,
    baseline: Annotated[str, typer.Argument(metavar="BASELINE", help="name or name:version.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="name or name:version.")],
    threshold: Annotated[float, typer.Option(min=0.001, help="Of the stability index of a column.")] = 0.1,
    output: OutputOption = Output.table,
) -> None:
    """Show how far each column of a version moved from those of another, from both profiles."""
    from studiolo.studio.datasets.client import Datasets

    found = Datasets(transport(context)).drift(baseline, target, threshold)
    if output is Output.json:
        show(found, output=output)
        return
    show([_feature(one) for one in found.features], _FEATURE, output=output, empty="No column can be compared.")
    enough = found.why or ("no drift" if found.enough else "not enough rows to say anything")
    left = "".join(f"\nleft out {name}: {why}" for name, why in found.left_out.items())
    out.print(f"\n{found.baseline_rows:,} rows → {found.rows:,} rows: {enough}{left}", markup=False, highlight=False)


def _feature(one: FeatureDrift) -> dict[str, object]:
    def number(value: float | None) -> str:
        return "" if value is None else f"{value:.4g}"

    return {
        "name": one.name,
        "psi": number(one.psi),
        "floor": number(one.floor),
        "drifting": "yes" if one.drifting else "",
        "ks": number(one.ks),
        "wasserstein": number(one.wasserstein),
        "jensen_shannon": number(one.jensen_shannon),
        "missing": f"{one.missing_change:+.1%}" if one.missing_change else "",
        "new": ", ".join(one.new_categories[:3]),
        "contribution": number(one.contribution),
    }
