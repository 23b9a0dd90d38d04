"""`studiolo compute …`: where jobs run."""

from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.compute.client import Computes
from studiolo.studio.compute.clusters import cli as clusters
from studiolo.studio.compute.machines import cli as machines
from studiolo.studio.compute.node_logs import cli as node_logs

app = typer.Typer(help="Where jobs run: cores, memory, what runs.", no_args_is_help=True)
app.add_typer(clusters.app)
app.add_typer(machines.app)
app.add_typer(node_logs.app)

Name = Annotated[str, typer.Argument(help="Name of the compute.")]


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the places where jobs run: this machine, clusters and what is attached. JSON has this machine alone."""
    client = Computes(transport(context))
    if output is Output.json:
        show(client.list(), output=output)
        return
    rows = [
        {"name": one.name, "kind": "this machine", "state": "ready", "cores": one.cores, "jobs": len(one.holdings)}
        for one in client.list()
    ]
    for cluster in client.clusters.list():
        state = f"{cluster.nodes_up} of {cluster.max_nodes} nodes up" if cluster.max_nodes else "stopped"
        cores = cluster.cores * cluster.max_nodes
        rows.append(
            {"name": cluster.name, "kind": "cluster", "state": state, "cores": cores, "jobs": cluster.jobs_running}
        )
    rows += [
        {"name": it.name, "kind": it.kind, "state": it.state, "cores": it.cores or "", "jobs": len(it.jobs)}
        for it in client.machines.list()
    ]
    show(rows, ("name", "kind", "state", "cores", "jobs"), output=output)


@app.command("show")
def show_(context: typer.Context, name: Name = "local", output: OutputOption = Output.table) -> None:
    """Show a compute: its cores and memory, what runs on it, how limits are kept."""
    found = Computes(transport(context)).get(name)
    if output is Output.json:
        show(found, output=output)
        return
    out.print(f"{found.title} ({found.host})", markup=False)
    out.print(f"cores   {found.cores_free} of {found.cores} free (the machine has {found.machine_cores})", markup=False)
    out.print(
        f"memory  {found.memory_bytes / 2**30:.1f} GiB for jobs, {found.memory_used_bytes / 2**30:.1f} GiB in use"
    )
    for gpu in found.gpus:
        whose = f"{gpu.title} ({gpu.run_id})" if gpu.run_id else gpu.title or "free"
        size = f"{gpu.memory_bytes / 2**30:.0f} GiB"
        out.print(f"GPU {gpu.number}   {gpu.name}, {size}: {whose}", markup=False, highlight=False)
    show(
        found.holdings,
        ("title", "run_id", "cores", "gpus", "memory_bytes", "processes", "since"),
        empty="Nothing runs on it.",
    )
    for limit in found.limits:
        out.print(f"{limit.what}: {limit.how}", markup=False, highlight=False)
