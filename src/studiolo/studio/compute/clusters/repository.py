"""SQL of clusters."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.compute.clusters.tables import clusters, nodes, usages
from studiolo.studio.compute.tables import holdings

_MOST_IDS = 500


def find(tx: Connection, workspace_id: str, name: str) -> Row[Any] | None:
    """Return a cluster of a workspace."""
    query = select(clusters).where(clusters.c.workspace_id == workspace_id, clusters.c.name == name)
    return tx.execute(query).first()


def all_(tx: Connection, workspace_id: str | None = None) -> list[Row[Any]]:
    """Return clusters by name, of one workspace or of all."""
    query = select(clusters).order_by(clusters.c.name)
    return list(tx.execute(query if workspace_id is None else query.where(clusters.c.workspace_id == workspace_id)))


_ANY = Prepared(select(clusters.c.id).where(clusters.c.workspace_id == bindparam("workspace_id")).limit(1))


def any_of(tx: Connection, workspace_id: str) -> bool:
    """Say whether a workspace has a cluster."""
    return _ANY.first(tx, {"workspace_id": workspace_id}) is not None


def put(tx: Connection, values: dict[str, Any]) -> None:
    """Add a cluster."""
    tx.execute(insert(clusters).values(**values))


def change(tx: Connection, id_: str, values: dict[str, Any]) -> None:
    """Change a cluster."""
    tx.execute(update(clusters).where(clusters.c.id == id_).values(**values))


def remove(tx: Connection, id_: str) -> None:
    """Remove a cluster; its nodes go with it."""
    tx.execute(delete(clusters).where(clusters.c.id == id_))


def up(tx: Connection, cluster: str | None = None) -> list[Row[Any]]:
    """Return the nodes that are up, in order."""
    query = select(nodes).where(nodes.c.ended_at.is_(None)).order_by(nodes.c.cluster, nodes.c.number)
    return list(tx.execute(query if cluster is None else query.where(nodes.c.cluster == cluster)))


def up_by(tx: Connection, ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Return the nodes that are up of several clusters, by cluster."""
    found: dict[str, list[Row[Any]]] = {id_: [] for id_ in ids}
    if ids:
        query = select(nodes).where(nodes.c.ended_at.is_(None), nodes.c.cluster.in_(list(ids)))
        for row in tx.execute(query.order_by(nodes.c.cluster, nodes.c.number)):
            found[row.cluster].append(row)
    return found


