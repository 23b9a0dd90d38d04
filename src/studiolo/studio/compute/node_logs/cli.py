"""The command of logs of nodes, among those of `studiolo compute`."""

import sys
from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.compute.node_logs.client import NodeLogs

app = typer.Typer()


@app.command("logs")
def logs(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of a cluster or of an attached machine.")],
    node: Annotated[
        str | None,
        typer.Option(
            help="Number of a node of the cluster, or name of a node of an attached Slurm; may be left out when there is one."
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it is written, until Ctrl+C.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Show what happened to a node: asked for, brought up, what its programs printed, jobs, idle, taken down, errors.

    Without --node a cluster with several nodes lists the logs there are, also of nodes that have gone.
    """
    found = NodeLogs(transport(context))
    if node is None:
        there = found.list(name)
        if len(there) != 1 and there[:1] != [one for one in there if one.node == name]:
            show(there, ("node", "up", "size", "updated_at"), output=output, empty="It has had no node so far.")
            return
        node = there[0].node  # of a machine with nodes of its own, that of the machine
    if output is Output.json:
        show(found.read(name, node), output=output)
        return
    pieces = found.follow(name, node) if follow else [found.text(name, node)]
    for text in pieces:
        sys.stdout.write(text)
        sys.stdout.flush()
