"""SQL of endpoints."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.endpoints.schemas import ENDED, Deployment, Endpoint, EndpointState
from studiolo.studio.endpoints.tables import deployments, endpoints

Found = Row[Any]


def endpoint(tx: Connection, workspace_id: str, name: str, *, lock: bool = False) -> Found | None:
    """Return an endpoint by name; lock: nobody else changes it until the transaction ends."""
    query = select(endpoints).where(endpoints.c.workspace_id == workspace_id, endpoints.c.name == name)
    return tx.execute(query.with_for_update() if lock else query).first()


def list_(tx: Connection, workspace_id: str, after: str | None, limit: int) -> list[Found]:
    """Return endpoints by name."""
    query = select(endpoints).where(endpoints.c.workspace_id == workspace_id)
    if after is not None:
        query = query.where(endpoints.c.name > after)
    return list(tx.execute(query.order_by(endpoints.c.name).limit(limit)))


def ports(tx: Connection) -> set[int]:
    """Return the ports that endpoints have."""
    return set(tx.execute(select(endpoints.c.port)).scalars())


def insert_endpoint(tx: Connection, values: dict[str, Any]) -> None:
    """Add an endpoint."""
    tx.execute(insert(endpoints).values(**values))


def change_endpoint(tx: Connection, endpoint_id: str, **values: Any) -> bool:
    """Change an endpoint; False when it is gone."""
    return tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(**values)).rowcount == 1


def delete_endpoint(tx: Connection, endpoint_id: str) -> bool:
    """Remove an endpoint and its deployments; False when it was gone."""
    tx.execute(delete(deployments).where(deployments.c.endpoint_id == endpoint_id))
    return tx.execute(delete(endpoints).where(endpoints.c.id == endpoint_id)).rowcount == 1


def insert_deployment(tx: Connection, values: dict[str, Any]) -> None:
    """Add a deployment."""
    tx.execute(insert(deployments).values(**values))


def change_deployment(tx: Connection, deployment_id: str, states: Sequence[str] = (), **values: Any) -> bool:
    """Change a deployment; with `states` only while it is in one of them. False when it was not."""
    query = update(deployments).where(deployments.c.id == deployment_id)
    if states:
        query = query.where(deployments.c.state.in_(states))
    return tx.execute(query.values(**values)).rowcount == 1


def supersede(tx: Connection, endpoint_id: str, except_id: str, states: Sequence[str]) -> None:
    """Want the other deployments in these states stopped."""
    query = update(deployments).where(
        deployments.c.endpoint_id == endpoint_id, deployments.c.id != except_id, deployments.c.state.in_(states)
    )
    tx.execute(query.values(desired="Stopped"))


def deployments_of(tx: Connection, endpoint_id: str) -> list[Found]:
    """Return the deployments of an endpoint, newest first."""
    query = select(deployments).where(deployments.c.endpoint_id == endpoint_id)
    return list(tx.execute(query.order_by(deployments.c.number.desc())))


def deployment(tx: Connection, deployment_id: str) -> Found | None:
    """Return a deployment."""
    return tx.execute(select(deployments).where(deployments.c.id == deployment_id)).first()


def delete_deployments(tx: Connection, ids: list[str]) -> None:
    """Remove deployments."""
    tx.execute(delete(deployments).where(deployments.c.id.in_(ids)))


_RUNNING = select(deployments.c.endpoint_id).where(
    deployments.c.workspace_id == bindparam("workspace_id"), deployments.c.state.not_in(sorted(ENDED))
)
_AT_WORK = Prepared(  # asked at every tick, and to build a statement takes longer than to run it
    select(endpoints)
    .where(
        endpoints.c.workspace_id == bindparam("workspace_id"),
        endpoints.c.id.in_(_RUNNING) | (endpoints.c.desired == "Deleted"),
    )
    .order_by(endpoints.c.id)
)


def at_work(tx: Connection, workspace_id: str) -> list[Found]:
    """Return the endpoints that the controller has to look at: with a deployment that has not ended, or to be deleted."""
    return _AT_WORK.all(tx, {"workspace_id": workspace_id})


def summaries(tx: Connection, rows: list[Found]) -> dict[str, list[Found]]:
    """Return for each endpoint the deployments that its summary tells of: those that live, and the newest."""
    if not rows:
        return {}
    ids = [row.id for row in rows]
    newest = (
        select(deployments.c.endpoint_id, func.max(deployments.c.number).label("number"))
        .where(deployments.c.endpoint_id.in_(ids))
        .group_by(deployments.c.endpoint_id)
        .subquery()
    )
    query = (
        select(deployments)
        .join(newest, newest.c.endpoint_id == deployments.c.endpoint_id)
        .where((deployments.c.number == newest.c.number) | deployments.c.state.in_(("Live", "Restarting")))
        .order_by(deployments.c.number.desc())
    )
    found: dict[str, list[Found]] = {endpoint_id: [] for endpoint_id in ids}
    for row in tx.execute(query):
        found[row.endpoint_id].append(row)
    return found


def to_deployment(row: Found, endpoint_name: str) -> Deployment:
    """Return the noun of a deployment row."""
    ready = row.ready or {}
    return Deployment(
        id=row.id,
        endpoint=endpoint_name,
        number=row.number,
        model=row.model,
        version=row.version,
        workers=row.workers,
        state=row.state,
        message=row.message,
        tier=ready.get("tier"),
        why=ready.get("why", ""),
        batching=ready.get("batching"),
        load_seconds=ready.get("load_seconds"),
        sample_ms=ready.get("sample_ms"),
        memory_bytes=ready.get("rss_bytes"),
        restarts=row.restarts,
        failure=row.failure,
        created_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        live_at=row.live_at,
        ended_at=row.ended_at,
    )


def to_endpoint(row: Found, newest_first: list[Found], workspace: str) -> Endpoint:
    """Return the noun of an endpoint row."""
    live = next((found for found in newest_first if found.state in ("Live", "Restarting") and found.live_at), None)
    latest = newest_first[0] if newest_first else None
    host = f"[{row.host}]" if ":" in row.host else row.host
    return Endpoint(
        id=row.id,
        name=row.name,
        description=row.description,
        state=_state(row, live, latest),
        host=row.host,
        port=row.port,
        url=f"http://{host}:{row.port}/score",
        forward=f"/w/{workspace}/serve/{row.name}/score",
        live=to_deployment(live, row.name) if live else None,
        latest=to_deployment(latest, row.name) if latest else None,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _state(row: Found, live: Found | None, latest: Found | None) -> EndpointState:
    if row.desired == "Deleted":
        return "Deleting"
    if live is not None:
        return "Live"
    return "Failed" if latest is None or latest.state in ENDED else "Deploying"
