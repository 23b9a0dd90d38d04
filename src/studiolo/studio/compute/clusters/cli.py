"""The commands of clusters, among those of `studiolo compute`."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from studiolo.kernel.terminal import Output, OutputOption, out, show, transport, warn
from studiolo.studio.compute.clusters.client import Clusters
from studiolo.studio.compute.clusters.definitions import load
from studiolo.studio.compute.clusters.schemas import ClusterCreate

app = typer.Typer()
Name = Annotated[str, typer.Argument(help="Name of the cluster.")]
Least = Annotated[int | None, typer.Option("--min-nodes", min=0, help="Nodes that never go.")]
Most = Annotated[int | None, typer.Option("--max-nodes", min=0, help="Nodes at most; 0 stops it.")]
Idle = Annotated[int | None, typer.Option("--idle-seconds", min=0, help="Idle for so long, a node goes.")]
Tier = Annotated[str | None, typer.Option("--tier", help="dedicated or low_priority.")]
Price = Annotated[float | None, typer.Option("--price", min=0, help="Price of a node for an hour.")]
Resume = Annotated[
    str | None, typer.Option(help="Program that brings a node up, with its arguments, run on the studio's machine.")
]
Suspend = Annotated[str | None, typer.Option(help="Program that takes a node down; run until it succeeds.")]
Key = Annotated[str | None, typer.Option(help="Secret of the vault with the private key that signs in to nodes.")]
User = Annotated[str | None, typer.Option(help="Who signs in to nodes, where the resume program does not say.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Where nodes listen for SSH, likewise.")]
HostKey = Annotated[
    str | None, typer.Option(help="SHA256:… or a line of known_hosts that nodes are known by, likewise.")
]
Folder = Annotated[str | None, typer.Option(help="Folder of the runner on nodes.")]
Python = Annotated[str | None, typer.Option(help="Python of nodes, 3.10 or newer.")]
Address = Annotated[
    str | None,
    typer.Option(
        help="Of the head of a Ray that is there, whose autoscaler brings nodes; --folder is one that they see."
    ),
]
Host = Annotated[str | None, typer.Option(help="One of its nodes, reached by SSH; left out: the studio's machine.")]
TokenFile = Annotated[str | None, typer.Option(help="File with the Ray's token, on its nodes.")]
ResumeSeconds = Annotated[int | None, typer.Option(min=1, help="Until a node answers.")]
SuspendSeconds = Annotated[int | None, typer.Option(min=1, help="That the suspend program has.")]
SilentSeconds = Annotated[int | None, typer.Option(min=1, help="A node that does not answer for so long is suspended.")]
COLUMNS = ("name", "title", "tier", "nodes_up", "min_nodes", "max_nodes", "jobs_running", "node_hours", "cost")


@app.command("clusters")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the training clusters."""
    empty = "No clusters yet. Make one: studiolo compute create cpu-cluster --max-nodes 2"
    show(Clusters(transport(context)).list(), COLUMNS, output=output, empty=empty)


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Name; of a file that has one it may be left out.")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="YAML, also Azure ML's amlcompute.")] = None,
    min_nodes: Least = None,
    max_nodes: Most = None,
    idle_seconds: Idle = None,
    tier: Tier = None,
    cores: Annotated[int | None, typer.Option(min=1, help="Cores of a node.")] = None,
    memory: Annotated[float | None, typer.Option(min=0.01, help="GiB of a node; else in proportion.")] = None,
    gpus: Annotated[int | None, typer.Option(min=0, help="GPUs of a node, of those of this machine.")] = None,
    price: Price = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    provider: Annotated[
        str | None,
        typer.Option(
            help="local: shares of this machine; ray: nodes of a Ray that is started on it; scripts: programs bring nodes up."
        ),
    ] = None,
    resume: Resume = None,
    suspend: Suspend = None,
    key: Key = None,
    user: User = None,
    port: Port = None,
    host_key: HostKey = None,
    folder: Folder = None,
    python: Python = None,
    resume_seconds: ResumeSeconds = None,
    suspend_seconds: SuspendSeconds = None,
    silent_seconds: SilentSeconds = None,
    address: Address = None,
    host: Host = None,
    token_file: TokenFile = None,
    output: OutputOption = Output.table,
) -> None:
    """Make a training cluster; options go before what the file says."""
    values: dict[str, object] = {}
    if file is not None:
        spec, notes = load(file)
        values = spec.model_dump()
        for note in notes:
            warn(note)
    given: dict[str, object] = {
        "name": name,
        "min_nodes": min_nodes,
        "max_nodes": max_nodes,
        "idle_seconds": idle_seconds,
        "tier": tier,
    }
    given |= {"cores": cores, "memory_bytes": int(memory * 2**30) if memory else None, "gpus": gpus}
    given |= {"price_per_hour": price, "description": description, "provider": provider}
    values |= _said(given)
    of_programs: dict[str, object] = {"resume": resume, "suspend": suspend, "key": key, "user": user, "port": port}
    of_programs |= {"host_key": host_key, "folder": folder, "python": python, "resume_seconds": resume_seconds}
    of_programs |= {"suspend_seconds": suspend_seconds, "silent_seconds": silent_seconds}
    if address or isinstance(values.get("ray"), dict):
        kept = values.get("ray")
        of_ray: dict[str, object] = {"address": address, "host": host, "token_file": token_file, "key": key}
        of_ray |= {"user": user, "port": port, "host_key": host_key, "folder": folder, "python": python}
        values |= {"provider": "ray", "ray": {**(kept if isinstance(kept, dict) else {}), **_said(of_ray)}}
    elif said := _said(of_programs):
        kept = values.get("scripts")
        values |= {"provider": "scripts", "scripts": {**(kept if isinstance(kept, dict) else {}), **said}}
    if "name" not in values:
        raise typer.BadParameter("Name the cluster, or a file that does.", param_hint="NAME")
    show(Clusters(transport(context)).create_from(_spec(values)), COLUMNS, output=output)


