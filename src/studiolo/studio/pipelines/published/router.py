"""Routes of published pipelines. A start, and the state of what it started, may also be asked for with a key of the pipeline."""

from typing import NamedTuple

from fastapi import APIRouter, Depends, Request

from studiolo.kernel.auth import repository as accounts
from studiolo.kernel.auth.actor import Actor
from studiolo.kernel.auth.request import bearer, context, services
from studiolo.kernel.auth.secrets import digest
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Unauthenticated
from studiolo.kernel.paging import Page
from studiolo.studio.pipelines.published import repository, service
from studiolo.studio.pipelines.published.errors import WrongKey
from studiolo.studio.pipelines.published.schemas import (
    MadeKey,
    Publish,
    Published,
    PublishedDetail,
    PublishedMade,
    PublishedPatch,
    PublishedRun,
    Slot,
    Start,
)

router = APIRouter(prefix="/published")


class Caller(NamedTuple):
    """Who calls: a member, or somebody with a key. by: as it is written down; slot: of the key."""

    ctx: Context
    by: str
    slot: Slot | None = None


def caller(request: Request) -> Caller:
    """Find out who calls a published pipeline: one of its keys, or a member. Raises Unauthenticated, WrongKey."""
    token = bearer(request) or ""
    if not token.startswith(f"{service.PREFIX}_"):
        ctx = context(request)
        ctx.actor.must("pipelines.write" if request.method == "POST" else "pipelines.read")
        return Caller(ctx, ctx.actor.name)
    have = services(request)
    with have.db.read() as tx:
        key = repository.key(tx, digest(token))
        workspace = accounts.workspace(tx, request.path_params["workspace"])
    if key is None:
        raise Unauthenticated("The key is not known here.", "It may have been made anew: see the pipeline's page.")
    if workspace is None or key.workspace_id != workspace.id or key.name != request.path_params["name"]:
        raise WrongKey
    actor = Actor(f"key:{key.published}"[:64], f"key of {key.name}", None, frozenset())
    ctx = Context(have.db, have.settings, have.blobs, have.clock, actor, workspace.id, workspace.name)
    return Caller(ctx, f"key {key.slot}", key.slot)


@router.get("")
def list_published(cursor: str | None = None, limit: int = 100, ctx: Context = Depends(context)) -> Page[Published]:
    """List published pipelines by name."""
    ctx.actor.must("pipelines.read")
    return service.list_(ctx, cursor, limit)


@router.post("", status_code=201)
def publish(given: Publish, ctx: Context = Depends(context)) -> PublishedMade:
    """Publish a pipeline: a new name, whose keys are shown this once, or the next version of one."""
    ctx.actor.must("pipelines.write")
    return service.publish(ctx, given)


@router.get("/{name}")
def get_published(name: str, ctx: Context = Depends(context)) -> PublishedDetail:
    """Return a published pipeline with its versions and keys."""
    ctx.actor.must("pipelines.read")
    return service.get(ctx, name)


@router.patch("/{name}")
def change_published(name: str, given: PublishedPatch, ctx: Context = Depends(context)) -> PublishedDetail:
    """Change a published pipeline: description, whether it starts anything, its default version."""
    ctx.actor.must("pipelines.write")
    return service.change(ctx, name, given)


@router.delete("/{name}", status_code=204)
def remove_published(name: str, ctx: Context = Depends(context)) -> None:
    """Remove a published pipeline; its runs stay. Refused while a schedule runs it."""
    ctx.actor.must("pipelines.write")
    service.remove(ctx, name)


@router.post("/{name}/keys/{slot}", status_code=201)
def rotate_key(name: str, slot: Slot, ctx: Context = Depends(context)) -> MadeKey:
    """Make a key anew; its text is shown this once, and the one before opens nothing any more."""
    ctx.actor.must("pipelines.write")
    return service.rotate(ctx, name, slot)


@router.post("/{name}/runs", status_code=201)
def start_published(name: str, asked: Start, who: Caller = Depends(caller)) -> PublishedRun:
    """Start a published pipeline, as a member or with one of its keys."""
    return service.start(who.ctx, name, asked, who.by, who.slot)


@router.get("/{name}/runs")
def list_published_runs(
    name: str, cursor: str | None = None, limit: int = 50, ctx: Context = Depends(context)
) -> Page[PublishedRun]:
    """List the runs that a published pipeline started, newest first."""
    ctx.actor.must("pipelines.read")
    return service.runs(ctx, name, cursor, limit)


@router.get("/{name}/runs/{run_id}")
def get_published_run(name: str, run_id: str, who: Caller = Depends(caller)) -> PublishedRun:
    """Return how a run stands that was started so, to a member or for one of the pipeline's keys."""
    return service.run(who.ctx, name, run_id)
