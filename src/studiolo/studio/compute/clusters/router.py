"""Routes of clusters."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.compute.clusters import service
from studiolo.studio.compute.clusters.schemas import Cluster, ClusterCreate, ClusterPatch, ClusterUsage, RunCost

router = APIRouter()


@router.get("/clusters")
def list_clusters(ctx: Context = Depends(context)) -> list[Cluster]:
    """List the training clusters, with their nodes."""
    ctx.actor.must("compute.read")
    return service.list_(ctx)


@router.post("/clusters", status_code=201)
def create_cluster(spec: ClusterCreate, ctx: Context = Depends(context)) -> Cluster:
    """Make a training cluster: nodes come when jobs wait and go when they are idle."""
    ctx.actor.must("compute.write")
    return service.create(ctx, spec)


@router.get("/clusters/{name}")
def get_cluster(name: str, ctx: Context = Depends(context)) -> Cluster:
    """Return a cluster with its nodes and what runs on them."""
    ctx.actor.must("compute.read")
    return service.get(ctx, name)


@router.patch("/clusters/{name}")
def update_cluster(name: str, patch: ClusterPatch, ctx: Context = Depends(context)) -> Cluster:
    """Resize or change a cluster; what is left out stays, and no job is ended."""
    ctx.actor.must("compute.write")
    return service.update(ctx, name, patch)


@router.delete("/clusters/{name}", status_code=204)
def delete_cluster(name: str, ctx: Context = Depends(context)) -> None:
    """Delete a cluster. 409 while jobs run on it."""
    ctx.actor.must("compute.write")
    service.delete(ctx, name)


@router.get("/clusters/{name}/usage")
def get_cluster_usage(
    name: str, days: Annotated[int, Query(ge=1, le=366)] = 30, ctx: Context = Depends(context)
) -> ClusterUsage:
    """Return hours and cost by day, and what jobs used."""
    ctx.actor.must("compute.read")
    return service.usage(ctx, name, days)


@router.get("/costs/{run_id}")
def get_run_cost(run_id: str, ctx: Context = Depends(context)) -> RunCost:
    """Return what a run has cost so far."""
    ctx.actor.must("compute.read")
    return service.cost(ctx, run_id)
