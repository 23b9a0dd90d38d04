"""How a search of runs goes through the database, so that its cost follows the page and not the history.

Where a condition, or the experiments asked for, leave few runs, these are fetched and sorted. Else an index is walked in the
order of the page: by start, or by the value of a metric, param or tag; then runs whose value is NaN, then those without one.
SQLite has no statistics that would tell it which; so the sizes are looked up, each with an end, and its choice is narrowed.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Double,
    Engine,
    FromClause,
    Integer,
    Select,
    String,
    Table,
    and_,
    any_,
    bindparam,
    func,
    intersect,
    not_,
    select,
)

from studiolo.kernel.mlflow.conditions import Keyset, SortKey, compare
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import Comparison
from studiolo.kernel.paging import decode, encode
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking import HEAD
from studiolo.studio.experiments.tracking_tables import metric_latest, params, run_tags

FEW = 3000  # runs that are sorted rather than walked to
_ALIKE = 8  # times as many may be read in the order of a table as are looked for one by one, at the same cost
OWN = -1  # what `few` returns for the runs of the experiments themselves
Dialect = Literal["sqlite", "postgresql"]
Bind = Callable[[str, Any], Any]  # a name and a value → what stands for it in a statement
_TEXTS: dict[str, Table] = {"parameter": params, "tag": run_tags}


class Scope(NamedTuple):
    """Whose runs. experiments, lifecycle: None for all. In a statement that is kept, parameters stand for the first two."""

    workspace_id: Any
    experiments: Any
    lifecycle: str | None

    @property
    def in_order(self) -> bool:
        """Whether one index has all of it, newest first."""
        return self.lifecycle is not None and (self.experiments is None or self.one)

    @property
    def one(self) -> bool:
        """Whether they are of one experiment."""
        return self.experiments is not None and len(self.experiments) == 1


class Lead(NamedTuple):
    """What a walk follows: an index of a table (here by another name, since conditions name it too) by (key, value, run)."""

    rows: FromClause
    of_metric: bool
    number: Any  # of the key, or the parameter that stands for it
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


def leads(clause: tuple[str, str, bool], numbers: dict[str, int]) -> bool:
    """Say whether an index has the order of a clause."""
    return (clause[0] == "metric" or clause[0] in _TEXTS) and clause[1] in numbers


def lead_of(clause: tuple[str, str, bool], number: Any) -> Lead:
    """Return what a walk in the order of a clause that `leads` follows. number: of its key, or a parameter."""
    table = metric_latest if clause[0] == "metric" else _TEXTS[clause[0]]
    return Lead(table.alias("lead"), table is metric_latest, number, clause[2])


class Section(NamedTuple):
    """A part of the list that a walk goes through: what finds its runs, and in which order."""

    rank: int
    valued: bool
    query: Select[Any]
    keyset: Keyset


def sections(query: Select[Any], lead: Lead, sort: list[SortKey]) -> list[Section]:
    """Return the parts of a walk. query: on `runs`; sort: what decides among runs of one value."""
    return [
        Section(
            rank,
            valued,
            lead.section(query, rank),
            Keyset([SortKey(lead.value, lead.ascending), *sort] if valued else sort),
        )
        for rank, valued in lead.sections()
    ]


def plain(_: str, value: Any) -> Any:
    """Write a value itself into a statement."""
    return value


def few(tx: Connection, scope: Scope, filters: Sequence[Comparison], numbers: dict[str, int]) -> tuple[int, ...]:
    """Return the place of the filter whose runs are few, OWN when the experiments have few; none when every one has too many.

    After it come those of other filters that an index answers and whose runs are not many more, on PostgreSQL.
    """
    places = [n for n, one in enumerate(filters) if one.key in numbers and indexed(one)]
    places.sort(key=lambda n: filters[n].entity == "metric")  # texts leave fewer, mostly
    asked: dict[int, Hashable] = {
        n: (filters[n].entity, numbers[filters[n].key], filters[n].operator, _searched(filters[n])) for n in places
    }
    if scope.experiments is not None:
        asked[OWN] = (*scope.experiments, scope.lifecycle)
    sizes = _sizes(tx, scope, filters, numbers, asked) if asked else {}
    chosen: int | None = None
    most = FEW
    for place in asked:
        if sizes[place] <= most:
            chosen, most = place, sizes[place] // 2  # another one must be much better to be worth its name
    if chosen is None:
        return ()
    if (
        chosen == OWN or tx.dialect.name == "sqlite"
    ):  # to SQLite, looking for a record is no dearer than reading the next one
        return (chosen,)
    alike = min(FEW, sizes[chosen] * _ALIKE)
    return (chosen, *(n for n in places if n != chosen and exact(filters[n]) and sizes[n] <= alike))


def _searched(one: Comparison) -> float | str:
    return one.value if isinstance(one.value, float) else str(one.value)[:HEAD]


_known: WeakKeyDictionary[Engine, dict[Hashable, tuple[float, int]]] = WeakKeyDictionary()
_KNOWN_FOR = 10.0  # seconds: the next page, and the same page again, need not count what is half of a search
_LARGE_FOR = 60.0  # seconds in which experiments with many runs keep many
_MOST_KNOWN = 10_000


def _sizes(
    tx: Connection,
    scope: Scope,
    filters: Sequence[Comparison],
    numbers: dict[str, int],
    asked: Mapping[int, Hashable],
) -> dict[int, int]:
    """Return how many runs each place leaves, as counted now or a moment ago: a choice by an old size is only slower."""
    known = _known.setdefault(tx.engine, {})
    now = time.monotonic()
    found: dict[int, int] = {}
    for place, key in asked.items():
        counted, size = known.get(key, (-_LARGE_FOR, 0))
        if now - counted < (_LARGE_FOR if place == OWN and size > FEW else _KNOWN_FOR):
            found[place] = size
    missing = [place for place in asked if place not in found]
    if not missing:
        return found
    shape = tuple((n, filters[n].entity, filters[n].operator) for n in missing if n != OWN)
    values: dict[str, Any] = {"experiments": scope.experiments, "lifecycle": scope.lifecycle, "most": FEW + 1}
    for n, _, _ in shape:
        values |= {f"k{n}": numbers[filters[n].key], f"v{n}": _searched(filters[n])}
    row = tx.execute(_count(shape, OWN in missing, scope.lifecycle is None), values).one()
    if len(known) > _MOST_KNOWN:
        known.clear()
    for place, size in zip(missing, row, strict=True):
        found[place] = size
        known[asked[place]] = now, size
    return found


def driver(
    places: Sequence[int], filters: Sequence[Comparison], scope: Scope, bind: Bind = plain
) -> Select[Any] | CompoundSelect[Any] | None:
    """Return the query of runs that `few` has chosen. bind: makes values of the filters parameters of the statement."""
    if not places:
        return None
    if places[0] == OWN:
        query = select(runs.c.seq).where(runs.c.experiment.in_(scope.experiments))
        return query if scope.lifecycle is None else query.where(runs.c.lifecycle == scope.lifecycle)
    found = [_driving(filters[place], place, bind) for place in places]
    return found[0] if len(found) == 1 else intersect(*found)


def _driving(one: Comparison, place: int, bind: Bind) -> Select[Any]:
    entity, _, operator, value = one
    number = bind(f"k{place}", None)
    if entity == "metric":
        return _found(entity, operator, number, bind(f"v{place}", value))
    return _found(entity, operator, number, bind(f"h{place}", str(value)[:HEAD]))


def indexed(comparison: Comparison) -> bool:
    """Say whether an index finds the runs that match a comparison, perhaps with more."""
    if comparison.entity == "metric":
        return comparison.operator != "!=" and isinstance(comparison.value, float)
    return comparison.entity in _TEXTS and comparison.operator == "=" and isinstance(comparison.value, str)


def exact(comparison: Comparison) -> bool:
    """Say whether the index finds those runs and no others."""
    return comparison.entity in _TEXTS and indexed(comparison) and len(str(comparison.value)) <= HEAD


def _found(entity: str, operator: str, number: Any, value: Any) -> Select[Any]:
    table = metric_latest if entity == "metric" else _TEXTS[entity]
    column = metric_latest.c.value if entity == "metric" else table.c.head
    return select(table.c.run).where(table.c.key == number, compare(column, operator, value))


@lru_cache(500)
def _count(shape: tuple[tuple[int, str, str], ...], own: bool, every_lifecycle: bool) -> Select[Any]:
    """Count what each index finds, with an end. Made once: to build a statement takes longer than to run it."""
    most = bindparam("most", type_=Integer)
    found: list[Select[Any]] = []
    for n, entity, operator in shape:
        kind: Any = Double if entity == "metric" else String
        one = _found(entity, operator, bindparam(f"k{n}", type_=Integer), bindparam(f"v{n}", type_=kind))
        # in the order of the index, so that PostgreSQL reads no more of it than is counted
        found.append(one.order_by(metric_latest.c.value) if entity == "metric" else one)
    if own:
        query = select(runs.c.seq).where(runs.c.experiment.in_(bindparam("experiments", expanding=True)))
        found.append(query if every_lifecycle else query.where(runs.c.lifecycle == bindparam("lifecycle")))
    counts = [select(func.count()).select_from(one.limit(most).subquery()).scalar_subquery() for one in found]
    return select(*(count.label(f"n{place}") for place, count in enumerate(counts)))


def probe(query: Select[Any], dialect: Dialect) -> ColumnElement[bool]:
    """Say whether a record of a run is there, by looking for it run by run.

    PostgreSQL would join instead, and of tables that it has no statistics of yet choose a join that reads all of them.
    """
    return (query if dialect == "sqlite" else query.offset(0)).exists()


def within(
    query: Select[Any],
    dialect: Dialect,
    scope: Scope,
    some: Select[Any] | CompoundSelect[Any] | None,
    *,
    led: bool,
    in_order: bool,
) -> Select[Any]:
    """Narrow a query on `runs` to a scope, and to the runs of a `driver`. led: a walk finds the runs one by one."""
    experiment: Any = runs.c.experiment
    workspace: Any = runs.c.workspace_id
    lifecycle: Any = runs.c.lifecycle
    # what is no bare column is looked up in no index; PostgreSQL chooses a walk's index well, but takes an experiment of
    # which it has no statistics yet for a small one
    if some is not None or (dialect == "sqlite" and (led or not in_order)):
        experiment = experiment + 0
    if some is not None or (dialect == "sqlite" and led):
        workspace, lifecycle = workspace.concat(""), lifecycle.concat("")
    if some is not None and dialect == "sqlite":
        query = query.where(runs.c.seq.in_(some))
    elif some is not None:  # as an array, so that they are fetched one by one
        query = query.where(runs.c.seq == any_(func.array(some.scalar_subquery(), type_=ARRAY(BigInteger))))
    query = query.where(workspace == scope.workspace_id)
    if scope.experiments is not None:
        query = query.where(experiment.in_(scope.experiments))
    return query if scope.lifecycle is None else query.where(lifecycle == scope.lifecycle)


def page(
    parts: Sequence[Section], token: str, limit: int, ask: Callable[[Section, Sequence[Any] | None, int], list[Any]]
) -> tuple[list[Any], str | None]:
    """Return a page of a walk and the token of the next one: the same token as of a sorted page.

    ask(part, place, most): the rows of a part after a place, None for its beginning, all that there are, or at least `most`.
    """
    after: list[Any] | None = None
    start = 0
    if token:
        place = decode(token, len(parts[-1].keyset) + 2)
        if place is None or place[0] not in [part.rank for part in parts]:
            raise MlflowError("Invalid page token: it belongs to another search.")
        start, after = int(place[0]), list(place[1:])
    found: list[tuple[Any, Section]] = []
    for part in parts[start:]:
        place_in = after if part.valued or after is None else after[1:]
        found += [(row, part) for row in ask(part, place_in, limit + 1 - len(found))]
        after = None
        if len(found) > limit:
            last, its = found[limit - 1]
            # what stands in a token for a value that is not there
            nothing = [] if its.valued else [0.0 if len(parts) > 2 else ""]
            return [row for row, _ in found[:limit]], encode(its.rank, *nothing, *its.keyset.place(last))
    return [row for row, _ in found], None
