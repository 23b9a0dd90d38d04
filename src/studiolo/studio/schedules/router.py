"""Routes of schedules."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.schedules import service
from studiolo.studio.schedules.schemas import (
    Firing,
    RunAsked,
    Schedule,
    ScheduleCreate,
    ScheduleDetail,
    SchedulePatch,
    Times,
    TimesAsked,
)

router = APIRouter(prefix="/schedules", tags=["schedules"])


@router.get("")
def list_schedules(
    name: Annotated[str, Query(description="A part of the name.")] = "",
    cursor: str | None = None,
    limit: int = 100,
    ctx: Context = Depends(context),
) -> Page[Schedule]:
    """List schedules by name, with their next times and their newest firing."""
    ctx.actor.must("schedules.read")
    return service.list_(ctx, cursor, limit, name)


@router.post("", status_code=201)
def create(given: ScheduleCreate, ctx: Context = Depends(context)) -> ScheduleDetail:
    """Make a schedule; its runs have the rights of who makes it."""
    ctx.actor.must("schedules.write")
    return service.create(ctx, given)


@router.post("/times")
def times(asked: TimesAsked, ctx: Context = Depends(context)) -> Times:
    """Return the next times of a trigger, or what is there of what it waits for; nothing is kept."""
    ctx.actor.must("schedules.read")
    return service.preview(ctx, asked)


@router.get("/{name}")
def get(name: str, ctx: Context = Depends(context)) -> ScheduleDetail:
    """Return a schedule with what it runs."""
    ctx.actor.must("schedules.read")
    return service.get(ctx, name)


@router.patch("/{name}")
def change(name: str, given: SchedulePatch, ctx: Context = Depends(context)) -> ScheduleDetail:
    """Change a schedule; when or what it runs changes to the rights of who changes it."""
    ctx.actor.must("schedules.write")
    return service.change(ctx, name, given)


@router.delete("/{name}", status_code=204)
def remove(name: str, ctx: Context = Depends(context)) -> None:
    """Remove a schedule with its history; its runs stay."""
    ctx.actor.must("schedules.write")
    service.remove(ctx, name)


@router.get("/{name}/firings")
def list_firings(
    name: str, cursor: str | None = None, limit: int = 50, ctx: Context = Depends(context)
) -> Page[Firing]:
    """List what a schedule has fired, newest first, and why times made no run."""
    ctx.actor.must("schedules.read")
    return service.firings(ctx, name, cursor, limit)


@router.post("/{name}/pause")
def pause(name: str, ctx: Context = Depends(context)) -> ScheduleDetail:
    """Let a schedule rest."""
    ctx.actor.must("schedules.write")
    return service.pause(ctx, name)


@router.post("/{name}/resume")
def resume(name: str, ctx: Context = Depends(context)) -> ScheduleDetail:
    """Let a schedule go on from now, with the rights of who asks."""
    ctx.actor.must("schedules.write")
    return service.resume(ctx, name)


@router.post("/{name}/run", status_code=201)
def run(name: str, asked: RunAsked | None = None, ctx: Context = Depends(context)) -> Firing:
    """Run at once what a schedule runs, with the rights of who asks; of what arrives a version or file may be named."""
    ctx.actor.must("schedules.write")
    return service.run(ctx, name, asked)
