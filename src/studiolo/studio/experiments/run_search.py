"""Search of runs: MLflow's filter and order in SQL over indexed rows, pages by keyset."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    DateTime,
    Select,
    String,
    any_,
    bindparam,
    literal_column,
    select,
    type_coerce,
)

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.mlflow.conditions import Keyset, SortKey
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import Comparison, Order
from studiolo.kernel.paging import encode
from studiolo.studio.experiments import keys, run_walk
from studiolo.studio.experiments.run_conditions import ALIASES, RECORDED, bound, condition, ordered
from studiolo.studio.experiments.tables import STARTED, experiments, runs
from studiolo.studio.experiments.tracking import HEAD
from studiolo.studio.experiments.tracking_tables import run_docs

MAX_STATEMENTS = 500  # that are kept, since to build one takes longer than to run it
_statements: dict[Hashable, tuple[Select[Any], Keyset] | list[run_walk.Section]] = {}
_texts: dict[Hashable, Prepared] = {}
CHUNK = 1000  # runs whose rows are read by one query
RUN_ROWS = select(runs, experiments.c.artifact_location, experiments.c.name.label("experiment_name")).join(
    experiments, experiments.c.number == runs.c.experiment
)
_r = runs.c
_OWN = (
    *(_r.id, _r.name, _r.experiment, _r.user, _r.state),
    # as the driver has them: to make moments aware costs as much as all else of a row
    *(type_coerce(STARTED, DateTime).label("started"), type_coerce(_r.ended_at, DateTime).label("ended")),
    _r.lifecycle,
)
ROWS = (
    select(_r.seq, *_OWN, experiments.c.artifact_location, run_docs.c.doc)
    .join(experiments, experiments.c.number == _r.experiment)
    .outerjoin(run_docs, run_docs.c.run == _r.seq)
)
_VERSIONED = ROWS.add_columns(
    literal_column("runs.xmin").label("run_version"), literal_column("run_docs.xmin").label("doc_version")
)
_AMONG = _r.seq == any_(bindparam("seqs", type_=ARRAY(BigInteger)))
_OF_ALL, _VERSIONED_OF_ALL = (Prepared(query.where(_AMONG), binary=True) for query in (ROWS, _VERSIONED))
_BY_SEQ = ROWS.where(_r.seq.in_(bindparam("seqs", expanding=True)))
_BY_ID = Prepared(ROWS.where(_r.id == bindparam("run_id"), _r.workspace_id == bindparam("workspace_id")))


def row(tx: Connection, ctx: Context, run_id: str) -> Any:
    """Return what MLflow's replies show of a run, with its ready document; None when it is not there."""
    return _BY_ID.first(tx, {"run_id": run_id, "workspace_id": ctx.workspace_id})


def rows(tx: Connection, seqs: Sequence[int]) -> list[Any]:
    """Return the same of several runs, in the order given; one that is gone is left out."""
    if tx.dialect.name == "postgresql":
        found = _numbered(_OF_ALL, tx, seqs)
    else:
        found = {}
        for start in range(0, len(seqs), CHUNK):
            found.update((one.seq, one) for one in tx.execute(_BY_SEQ, {"seqs": seqs[start : start + CHUNK]}))
    return [found[seq] for seq in seqs if seq in found]


def _numbered(query: Prepared, tx: Connection, seqs: Sequence[int]) -> dict[int, Any]:
    return {one.seq: one for one in query.as_read(tx, {"seqs": list(seqs)})}


def versioned(tx: Connection, seqs: Sequence[int]) -> dict[int, Any]:
    """Return the same by number, with the versions that PostgreSQL has of a run's row and of its document."""
    return _numbered(_VERSIONED_OF_ALL, tx, seqs)


def page(
    tx: Connection,
    ctx: Context,
    experiment_ids: list[int] | None,
    lifecycle: str | None,
    filters: list[Comparison],
    orders: list[Order],
    token: str,
    limit: int,
) -> tuple[list[Any], str | None]:
    """Return a page of runs as `rows` has them, and the token of the next page; experiment_ids None: of every experiment."""
    search = _kept(tx, ctx, experiment_ids, lifecycle, filters, orders)
    lists = experiment_ids is not None and len(experiment_ids) != 1
    first = not lists and at_once(ctx, filters, token)
    found, following = search.beginning(tx, limit) if first else search.page(tx, token, limit)
    return rows(tx, [one.seq for one in found]), following


