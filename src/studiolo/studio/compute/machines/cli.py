"""The commands of attached machines, among those of `studiolo compute`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.terminal import Output, OutputOption, out, show, transport, warn
from studiolo.studio.compute.machines.client import Machines
from studiolo.studio.compute.machines.definitions import load, made, read_key
from studiolo.studio.compute.machines.schemas import MachineCheck

app = typer.Typer()
Name = Annotated[str, typer.Argument(help="Name of the machine.")]
Host = Annotated[str | None, typer.Option(help="Name or address of the machine.")]
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="Where it listens: 22 by default, of a Spark 15002, of a Databricks 443."),
]
User = Annotated[str | None, typer.Option(help="The account that jobs run in.")]
HostKey = Annotated[str | None, typer.Option("--host-key", help="SHA256:… or a line of known_hosts.")]
Folder = Annotated[str | None, typer.Option(help="Where everything of the studio is there.")]
Python = Annotated[str | None, typer.Option(help="Its Python, 3.10 or newer; python3 by default.")]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="File of a private key; it is sealed.")]
Passphrase = Annotated[str | None, typer.Option("--passphrase-env", help="Variable with the passphrase of the key.")]
Password = Annotated[str | None, typer.Option("--password-env", help="Variable with a password, instead of a key.")]
Kubeconfig = Annotated[
    Path | None, typer.Option("--kubeconfig", help="File of a kubeconfig, for a Kubernetes; it is sealed.")
]
Token = Annotated[str | None, typer.Option("--token-env", help="Variable with a token, for kinds that take one.")]
Cores = Annotated[int | None, typer.Option(min=1, help="Cores for jobs, where less than there are.")]
Memory = Annotated[float | None, typer.Option(min=0.01, help="GiB for jobs, where less than there are.")]
Setting = Annotated[
    list[str] | None, typer.Option("--set", help="A setting of its kind: partition=gpu; may be repeated.")
]
Description = Annotated[str | None, typer.Option(help="What it is for.")]
COLUMNS = ("name", "kind", "state", "host", "user", "cores", "cores_free", "memory_bytes", "description")


@app.command("machines")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the attached machines."""
    empty = "No machine is attached. Attach one: studiolo compute attach box --host … --user … --key-file …"
    show(Machines(transport(context)).list(), COLUMNS, output=output, empty=empty)


