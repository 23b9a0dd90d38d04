"""`studiolo pipelines …`: submit pipelines, look at their steps, run them once more; components."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.terminal import Output, OutputOption, out, show, transport, warn
from studiolo.studio.experiments import cli as experiments_cli
from studiolo.studio.experiments.cli import places_of
from studiolo.studio.experiments.job_files import document
from studiolo.studio.experiments.job_files.kinds import kind_of
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.pipelines.client import PipelineFailed, Pipelines
from studiolo.studio.pipelines.drafts import cli as drafts
from studiolo.studio.pipelines.published import cli as published

app = typer.Typer(help="Pipelines: steps that are jobs, joined by what they read and write.", no_args_is_help=True)
components = typer.Typer(help="Components: what steps run, registered with versions.", no_args_is_help=True)
app.add_typer(components, name="components")
app.add_typer(drafts.app, name="drafts")
app.add_typer(published.app, name="published")

RunId = Annotated[str, typer.Argument(help="Id of the pipeline's run.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="Another value for a key: inputs.rate=0.1; may be repeated.")
]
Places = Annotated[
    list[str] | None,
    typer.Option("--map-url", help="A folder here for the beginning of an address: PREFIX=DIR; may be repeated."),
]
_STEPS = ("path", "kind", "state", "seconds", "outcome", "error")


@app.command("submit")
def submit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Pipeline: YAML of Azure ML v2.")],
    change: Changes = None,
    place: Places = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is wrong with it, and queue nothing.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", "--stream", help="Tell of each step, until the pipeline has ended.")
    ] = False,
    output: OutputOption = Output.table,
) -> None:
    """Submit a pipeline from a YAML file; code and local inputs are sent along."""
    pipelines = Pipelines(transport(context))
    if check:
        found = pipelines.check_file(file, change or (), places_of(place or ()))
        for warning in found.warnings if output is not Output.json else ():
            warn(warning)
        shown: Any = found if output is Output.json else found.problems
        show(
            shown,
            ("step", "field", "message", "hint"),
            output=output,
            empty=f"Nothing is wrong. {' → '.join(found.order)}",
        )
        if found.problems:
            raise typer.Exit(1)
        return
    run, warnings = pipelines.submit_file(file, change or (), places_of(place or ()))
    for warning in warnings:
        warn(warning)
    _follow(pipelines, run.run.id, wait=wait, output=output)


def submit_any(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Job: YAML of Azure ML v2, of a command, a sweep or a pipeline.")],
    change: Changes = None,
    place: Places = None,
    wait: Annotated[
        bool,
        typer.Option("--stream", "--wait", help="Print the log, or tell of each step, until it has ended."),
    ] = False,
    output: OutputOption = Output.table,
) -> None:
    """Submit a job from a YAML file; its code and local inputs are sent along."""
    if kind_of(document.read(file)) == "pipeline":
        submit(context, file, change, place, wait=wait, output=output)
    else:
        experiments_cli.submit(context, file, change, place, wait=wait, output=output)


def _follow(pipelines: Pipelines, run_id: str, *, wait: bool, output: Output) -> None:
    """Show a run, after its end when that is wanted; steps are told of as they change."""
    told: dict[str, str] = {}
    seen = pipelines.watch(run_id)
    found = next(seen)
    while wait:
        if output is not Output.json:
            for step in pipelines.steps(run_id):
                if step.state in TERMINAL and told.get(step.path) != step.state:
                    told[step.path] = step.state
                    more = f"  {step.error}" if step.error else ""
                    out.print(
                        f"{step.path:<30} {step.state:<10} {step.seconds or 0:7.2f} s{more}",
                        markup=False,
                        highlight=False,
                    )
        if found.run.state in TERMINAL:
            break
        found = next(seen)
    show(_row(found), output=output)
    if wait and found.run.state != "Completed":
        raise PipelineFailed(found)


def _row(found: Any) -> dict[str, Any]:
    """Return a run as a line."""
    run, counts = found.run, found.counts
    done = counts.completed + counts.reused + counts.failed + counts.skipped + counts.canceled
    return {
        "id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "state": run.state,
        "steps": f"{done}/{counts.total}",
        "reused": counts.reused,
        "failed": counts.failed,
        "seconds": None if found.seconds is None else round(found.seconds, 3),
        "created_at": run.created_at.isoformat(),
        "user": run.user,
        "error": run.error,
    }


@app.command("list")
def list_(
    context: typer.Context,
    experiment: Annotated[str | None, typer.Option(help="Only those of this experiment.")] = None,
    name: Annotated[str | None, typer.Option(help="Only those with this in their name.")] = None,
    state: Annotated[str | None, typer.Option(help="Only those in this state, such as Running.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    output: OutputOption = Output.table,
) -> None:
    """List pipelines that were submitted, newest first."""
    found = Pipelines(transport(context)).list(experiment=experiment, name=name, state=state, limit=limit)
    rows = [_row(one) | {"cost": one.cost} for one in found]
    priced = ("cost",) if any(one.cost is not None for one in found) else ()
    counted = ("steps", "reused", "failed", "seconds")
    columns = ("id", "name", "experiment", "state", *counted, *priced, "created_at", "user")
    show(rows, columns, output=output, empty="No pipelines yet. Submit one: studiolo pipelines submit pipeline.yml")


@app.command("show")
def show_(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """Show a pipeline's run."""
    pipelines = Pipelines(transport(context))
    found = pipelines.get(run)
    if output is Output.json:
        show(found, output=output)
        return
    cost = pipelines.cost(run)
    show(_row(found) | ({"cost": f"{cost:.4f}"} if cost else {}), output=output)