def beginning(
    tx: Connection,
    ctx: Context,
    experiment_ids: list[int] | None,
    lifecycle: str | None,
    filters: list[Comparison],
    orders: list[Order],
    limit: int,
) -> tuple[list[Any], str | None]:
    """Return the first page of what may be read `at_once`: of each run its number and versions; and the token of the next page.

    It comes with one request, whose text is kept: so one in which no values stand.
    """
    return _kept(tx, ctx, experiment_ids, lifecycle, filters, orders).beginning(tx, limit)


def at_once(ctx: Context, filters: Sequence[Comparison], token: str) -> bool:
    """Say whether a page of one experiment, or of all of them, is read with single statements, so that `glance` is enough.

    What walks through parts of a list sees each part in a state of its own, as two pages do.
    """
    return ctx.db.dialect == "postgresql" and not token and all(c.entity in RECORDED for c in filters)


@dataclass(frozen=True)
class _Search:
    """A search whose statements are kept. found: what sorts, or the parts of a walk; values: of the parameters of the statements."""

    shape: Hashable
    found: tuple[Select[Any], Keyset] | list[run_walk.Section]
    values: dict[str, Any]

    def page(self, tx: Connection, token: str, limit: int) -> tuple[list[Any], str | None]:
        """Return rows that have the number of a run, and the token of the next page."""
        if isinstance(self.found, list):

            def ask(part: run_walk.Section, place: Sequence[Any] | None, most: int) -> list[Any]:
                return part.keyset.after(tx, part.query, place, most, self.values)

            return run_walk.page(self.found, token, limit, ask)
        query, keyset = self.found
        return keyset.page(tx, query, token, limit, self.values)

    def beginning(self, tx: Connection, limit: int) -> tuple[list[Any], str | None]:
        """Return numbers and versions of the first page, with one request for each part that is looked into."""
        if isinstance(self.found, list):

            def ask(part: run_walk.Section, _place: Sequence[Any] | None, _most: int) -> list[Any]:
                return self._whole(tx, part.query, part.keyset, limit + 1, part.rank)

            return run_walk.page(self.found, "", limit, ask)
        query, keyset = self.found
        found = self._whole(tx, query, keyset, limit + 1)
        if len(found) <= limit:
            return found, None
        return found[:limit], encode(*keyset.place(found[limit - 1]))

    def _whole(
        self, tx: Connection, query: Select[Any], keyset: Keyset, most: int, rank: int | None = None
    ) -> list[Any]:
        shape = (rank, most, self.shape)
        found = _texts.get(shape)
        if found is None:
            if len(_texts) >= MAX_STATEMENTS:
                _texts.clear()
            found = _texts[shape] = Prepared(_with_versions(query, keyset, most), binary=True, passing=True)
        return found.as_read(tx, self.values)


def _with_versions(query: Select[Any], keyset: Keyset, most: int) -> Select[Any]:
    page, order = keyset.beginning(query.add_columns(literal_column("runs.xmin").label("run_version")), most)
    found = select(page, literal_column("run_docs.xmin").label("doc_version"))
    return found.select_from(page.outerjoin(run_docs, run_docs.c.run == page.c.seq)).order_by(*order)


def _kept(
    tx: Connection,
    ctx: Context,
    experiment_ids: list[int] | None,
    lifecycle: str | None,
    filters: list[Comparison],
    orders: list[Order],
) -> _Search:
    named = {c.key for c in filters if c.entity in RECORDED} | {o.key for o in orders if o.entity in RECORDED}
    numbers = keys.committed(tx, ctx, named) if named else {}
    clauses = _clauses(orders)
    led = bool(clauses) and run_walk.leads(clauses[0], numbers)
    scope = run_walk.Scope(ctx.workspace_id, experiment_ids, lifecycle)
    if scope.in_order and not filters and (not clauses or clauses[0] == ("attribute", "start_time", False)):
        few: tuple[int, ...] = ()  # the first page of a list: an index has it
    else:
        few = run_walk.few(tx, scope, filters, numbers)
    walks = led and not few
    shape = (walks, _shape(ctx.db.dialect, scope, filters, clauses, numbers, few))
    found = _statements.get(shape)
    if found is None:
        if len(_statements) >= MAX_STATEMENTS:
            _statements.clear()
        made = _walk if walks else _statement
        found = _statements[shape] = made(ctx.db.dialect, scope, filters, clauses, numbers, few)
    values: dict[str, Any] = {"workspace": scope.workspace_id, "experiments": scope.experiments}
    if experiment_ids is not None and scope.one:
        values["experiment"] = experiment_ids[0]
    for n, (_, key, _, value) in enumerate(filters):
        values |= {f"k{n}": numbers.get(key), f"v{n}": value, f"h{n}": value[:HEAD] if isinstance(value, str) else ""}
    values |= {f"o{n}": numbers.get(key) for n, (_, key, _) in enumerate(clauses)}
    return _Search(shape, found, values)


