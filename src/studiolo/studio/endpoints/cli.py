"""`studiolo endpoints …`: models that answer over HTTP."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, err, out, show, transport
from studiolo.studio.endpoints.client import Endpoints
from studiolo.studio.endpoints.errors import DeploymentFailed
from studiolo.studio.endpoints.schemas import Endpoint

app = typer.Typer(help="Models that answer over HTTP: deploy, score, logs, keys.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the endpoint.")]


class Tier(StrEnum):
    """Form of the model that answers."""

    auto = "auto"
    compiled = "compiled"
    pyfunc = "pyfunc"


class KeyName(StrEnum):
    """Which of the two keys."""

    primary = "primary"
    secondary = "secondary"


class Kind(StrEnum):
    """Which log."""

    process = "process"
    requests = "requests"


@app.command()
def deploy(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="MODEL[:V]", help="Model version, e.g. titanic:1; else the newest.")],
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the endpoint; one that is there is replaced.")],
    wait: Annotated[bool, typer.Option("--wait", help="Return when it is live, or has failed.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Processes that answer.")] = 1,
    tier: Annotated[Tier, typer.Option(help="Form of the model; auto: the fastest that was proven equal.")] = Tier.auto,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of a new endpoint; 0 takes a free one.")] = 0,
    accept_risk: Annotated[
        bool, typer.Option("--accept-risk", help="Deploy also what could run a stranger's code while it is loaded.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Longest wait, in seconds.")] = 300,
    output: OutputOption = Output.table,
) -> None:
    """Deploy a model version; the one before it serves until the new one answers."""
    endpoints = _endpoints(context)
    made = endpoints.deploy(model, name, workers=workers, tier=tier.value, port=port, accept_risk=accept_risk)
    found: Endpoint = made
    if wait:
        assert made.latest is not None
        try:
            with err.status(f"Deploying {made.latest.model}:{made.latest.version} …"):
                found = endpoints.wait(name, made.latest.number, timeout)
        except DeploymentFailed as error:
            if trace := error.extra.get("traceback"):
                err.print(trace, markup=False, highlight=False)
            raise
    if output is Output.json:
        show(
            {**found.model_dump(mode="json"), "keys": [key.model_dump(mode="json") for key in made.keys]}, output=output
        )
        return
    _print(found)
    for key in made.keys:
        out.print(f"{key.name} key  {key.key}", markup=False, highlight=False)
    if made.keys:
        out.print("The keys are shown this once. Send one as: Authorization: Bearer KEY", markup=False)


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List endpoints by name."""
    found = _endpoints(context).list()
    if output is Output.json:
        show(found, output=output)
        return
    rows = [_row(endpoint) for endpoint in found]
    show(
        rows,
        ("name", "state", "model", "tier", "url"),
        empty="No endpoints yet: studiolo endpoints deploy MODEL -n NAME",
    )


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show an endpoint: what answers, how fast, and what was deployed before."""
    endpoints = _endpoints(context)
    found = endpoints.get(name)
    if output is Output.json:
        show(found, output=output)
        return
    _print(found)
    stats = endpoints.stats(name)
    if stats.p50 is not None:
        out.print(
            f"last minute  {stats.rate:.1f} requests/s, p50 {stats.p50:.2f} ms, p95 {stats.p95:.2f} ms, p99 {stats.p99:.2f} ms"
        )
    out.print(f"requests  {stats.requests}, {stats.errors} errors")
    rows = [
        item.model_dump(mode="json") | {"model": f"{item.model}:{item.version}"} for item in endpoints.deployments(name)
    ]
    show(rows, ("number", "model", "state", "tier", "live_at", "message"))


@app.command()
def score(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="JSON: rows, or a whole body; - reads stdin.")
    ] = None,
    output: OutputOption = Output.json,
) -> None:
    """Predict rows of a file; without a file the sample that the model brought."""
    endpoints = _endpoints(context)
    rows = endpoints.sample(name).rows if file is None else _read(file)
    found = endpoints.score(name, rows)
    if output is Output.json:
        show(found, output=output)
        return
    chances = found.get("probabilities") or [{} for _ in found["predictions"]]
    show([{"prediction": label, **chance} for label, chance in zip(found["predictions"], chances, strict=False)])


@app.command()
def logs(
    context: typer.Context,
    name: Name,
    kind: Annotated[Kind, typer.Option(help="process: what the scorer wrote; requests: one line each.")] = Kind.process,
    deployment: Annotated[int | None, typer.Option(min=1, help="Its number; else the newest.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-l", min=1, max=5000, help="How many of the last lines.")] = 200,
    output: OutputOption = Output.table,
) -> None:
    """Print the end of a log, tracebacks included."""
    found = _endpoints(context).log(name, kind.value, deployment, lines)
    if output is Output.json:
        show(found, output=output)
        return
    sys.stdout.write(f"{found.text}\n" if found.text else "")


@app.command()
def keys(
    context: typer.Context,
    name: Name,
    regenerate: Annotated[
        KeyName | None, typer.Option(help="Replace this key; the new one is printed this once.")
    ] = None,
    output: OutputOption = Output.table,
) -> None:
    """List the two keys of an endpoint, or replace one."""
    endpoints = _endpoints(context)
    if regenerate is None:
        show(endpoints.keys(name), ("name", "hint", "created_at"), output=output)
        return
    made = endpoints.regenerate_key(name, regenerate.value)
    if output is Output.json:
        show(made, output=output)
        return
    out.print(made.key, markup=False, highlight=False)


@app.command()
def stats(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show request rate, durations in milliseconds and errors."""
    columns = ("requests", "errors", "statuses", "rate", "p50", "p95", "p99")
    show(_endpoints(context).stats(name), columns, output=output)


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    wait: Annotated[bool, typer.Option("--wait", help="Return when nothing of it is left.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Stop an endpoint and remove it."""
    show(_row(_endpoints(context).delete(name, wait=wait)), ("name", "state"), output=output)


def _endpoints(context: typer.Context) -> Endpoints:
    return Endpoints(transport(context))


def _row(endpoint: Endpoint) -> dict[str, Any]:
    shown = endpoint.live or endpoint.latest
    return {
        "name": endpoint.name,
        "state": endpoint.state,
        "model": f"{shown.model}:{shown.version}" if shown else "",
        "tier": shown.tier if shown else None,
        "url": endpoint.url,
    }


def _print(endpoint: Endpoint) -> None:
    row = _row(endpoint)
    show(row, tuple(row))
    if endpoint.live:
        out.print(f"why    {endpoint.live.why}", markup=False, highlight=False)
    latest = endpoint.latest
    if latest and latest.failure:
        out.print(f"deployment {latest.number} {latest.state}: {latest.failure.error}", markup=False, highlight=False)


def _read(path: Path) -> Any:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.", field="--file") from None
    except ValueError as error:
        raise Invalid(f"{path} is not JSON: {error}.", "Write a list of rows as objects.", field="--file") from None