@app.command("steps")
def steps(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """List the steps of a pipeline, those of nested ones too."""
    show(Pipelines(transport(context)).steps(run), _STEPS, output=output, empty="It has no steps yet.")


@app.command("step")
def step(
    context: typer.Context,
    run: RunId,
    path: Annotated[str, typer.Argument(help="Path of the step, such as train or each/3/fit.")],
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Re-enter it here: a folder with its inputs and code, and a script that runs it."),
    ] = False,
    into: Annotated[Path | None, typer.Option(help="Folder for --debug; debug-<step> when left out.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Show a step: what it was given, what it made, and why an earlier result was or was not taken."""
    pipelines = Pipelines(transport(context))
    if debug:
        script = pipelines.debug(run, path, into)
        show({"folder": str(script.parent), "script": str(script), "command": script.read_text("utf-8")}, output=output)
        return
    found = pipelines.step(run, path)
    if output is Output.json:
        show(found, output=output)
        return
    state = found.state
    shown = {
        "path": state.path,
        "state": state.state,
        "run": state.run_id,
        "seconds": state.seconds,
        "error": state.error,
    }
    shown |= {f"input {one.name}": one.label for one in found.inputs}
    shown |= {f"output {name}": _content(one) for name, one in found.outputs.items()}
    if found.reuse:
        shown |= {"reuse": found.reuse.outcome, "why": found.reuse.text, "origin": found.reuse.origin_run_id}
    show(shown, output=output)


def _content(found: Any) -> str:
    return str(found.value) if found.value is not None else f"{found.files} files, {found.bytes:,} bytes"


@app.command("cancel")
def cancel(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """Ask a pipeline to stop: its jobs are ended, its other steps do not start."""
    show(_row(Pipelines(transport(context)).cancel(run)), ("id", "name", "state", "steps"), output=output)


@app.command("rerun")
def rerun(
    context: typer.Context,
    run: RunId,
    from_failed: Annotated[bool, typer.Option("--from-failed", help="Take over the steps that ended well.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Take no earlier result.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Tell of each step, until the pipeline has ended.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Run a pipeline once more, as a new run."""
    pipelines = Pipelines(transport(context))
    again = pipelines.rerun(run, from_failed=from_failed, force=True if force else None)
    _follow(pipelines, again.run.id, wait=wait, output=output)


_COLUMNS = ("name", "version", "kind", "versions", "description", "created_at", "created_by")
Reference = Annotated[str, typer.Argument(help="Name of the component, or name:version.")]


@components.command("list")
def list_components(
    context: typer.Context,
    archived: Annotated[bool, typer.Option("--archived", help="Those that were archived.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List components, the newest version of each."""
    found = Pipelines(transport(context)).components.list(archived=archived or None)
    show(found, _COLUMNS, output=output, empty="No components yet. Register one: studiolo apply -f component.yml")


@components.command("show")
def show_component(context: typer.Context, component: Reference, output: OutputOption = Output.table) -> None:
    """Show a component: its interface and what it runs."""
    show(Pipelines(transport(context)).components.get(component), output=output)


@components.command("versions")
def versions(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the component.")],
    output: OutputOption = Output.table,
) -> None:
    """List the versions of a component, newest first."""
    show(
        Pipelines(transport(context)).components.versions(name),
        ("version", "latest", "archived", *_COLUMNS[4:]),
        output=output,
    )


@components.command("register")
def register(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Component: YAML of Azure ML v2.")],
    place: Places = None,
    output: OutputOption = Output.table,
) -> None:
    """Register a component from a YAML file; the same content again is the same version."""
    from studiolo.studio.pipelines.files import reading

    made, warnings = Pipelines(transport(context)).components.register_raw(
        reading.read(file), file, places_of(place or ())
    )
    for warning in warnings:
        warn(warning)
    show(made, ("reference", "kind", "description"), output=output)


@components.command("archive")
def archive(
    context: typer.Context,
    component: Reference,
    restore: Annotated[bool, typer.Option("--restore", help="Take it back into the lists.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Put a component, or one version of it, out of the lists; pipelines that name it still find it."""
    show(
        Pipelines(transport(context)).components.archive(component, archived=not restore),
        ("reference", "archived"),
        output=output,
    )


root_commands = {"submit": submit_any}
