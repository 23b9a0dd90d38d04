"""Endpoints over HTTP."""

from typing import Literal

from fastapi import APIRouter, Depends, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.endpoints import forward, service
from studiolo.studio.endpoints.schemas import (
    Deployment,
    Endpoint,
    EndpointDeploy,
    EndpointDeployed,
    EndpointLog,
    EndpointSample,
    EndpointStats,
    Key,
    NewKey,
)

router = APIRouter(prefix="/endpoints", tags=["endpoints"])
root_router = forward.router


@router.post("", status_code=202)
def deploy(spec: EndpointDeploy, ctx: Context = Depends(context)) -> EndpointDeployed:
    """Deploy a model version; the keys of a new endpoint are in this answer and nowhere else."""
    ctx.actor.must("endpoints.write")
    return service.deploy(ctx, spec)


@router.get("")
def list_endpoints(
    cursor: str | None = None, limit: int = Query(100, ge=1, le=1000), ctx: Context = Depends(context)
) -> Page[Endpoint]:
    """List endpoints by name."""
    ctx.actor.must("endpoints.read")
    return service.list_(ctx, cursor, limit)


@router.get("/{name}")
def get_endpoint(name: str, ctx: Context = Depends(context)) -> Endpoint:
    """Return an endpoint with the deployment that answers and the newest one."""
    ctx.actor.must("endpoints.read")
    return service.get(ctx, name)


@router.delete("/{name}", status_code=202)
def delete_endpoint(name: str, ctx: Context = Depends(context)) -> Endpoint:
    """Stop an endpoint and remove it."""
    ctx.actor.must("endpoints.write")
    return service.delete(ctx, name)


@router.get("/{name}/deployments")
def list_deployments(name: str, ctx: Context = Depends(context)) -> list[Deployment]:
    """Return the deployments of an endpoint, newest first."""
    ctx.actor.must("endpoints.read")
    return service.deployments(ctx, name)


@router.get("/{name}/sample")
def get_sample(name: str, ctx: Context = Depends(context)) -> EndpointSample:
    """Return rows to try the endpoint with."""
    ctx.actor.must("endpoints.read")
    return service.sample(ctx, name)


@router.get("/{name}/stats")
def get_stats(
    name: str,
    over: int = Query(60, ge=10, le=3600),
    history: int = Query(3600, ge=10, le=3600),
    ctx: Context = Depends(context),
) -> EndpointStats:
    """Return request rate, durations and errors; over: seconds that rate and percentiles look back."""
    ctx.actor.must("endpoints.read")
    return service.stats(ctx, name, over, history)


@router.get("/{name}/logs")
def get_log(
    name: str,
    kind: Literal["requests", "process"] = "process",
    deployment: int | None = Query(None, ge=1),
    lines: int = Query(200, ge=1, le=5000),
    ctx: Context = Depends(context),
) -> EndpointLog:
    """Return the end of a log, by default of the newest deployment."""
    ctx.actor.must("endpoints.read")
    return service.log(ctx, name, kind, deployment, lines)


@router.get("/{name}/keys")
def list_keys(name: str, ctx: Context = Depends(context)) -> list[Key]:
    """Return which keys there are; their secrets are kept as hashes only."""
    ctx.actor.must("endpoints.write")
    return service.keys(ctx, name)


@router.post("/{name}/keys/{key}", status_code=201)
def regenerate_key(name: str, key: Literal["primary", "secondary"], ctx: Context = Depends(context)) -> NewKey:
    """Replace a key; the new one is in this answer and nowhere else."""
    ctx.actor.must("endpoints.write")
    return service.regenerate_key(ctx, name, key)
