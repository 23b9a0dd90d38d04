"""How a search of runs goes through the database, so that its cost follows the page and not the history.

Where a condition, or the experiments asked for, leave few runs, these are fetched and sorted. Else an index is walked in the
order of the page: by start, or by the value of a metric, param or tag; then runs whose value is NaN, then those without one.
SQLite has no statistics that would tell it which; so the sizes are looked up, each with an end, and its choice is narrowed.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, func, literal, not_, select

from studiolo.kernel.mlflow.conditions import Keyset, SortKey, number_condition
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import Comparison
from studiolo.kernel.paging import decode, encode
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking import HEAD
from studiolo.studio.experiments.tracking_tables import metric_latest, params, run_tags

FEW = 3000  # runs that are sorted rather than walked to
ENOUGH = 300  # runs that are few enough not to look for fewer
Dialect = Literal["sqlite", "postgresql"]
_TEXTS: dict[str, Table] = {"parameter": params, "tag": run_tags}


class Scope(NamedTuple):
    """Whose runs. experiments, lifecycle: None for all."""

    workspace_id: str
    experiments: list[int] | None
    lifecycle: str | None

    @property
    def in_order(self) -> bool:
        """Whether one index has all of it, newest first."""
        return self.lifecycle is not None and (self.experiments is None or len(self.experiments) == 1)


class Lead(NamedTuple):
    """What a walk follows: an index of a table (here by another name, since conditions name it too) by (key, value, run)."""

    rows: FromClause
    of_metric: bool
    number: int
    ascending: bool

    @property
    def value(self) -> Any:
        """The column that the index has."""
        return self.rows.c.value if self.of_metric else self.rows.c.head

    def sections(self) -> list[tuple[int, bool]]:
        """Return the rank of each part of the list, and whether its runs have values to sort by."""
        return [(0, True), (1, False), (2, False)] if self.of_metric else [(0, True), (1, False)]

    def section(self, query: Select[Any], rank: int) -> Select[Any]:
        """Narrow a query on `runs` to a part of the list."""
        t = self.rows.c
        own = and_(t.run == runs.c.seq, t.key == self.number)
        if rank == self.sections()[-1][0]:
            return query.where(not_(select(t.run).where(own).correlate(runs).exists()))
        query = query.join(self.rows, t.run == runs.c.seq).where(t.key == self.number)
        return query.where(t.nan == rank) if self.of_metric else query


def lead_of(clause: tuple[str, str, bool], numbers: dict[str, int]) -> Lead | None:
    """Return what a walk in the order of a clause follows, None when no index has it."""
    entity, key, ascending = clause
    table = metric_latest if entity == "metric" else _TEXTS.get(entity)
    if table is None or key not in numbers:
        return None
    return Lead(table.alias("lead"), table is metric_latest, numbers[key], ascending)


def few(tx: Connection, scope: Scope, filters: Sequence[Comparison], numbers: dict[str, int]) -> Select[Any] | None:
    """Return a query of few runs in which all that match are; None when every one has too many."""
    found: list[tuple[int, Select[Any]]] = []
    texts_first = sorted(filters, key=lambda comparison: comparison.entity == "metric")  # they leave fewer, mostly
    for query in [*(_of(comparison, numbers) for comparison in texts_first), _own(scope)]:
        if query is None:
            continue
        size = tx.execute(select(func.count()).select_from(query.limit(FEW + 1).subquery())).scalar_one()
        if size <= FEW:
            found.append((size, query))
        if size <= ENOUGH:
            break
    return min(found, key=lambda pair: pair[0])[1] if found else None


def within(query: Select[Any], dialect: Dialect, scope: Scope, driver: Select[Any] | None, *, led: bool) -> Select[Any]:
    """Narrow a query on `runs` to a scope, and to the runs of `few`. led: a walk finds the runs one by one."""
    elsewhere = driver is not None or led
    experiment: Any = runs.c.experiment
    workspace: Any = runs.c.workspace_id
    lifecycle: Any = runs.c.lifecycle
    if dialect == "sqlite" and (elsewhere or not scope.in_order):
        experiment = experiment + 0  # SQLite then uses no index for it
    if dialect == "sqlite" and elsewhere:
        workspace, lifecycle = workspace.concat(""), lifecycle.concat("")
    if driver is not None:
        query = query.where(runs.c.seq.in_(driver))
    query = query.where(workspace == scope.workspace_id)
    if scope.experiments is not None:
        query = query.where(experiment.in_(scope.experiments))
    return query if scope.lifecycle is None else query.where(lifecycle == scope.lifecycle)


def page(
    tx: Connection, query: Select[Any], lead: Lead, sort: list[SortKey], token: str, limit: int
) -> tuple[list[int], str | None]:
    """Return a page of a walk and the token of the next one: the same token as of a sorted page.

    sort: what decides among runs of one value.
    """
    after: list[Any] | None = None
    start = 0
    if token:
        place = decode(token, len(sort) + 2)
        if place is None or place[0] not in [rank for rank, _ in lead.sections()]:
            raise MlflowError("Invalid page token: it belongs to another search.")
        start, after = int(place[0]), list(place[1:])
    found: list[tuple[int, list[Any]]] = []
    for rank, valued in lead.sections()[start:]:
        keyset = Keyset([SortKey(lead.value, lead.ascending), *sort] if valued else sort)
        place_in = after if valued or after is None else after[1:]
        rows = keyset.after(tx, lead.section(query, rank), place_in, limit + 1 - len(found))
        nothing = 0.0 if lead.of_metric else ""
        found += [(row.seq, [rank, *([] if valued else [nothing]), *keyset.place(row)]) for row in rows]
        after = None
        if len(found) > limit:
            return [seq for seq, _ in found[:limit]], encode(*found[limit - 1][1])
    return [seq for seq, _ in found], None


def _own(scope: Scope) -> Select[Any] | None:
    if scope.experiments is None:
        return None
    query = select(runs.c.seq).where(runs.c.experiment.in_(scope.experiments))
    return query if scope.lifecycle is None else query.where(runs.c.lifecycle == scope.lifecycle)


def _of(comparison: Comparison, numbers: dict[str, int]) -> Select[Any] | None:
    """Return the runs that an index finds for a comparison, perhaps more than match."""
    entity, key, operator, value = comparison
    number = numbers.get(key)
    if number is None:
        return None
    table = metric_latest if entity == "metric" else _TEXTS.get(entity)
    compared: ColumnElement[bool]
    if table is metric_latest and operator != "!=":
        compared = number_condition(metric_latest.c.value, operator, value, "metric")
    elif table is not None and table is not metric_latest and operator == "=" and isinstance(value, str):
        compared = table.c.head == literal(value[:HEAD])
    else:
        return None
    return select(table.c.run).where(table.c.key == number, compared)
