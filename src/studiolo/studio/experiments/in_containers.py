"""Jobs in container images on this machine: what may run so, and how the engine is told."""

import os
import shlex
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.runner import ranks
from studiolo.runner.containers import CLIENTS
from studiolo.runner.launch import Order
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments import building, engines
from studiolo.studio.experiments.environments import service as environments
from studiolo.studio.experiments.environments.errors import NoEngine
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import JobSpec

_HERE = ("STUDIOLO_HOME", "VIRTUAL_ENV")  # means something outside of the image alone
_GPUS = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")


def check(ctx: Context, job: JobSpec) -> None:
    """Refuse what cannot run in an image here; raises BadJob."""
    chosen = job.context.get("environment")
    if not chosen or not chosen.get("container"):
        return
    if job.kind != "command" or job.sweep is not None or job.warm:
        what = "A warm job" if job.warm else f"A job of kind {job.kind}"
        raise BadJob(
            f"{what} needs the studio's own Python, and {chosen['reference']} is a container image.",
            "Run a plain command in it, or describe the packages instead of an image.",
            field="environment",
        )
    try:
        engines.here(ctx.settings)
    except NoEngine as error:
        raise BadJob(
            f"{chosen['reference']} is a container image. {error.detail}",
            "Start Docker or Podman on the studio's machine.",
            field="environment",
        ) from None


def plan(ctx: Context, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return what brings the image; raises NoEngine."""
    engine = engines.here(ctx.settings, fresh=True)
    about = {"program": engine.program, "kind": engine.kind, "network": ctx.settings.container_network}
    return {**chosen["container"], **about}


def enter(ctx: Context, claim: Claim, place: Path, order: Order) -> None:
    """Let an order run in its image; raises NoEngine."""
    engine, spec = engines.here(ctx.settings), claim.spec
    env, inherited = dict(order["env"]), {*order["inherited"]}
    own = {*spec.env}
    gpus = [word for word in env.get(_GPUS[0], "").split(",") if word]
    for name in {*_HERE, *(_GPUS if gpus else ())} - own:
        env.pop(name, None)  # in the container its GPUs are all there is, counted from 0
    if "PIP_TARGET" in env:
        env["PYTHONPATH"] = str(place / "packages")
    names = [name for name in env if name not in inherited and (name in own or name != "PATH")]
    literal = {name: env[name] for name in names if name.startswith(CLIENTS)}
    literal = {"HOME": "/tmp", **literal}  # noqa: S108 - of the container, whose account has no home in it
    client = {name: value for name, value in env.items() if name not in literal}
    client |= {name: value for name, value in os.environ.items() if name.startswith(CLIENTS)}
    order["env"] = client
    order["argv"] = [
        "python3" if word == order["argv"][0] and ranks.__file__ in order["argv"] else word for word in order["argv"]
    ]
    order["container"] = {
        "program": engine.program,
        "memory": engine.memory,
        "cpus": engine.cpus,
        "names": [name for name in names if name not in literal],
        "literal": literal,
        "read": [str(Path(ranks.__file__).parent)] if ranks.__file__ in order["argv"] else [],
        "options": [*_options(engine, gpus), *_network(ctx), *shlex.split(ctx.settings.container_options)],
        "ready": str(environments.folder(ctx) / spec.context["environment"]["hash"] / building.READY),
    }


def _options(engine: engines.Engine, gpus: list[str]) -> list[str]:
    """Return the account, the first process, and the GPUs."""
    account = f"--user={os.getuid()}:{os.getgid()}"
    if engine.rootless and engine.kind == "podman":
        found = ["--userns=keep-id", account]
    else:
        found = [
            "--user=0:0" if engine.rootless else account
        ]  # of a rootless docker, root in the container is this account
    found += ["--init"] if engine.init else []
    if gpus and engine.kind == "podman":
        return [*found, *(f"--device=nvidia.com/gpu={number}" for number in gpus)]
    return [*found, f'--gpus="device={",".join(gpus)}"'] if gpus else found


def _network(ctx: Context) -> list[str]:
    return [f"--network={ctx.settings.container_network}"] if ctx.settings.container_network else []