def _shape(
    dialect: str,
    scope: run_walk.Scope,
    filters: list[Comparison],
    clauses: list[tuple[str, str, bool]],
    numbers: dict[str, int],
    few: tuple[int, ...],
) -> Hashable:
    """Return all of a search that its statement depends on, but not the values that are its parameters."""
    compared = [
        (c.entity, c.operator, c.key in numbers, type(c.value), run_walk.exact(c)) if c.entity in RECORDED else c
        for c in filters
    ]
    by = [(e, key in numbers, up) if e in RECORDED else (e, key, up) for e, key, up in clauses]
    own = (dialect, scope.experiments is None, scope.one, scope.lifecycle, few)
    return (own, tuple(compared), tuple(by))


def _statement(
    dialect: run_walk.Dialect,
    scope: run_walk.Scope,
    filters: list[Comparison],
    clauses: list[tuple[str, str, bool]],
    numbers: dict[str, int],
    few: tuple[int, ...],
) -> tuple[Select[Any], Keyset]:
    """Build what finds a page by sorting, with parameters in the place of values."""
    own = _parameters(scope)
    driver = run_walk.driver(few, filters, own, bound)
    query = run_walk.within(select(runs.c.seq), dialect, own, driver, led=False, in_order=scope.in_order)
    places = [n for n in range(len(filters)) if n not in few or not run_walk.exact(filters[n])]
    for n in sorted(places, key=lambda n: not run_walk.exact(filters[n])):  # what mostly leaves fewer is asked first
        query = query.where(condition(filters[n], numbers, n, dialect))
    query, sort = _sorted(query, clauses, numbers)
    return query, Keyset(sort)


def _walk(
    dialect: run_walk.Dialect,
    scope: run_walk.Scope,
    filters: list[Comparison],
    clauses: list[tuple[str, str, bool]],
    numbers: dict[str, int],
    _few: tuple[int, ...],
) -> list[run_walk.Section]:
    """Build what finds a page by following an index, with parameters in the place of values."""
    own = _parameters(scope)
    query = run_walk.within(select(runs.c.seq), dialect, own, None, led=True, in_order=scope.in_order)
    query = query.where(*(condition(comparison, numbers, n, dialect) for n, comparison in enumerate(filters)))
    query, sort = _sorted(query, clauses, numbers, led=True)
    return run_walk.sections(query, run_walk.lead_of(clauses[0], bound("o0", None)), sort)


def _parameters(scope: run_walk.Scope) -> run_walk.Scope:
    """Return parameters in the place of a workspace and of experiments: of one by itself, so that a text is made once."""
    own: Any = None if scope.experiments is None else bindparam("experiments", expanding=True)
    if scope.one:
        own = [bindparam("experiment", type_=BigInteger)]
    return run_walk.Scope(bindparam("workspace", type_=String), own, scope.lifecycle)


def _sorted(
    query: Select[Any], clauses: list[tuple[str, str, bool]], numbers: dict[str, int], *, led: bool = False
) -> tuple[Select[Any], list[SortKey]]:
    """Add what is sorted by; led: a walk is in the order of the first clause already."""
    sort: list[SortKey] = []
    for n, (entity, key, ascending) in enumerate(clauses):
        if led and n == 0:
            continue
        number = bound(f"o{n}", None) if key in numbers else -1
        query, more = ordered(query, entity, key, ascending, number)
        sort += more
    asked = {clause[:2] for clause in clauses}
    if ("attribute", "start_time") not in asked:
        sort.append(SortKey(STARTED, ascending=False))
    if ("attribute", "run_id") not in asked:
        sort.append(SortKey(runs.c.id, ascending=True))
    return query, sort


def _clauses(orders: list[Order]) -> list[tuple[str, str, bool]]:
    found: list[tuple[str, str, bool]] = []
    for order in orders:
        key = ALIASES.get(order.key, order.key) if order.entity == "attribute" else order.key
        if any(known[:2] == (order.entity, key) for known in found):
            raise MlflowError(f"`order_by` contains duplicate fields: {[f'{o.entity}.{o.key}' for o in orders]}")
        found.append((order.entity, key, order.ascending))
    return found
