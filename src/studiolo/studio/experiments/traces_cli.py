"""`studiolo experiments traces …`."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.experiments.trace_schemas import Span, Trace
from studiolo.studio.experiments.traces_client import Traces

app = typer.Typer(help="What requests to models and agents did, step by step.", no_args_is_help=True)
_COLUMNS = ("id", "name", "state", "started_at", "duration_ms", "total_tokens", "spans", "request")


@app.command("list")
def list_(
    context: typer.Context,
    experiment: Annotated[str | None, typer.Option(help="Name or id of an experiment.")] = None,
    run: Annotated[str | None, typer.Option(help="Id of a run.")] = None,
    filter: Annotated[str, typer.Option(help="MLflow's filter, such as \"status = 'ERROR'\".")] = "",  # noqa: A002
    text: Annotated[str, typer.Option(help="Words in name, request or response.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 20,
    output: OutputOption = Output.table,
) -> None:
    """List traces, newest first."""
    found = Traces(transport(context)).search(experiment=experiment, run_id=run, filter=filter, text=text, limit=limit)
    show(found, _COLUMNS, output=output)


@app.command("show")
def show_(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of the trace.")],  # noqa: A002 - what the user calls it
    output: OutputOption = Output.table,
) -> None:
    """Show a trace as a tree of its spans."""
    found = Traces(transport(context)).get(id)
    if output is Output.json:
        show(found, output=output)
        return
    out.print(_tree(found))


@app.command()
def tag(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of the trace.")],  # noqa: A002 - what the user calls it
    tags: Annotated[list[str], typer.Argument(help="key=value; key alone with --remove.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove these tags.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Write or remove tags of a trace."""
    changes: dict[str, str | None] = {}
    for item in tags:
        key, sign, value = item.partition("=")
        if not remove and not sign:
            raise Invalid(f"'{item}' is no tag.", "Write key=value.", field="tags")
        changes[key] = None if remove else value
    show(Traces(transport(context)).tag(id, changes), ("id", "name", "tags"), output=output)


@app.command()
def delete(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(help="Ids of traces.")],
    output: OutputOption = Output.table,
) -> None:
    """Delete traces for good."""
    show({"deleted": Traces(transport(context)).delete(*ids)}, output=output)


def _tree(trace: Trace) -> Tree:
    """Draw the spans below each other; those whose parent is not here stand at the top."""
    duration = f"{trace.duration_ms} ms" if trace.duration_ms is not None else "not ended"
    root = Tree(f"[bold]{escape(trace.name or trace.id)}[/bold]  {trace.state}  {duration}")
    branches: dict[str | None, Tree] = {None: root}
    waiting = list(trace.steps)
    known = {span.id for span in waiting}
    while waiting:
        placed = [span for span in waiting if span.parent in branches or span.parent not in known]
        for span in placed or waiting[:1]:  # a circle is broken at its first
            branches[span.id] = branches.get(span.parent, root).add(_line(span))
            waiting.remove(span)
    return root


def _line(span: Span) -> str:
    took = f"{span.duration_ms:.1f} ms" if span.duration_ms is not None else "not ended"
    failed = "  [red]ERROR[/red]" if span.status == "ERROR" else ""
    kind = f" ({escape(span.type)})" if span.type else ""
    return f"{escape(span.name)}{kind}  {took}{failed}"
