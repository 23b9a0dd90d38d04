"""Routes of environments."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.experiments.environments import service
from studiolo.studio.experiments.environments.schemas import EnvironmentDetail, EnvironmentVersion, Recipe, Space
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition

router = APIRouter()
Version = Annotated[int | None, Query(ge=1, description="Version; else the newest.")]


@router.get("/environments")
def list_environments(archived: bool = False, ctx: Context = Depends(context)) -> list[EnvironmentVersion]:
    """List environments by name, each with its newest version."""
    ctx.actor.must("experiments.read")
    return service.list_(ctx, archived=archived)


@router.post("/environments", status_code=201)
def create_environment(given: EnvironmentDefinition, ctx: Context = Depends(context)) -> EnvironmentVersion:
    """Lock a definition and register it as the next version; the same definition again is the same version."""
    ctx.actor.must("experiments.write")
    return service.create(ctx, given)


# beside, not below: an environment may be called "recipes"
@router.get("/environment-recipes")
def list_recipes(ctx: Context = Depends(context)) -> list[Recipe]:
    """List the curated names that the studio knows recipes for."""
    ctx.actor.must("experiments.read")
    return service.recipes()


@router.get("/environment-space")
def show_space(ctx: Context = Depends(context)) -> Space:
    """Return what environments, and uv's cache beside them, take of this machine's disk."""
    ctx.actor.must("experiments.read")
    return service.disk(ctx)


@router.get("/environments/{name}")
def get_environment(name: str, version: Version = None, ctx: Context = Depends(context)) -> EnvironmentDetail:
    """Return a version with its definition, lock and build log."""
    ctx.actor.must("experiments.read")
    return service.get(ctx, name, version)


@router.get("/environments/{name}/versions")
def list_environment_versions(name: str, ctx: Context = Depends(context)) -> list[EnvironmentVersion]:
    """List the versions of an environment, newest first."""
    ctx.actor.must("experiments.read")
    return service.versions(ctx, name)


@router.post("/environments/{name}/archive")
def archive_environment(
    name: str, version: Version = None, ctx: Context = Depends(context)
) -> list[EnvironmentVersion]:
    """Hide versions (all without a number) from lists and from `@latest`."""
    ctx.actor.must("experiments.write")
    return service.set_archived(ctx, name, version, True)


@router.post("/environments/{name}/restore")
def restore_environment(
    name: str, version: Version = None, ctx: Context = Depends(context)
) -> list[EnvironmentVersion]:
    """Show archived versions again."""
    ctx.actor.must("experiments.write")
    return service.set_archived(ctx, name, version, False)