def _said(given: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in given.items() if value is not None}


def _spec(values: dict[str, object]) -> ClusterCreate:
    try:
        return ClusterCreate.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise typer.BadParameter(
            f"{field}: {first['msg'].removeprefix('Value error, ').rstrip('.')}.",
            param_hint=f"--{str(first['loc'][-1]).replace('_', '-')}",
        ) from None


@app.command("update")
def update(
    context: typer.Context,
    name: Name,
    min_nodes: Least = None,
    max_nodes: Most = None,
    idle_seconds: Idle = None,
    tier: Tier = None,
    price: Price = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    resume: Resume = None,
    suspend: Suspend = None,
    key: Key = None,
    user: User = None,
    port: Port = None,
    host_key: HostKey = None,
    folder: Folder = None,
    python: Python = None,
    resume_seconds: ResumeSeconds = None,
    suspend_seconds: SuspendSeconds = None,
    silent_seconds: SilentSeconds = None,
    output: OutputOption = Output.table,
) -> None:
    """Resize or change a cluster; no job is ended by it."""
    given: dict[str, object] = {
        "min_nodes": min_nodes,
        "max_nodes": max_nodes,
        "idle_seconds": idle_seconds,
        "tier": tier,
    }
    given |= {"price_per_hour": price, "description": description}
    of_programs: dict[str, object] = {"resume": resume, "suspend": suspend, "key": key, "user": user, "port": port}
    of_programs |= {"host_key": host_key, "folder": folder, "python": python, "resume_seconds": resume_seconds}
    of_programs |= {"suspend_seconds": suspend_seconds, "silent_seconds": silent_seconds}
    changes = _said(given)
    clusters = Clusters(transport(context))
    if said := _said(of_programs):
        kept = clusters.get(name).scripts
        changes["scripts"] = {**(kept.model_dump() if kept is not None else {}), **said}
    show(clusters.update(name, **changes), COLUMNS, output=output)


@app.command("nodes")
def nodes(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """List the nodes of a cluster that are up, and what runs on them."""
    cluster = Clusters(transport(context)).get(name)
    found = cluster.nodes
    where = ("host",) if cluster.provider != "local" else ()
    columns = ("number", "state", *where, "cores", "cores_free", "started_at", "idle_since")
    show(found, columns, output=output, empty="No node is up; they come when jobs wait.")
    if output is Output.table:
        if cluster.failed is not None:
            warn(f"node {cluster.failed.node}: {cluster.failed.said} {cluster.failed.output}".strip())
            warn(f"All of it: studiolo compute logs {name} --node {cluster.failed.node}")
        for node in found:
            if node.reason and (cluster.failed is None or node.reason != cluster.failed.said):
                warn(f"node {node.number}: {node.reason}")
            for job in node.jobs:
                out.print(f"node {node.number}: {job.title} ({job.run_id})", markup=False, highlight=False)


@app.command("usage")
def usage(
    context: typer.Context,
    name: Name,
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days back.")] = 7,
    output: OutputOption = Output.table,
) -> None:
    """Show hours and cost of a cluster by day."""
    found = Clusters(transport(context)).usage(name, days)
    if output is Output.json:
        show(found, output=output)
    else:
        show(found.days, ("day", "node_hours", "job_hours", "cost"), output=output)


@app.command("cost")
def cost(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(help="Id of a run.")],
    output: OutputOption = Output.table,
) -> None:
    """Show what a run has cost on clusters so far."""
    show(Clusters(transport(context)).cost(run_id), ("run_id", "hours", "cost"), output=output)


@app.command("delete")
def delete(context: typer.Context, name: Name) -> None:
    """Delete a cluster on which nothing runs; what runs have cost stays known."""
    Clusters(transport(context)).delete(name)
    out.print(f"Deleted {name}.", markup=False)