def named(tx: Connection, node_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return nodes' ids with the names of their clusters."""
    if not node_ids:
        return []
    both = nodes.join(clusters, nodes.c.cluster == clusters.c.id)
    query = select(nodes.c.id, clusters.c.name).select_from(both).where(nodes.c.id.in_(list(node_ids)))
    return [(row.id, row.name) for row in tx.execute(query)]


def add_node(tx: Connection, values: dict[str, Any]) -> None:
    """Add a node."""
    tx.execute(insert(nodes).values(**values))


def change_node(tx: Connection, id_: str, values: dict[str, Any]) -> None:
    """Change a node that is up."""
    tx.execute(update(nodes).where(nodes.c.id == id_, nodes.c.ended_at.is_(None)).values(**values))


def node(tx: Connection, id_: str) -> Row[Any] | None:
    """Return a node with its cluster's name."""
    query = select(nodes, clusters.c.name.label("cluster_name")).join(clusters, clusters.c.id == nodes.c.cluster)
    return tx.execute(query.where(nodes.c.id == id_)).first()


def in_phase(tx: Connection, id_: str, phase: str, values: dict[str, Any]) -> bool:
    """Change a node that is in a phase; False when it is not any more."""
    change = update(nodes).where(nodes.c.id == id_, nodes.c.phase == phase, nodes.c.ended_at.is_(None))
    return tx.execute(change.values(**values)).rowcount == 1


_OF_PROGRAMS = Prepared(  # asked at every tick
    select(clusters)
    .where(clusters.c.workspace_id == bindparam("workspace_id"), clusters.c.provider != "local")
    .order_by(clusters.c.name)
)


def of_programs(tx: Connection, workspace_id: str) -> list[Row[Any]]:
    """Return the clusters of a workspace whose nodes are brought up by programs, an administrator's or ours."""
    return _OF_PROGRAMS.all(tx, {"workspace_id": workspace_id})


def node_of(tx: Connection, holder: str) -> Row[Any] | None:
    """Return the node that a holder has a part of, with its cluster's name; also one that has gone."""
    query = select(nodes, clusters.c.name.label("cluster_name")).join(clusters, clusters.c.id == nodes.c.cluster)
    return tx.execute(query.join(holdings, holdings.c.node == nodes.c.id).where(holdings.c.holder == holder)).first()


def silent_nodes(tx: Connection, workspace_id: str) -> list[Row[Any]]:
    """Return the nodes that do not answer, once for each holder of a part of them: holder, cluster_name, number, silent_since, reason."""
    columns = (
        holdings.c.holder,
        clusters.c.name.label("cluster_name"),
        nodes.c.number,
        nodes.c.provider,
        nodes.c.silent_since,
        nodes.c.reason,
    )
    query = select(*columns).join(nodes, nodes.c.id == holdings.c.node).join(clusters, clusters.c.id == nodes.c.cluster)
    alive = nodes.c.silent_since.is_not(None) & nodes.c.ended_at.is_(None)
    return list(tx.execute(query.where(clusters.c.workspace_id == workspace_id, alive)))


def jobs(tx: Connection, node_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Return what is held of nodes, by node."""
    found: dict[str, list[Row[Any]]] = {id_: [] for id_ in node_ids}
    if node_ids:
        query = select(holdings).where(holdings.c.node.in_(list(node_ids))).order_by(holdings.c.since)
        for row in tx.execute(query):
            found[row.node].append(row)
    return found


def leaving(tx: Connection, holder: str) -> bool:
    """Say whether a node of a holder was asked to make room."""
    own = or_(holdings.c.holder == holder, holdings.c.holder.startswith(f"{holder}#", autoescape=True))
    query = select(nodes.c.id).join(holdings, holdings.c.node == nodes.c.id).where(own)
    return tx.execute(query.where(nodes.c.leaving_since.is_not(None)).limit(1)).first() is not None


def spans(tx: Connection, cluster: str, since: datetime) -> list[Row[Any]]:
    """Return when nodes were up, those that ended before a moment left out."""
    query = select(nodes.c.started_at, nodes.c.ended_at, nodes.c.price_per_hour).where(
        nodes.c.cluster == cluster, or_(nodes.c.ended_at.is_(None), nodes.c.ended_at >= since)
    )
    return list(tx.execute(query))


def totals(tx: Connection, ids: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return hours and cost of the nodes that have gone, by cluster: summed by the database, whatever the history."""
    if not ids:
        return {}
    query = (
        select(nodes.c.cluster, func.sum(nodes.c.hours), func.sum(nodes.c.hours * nodes.c.price_per_hour))
        .where(nodes.c.cluster.in_(list(ids)), nodes.c.ended_at.is_not(None))
        .group_by(nodes.c.cluster)
    )
    return {cluster: (float(hours or 0), float(cost or 0)) for cluster, hours, cost in tx.execute(query)}


def put_usage(tx: Connection, values: dict[str, Any]) -> None:
    """Keep what a job used."""
    tx.execute(insert(usages).values(**values))


def used(tx: Connection, cluster: str, since: datetime) -> list[Row[Any]]:
    """Return what jobs used since a moment, newest first."""
    query = select(usages).where(usages.c.cluster == cluster, usages.c.ended_at >= since)
    return list(tx.execute(query.order_by(usages.c.ended_at.desc())))


def used_by(tx: Connection, workspace_id: str, run_ids: Collection[str]) -> list[Row[Any]]:
    """Return what the attempts of runs used, in order."""
    found: list[Row[Any]] = []
    for some in _some(run_ids):
        query = select(usages).where(usages.c.workspace_id == workspace_id, usages.c.run_id.in_(some))
        found += tx.execute(query)
    return sorted(found, key=lambda one: one.started_at)


def held_by(tx: Connection, run_ids: Collection[str]) -> list[Row[Any]]:
    """Return what runs hold of nodes now."""
    of_node = tuple(nodes.c[name].label(f"node_{name}") for name in ("cores", "memory_bytes", "gpus"))
    query = select(holdings, nodes.c.price_per_hour, *of_node).join(nodes, nodes.c.id == holdings.c.node)
    return [row for some in _some(run_ids) for row in tx.execute(query.where(holdings.c.run_id.in_(some)))]


def has_price(tx: Connection, workspace_id: str) -> bool:
    """Say whether any job of a workspace on clusters has cost something, or does now."""
    used = select(usages.c.run_id).where(usages.c.workspace_id == workspace_id, usages.c.price_per_hour > 0)
    held = select(holdings.c.run_id).join(nodes, nodes.c.id == holdings.c.node)
    held = held.where(holdings.c.workspace_id == workspace_id, nodes.c.price_per_hour > 0)
    return any(tx.execute(query.limit(1)).first() is not None for query in (used, held))


def _some(ids: Collection[str]) -> Iterator[list[str]]:
    """Yield ids a few at a time: a statement takes no more than some thousands."""
    listed = list(ids)
    for start in range(0, len(listed), _MOST_IDS):
        yield listed[start : start + _MOST_IDS]