@app.command("machine")
def get(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show an attached machine and what runs on it."""
    found = Machines(transport(context)).get(name)
    show(found, COLUMNS, output=output)
    if output is Output.table:
        if found.silent_reason:
            out.print(f"does not answer: {found.silent_reason}", markup=False, highlight=False)
        for job in found.jobs:
            why = f", {job.waits_for}" if job.waits_for else ""
            cores = "1 core" if job.cores == 1 else f"{job.cores} cores"
            out.print(f"{job.title} ({job.run_id}): {cores}{why}", markup=False, highlight=False)


@app.command("machine-nodes")
def nodes(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """List the nodes of a machine that has some, such as a Slurm or a Ray, as they are now."""
    columns = ("name", "partition", "state", "cores", "cores_free", "memory_bytes", "gpus", "load", "reason")
    show(
        Machines(transport(context)).nodes(name),
        columns,
        output=output,
        empty="It tells of no nodes: a Slurm, a Ray and a Kubernetes do.",
    )


@app.command("attach")
def attach(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Name; of a file that has one it may be left out.")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="YAML, also Azure ML's virtualmachine.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="ssh, spark, databricks, kubernetes, slurm or ray (the last two without a host: on the studio's own machine)."
        ),
    ] = None,
    setting: Setting = None,
    host: Host = None,
    port: Port = None,
    user: User = None,
    host_key: HostKey = None,
    folder: Folder = None,
    python: Python = None,
    key_file: KeyFile = None,
    passphrase_env: Passphrase = None,
    password_env: Password = None,
    kubeconfig: Kubeconfig = None,
    token_env: Token = None,
    cores: Cores = None,
    memory: Memory = None,
    description: Description = None,
    output: OutputOption = Output.table,
) -> None:
    """Attach a machine by SSH, a Slurm, a Ray, a Kubernetes, a Databricks, or a Spark by Spark Connect; options go before what the file says."""
    values: dict[str, Any] = {"credentials": {}}
    if file is not None:
        spec, notes = load(file)
        values = spec.model_dump()
        for note in notes:
            warn(note)
    given = _given(name, host, port, user, host_key, folder, python, cores, memory, description)
    given |= {"kind": kind} if kind else {}
    if setting:
        given["settings"] = {**values.get("settings", {}), **_settings(setting)}
    if credentials := _credentials(key_file, passphrase_env, password_env, kubeconfig, token_env):
        given["credentials"] = credentials
    client = Machines(transport(context))
    found = client.attach_from(made({**values, **given}))
    show(found, COLUMNS, output=output)
    if found.check is not None and not found.check.ok:
        warn(f"{found.check.cause} {found.check.hint}")


@app.command("machine-update")
def update(
    context: typer.Context,
    name: Name,
    host: Host = None,
    port: Port = None,
    user: User = None,
    host_key: HostKey = None,
    folder: Folder = None,
    python: Python = None,
    key_file: KeyFile = None,
    passphrase_env: Passphrase = None,
    password_env: Password = None,
    kubeconfig: Kubeconfig = None,
    token_env: Token = None,
    cores: Cores = None,
    memory: Memory = None,
    description: Description = None,
    setting: Setting = None,
    output: OutputOption = Output.table,
) -> None:
    """Change a machine; where it is and who signs in only together with the credentials."""
    given = _given(None, host, port, user, host_key, folder, python, cores, memory, description)
    if credentials := _credentials(key_file, passphrase_env, password_env, kubeconfig, token_env):
        given["credentials"] = credentials
    client = Machines(transport(context))
    if setting:
        given["settings"] = {**client.get(name).settings, **_settings(setting)}
    found = client.update(name, **given)
    check = None
    if found.check is None and found.state == "new":  # it is another place now, and takes no jobs before it was reached
        check = client.check(name)
        found = client.get(name)
    show(found, COLUMNS, output=output)
    if check is not None and not check.ok:
        warn(f"{check.cause} {check.hint}")


@app.command("check")
def check(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Try to reach a machine; its cores and memory are measured anew. Ends with code 1 when it does not answer."""
    found = Machines(transport(context)).check(name)
    _tell(found, output)


@app.command("detach")
def detach(
    context: typer.Context,
    name: Name,
    force: Annotated[
        bool, typer.Option("--force", help="Also while jobs run on it: they are recorded as lost.")
    ] = False,
) -> None:
    """Forget a machine and its credentials; nothing on it is deleted."""
    Machines(transport(context)).detach(name, force=force)
    out.print(f"Detached {name}; nothing on it was deleted.", markup=False)


def _tell(found: MachineCheck, output: Output) -> None:
    if output is Output.json:
        show(found, output=output)
    elif found.ok:
        show(found, ("host", "system", "python", "cores", "memory_bytes", "milliseconds"), output=output)
    else:
        warn(f"{found.cause} {found.hint}")
    if not found.ok:
        raise typer.Exit(1)


def _given(
    name: str | None,
    host: str | None,
    port: int | None,
    user: str | None,
    host_key: str | None,
    folder: str | None,
    python: str | None,
    cores: int | None,
    memory: float | None,
    description: str | None,
) -> dict[str, Any]:
    values = {"name": name, "host": host, "port": port, "user": user, "host_key": host_key, "folder": folder}
    values |= {"python": python, "cores": cores, "description": description}
    values |= {"memory_bytes": int(memory * 2**30) if memory else None}
    return {key: value for key, value in values.items() if value is not None}


_LISTS = ("options", "node_selector", "tolerations", "pull_secrets", "libraries")


def _settings(given: list[str]) -> dict[str, Any]:
    """Return settings; what is given several times is a list."""
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise typer.BadParameter(f"'{text}' has no =; write name=value.", param_hint="--set")
        if name not in found:
            found[name] = [value] if name in _LISTS else value
        else:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
    return found


def _credentials(
    key_file: Path | None,
    passphrase_env: str | None,
    password_env: str | None,
    kubeconfig: Path | None,
    token_env: str | None,
) -> dict[str, str]:
    found = {}
    if kubeconfig is not None:
        found["kubeconfig"] = read_key(kubeconfig.expanduser(), "--kubeconfig")
    if key_file is not None:
        found["private_key"] = read_key(key_file.expanduser(), "--key-file")
    for field, variable in (("passphrase", passphrase_env), ("password", password_env), ("token", token_env)):
        if variable is not None:
            if not os.environ.get(variable):
                raise typer.BadParameter(f"The variable {variable} is empty.", param_hint=f"--{field}-env")
            found[field] = os.environ[variable]
    return found
