"""`studiolo pipelines drafts …`: pipelines that are kept until somebody submits them."""

from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.pipelines.client import Pipelines
from studiolo.studio.pipelines.drafts.client import Drafts

app = typer.Typer(help="Drafts: pipelines that are kept until somebody submits them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the draft.")]
_COLUMNS = ("name", "steps", "updated_at", "updated_by", "run_id", "description")


def _drafts(context: typer.Context) -> Drafts:
    return Pipelines(transport(context)).drafts


@app.command("save")
def save(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name to keep it under.")],
    pipeline: Annotated[
        str, typer.Argument(help="Pipeline: YAML of Azure ML v2, or the id of a run whose like it is.")
    ],
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a draft of this name.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Keep a pipeline as a draft; its code and local inputs are sent along."""
    made = _drafts(context).save(name, pipeline, description=description, replace=replace)
    show(made if output is Output.json else made.model_dump(mode="json", include=set(_COLUMNS)), output=output)


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List drafts by name."""
    empty = "There is no draft yet. Keep one: studiolo pipelines drafts save NAME pipeline.yml"
    show(_drafts(context).list(), _COLUMNS, output=output, empty=empty)


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show a draft: its steps, and who changed it; all that it holds with `-o json`."""
    found = _drafts(context).get(name)
    if output is Output.json:
        show(found, output=output)
        return
    shown = found.model_dump(mode="json", include={*_COLUMNS, "created_at", "created_by", "version"})
    steps = found.spec.graph.steps if found.spec else {}
    show(shown | {"steps": ", ".join(steps) or "its file cannot be read yet"}, output=output)


@app.command("submit")
def submit(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Submit a draft, which stays."""
    made = _drafts(context).submit(name)
    shown = {"id": made.run.id, "name": made.run.name, "state": made.run.state, "steps": made.counts.total}
    show(made if output is Output.json else shown, output=output)


@app.command("delete")
def delete(context: typer.Context, name: Name) -> None:
    """Remove a draft; what was submitted of it stays."""
    _drafts(context).delete(name)
