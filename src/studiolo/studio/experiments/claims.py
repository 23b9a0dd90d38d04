"""SQL of the reconciler: which jobs live, who leads them, and their guarded transitions."""

import hashlib
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    bindparam,
    func,
    or_,
    select,
    union_all,
    update,
)

from studiolo.kernel.auth import repository as accounts
from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import upsert
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments import turns
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec
from studiolo.studio.experiments.tables import IN_WORKSPACE, LIVE_INDEX, run_attempts, runs

UNREADABLE = "studio/unreadable"  # in the context of a spec that could not be read
_SPECS = 512
_specs: dict[str, JobSpec] = {}
HEAD = 50  # jobs of the queue that are looked at in a tick
LIVE = ("NotStarted", "Queued", "Provisioning", "Preparing", "Starting", "Running", "Finalizing")
WAITING = LIVE[:3]


@dataclass(frozen=True, slots=True)
class Claim:
    """A live job as it was read; every change of it is guarded by `version`."""

    seq: int
    id: str
    kind: str
    name: str
    user: str
    experiment: int
    parent_id: str | None
    state: str
    desired: str
    failure: str | None
    compute: str
    attempt: int
    version: int
    journal_offset: int
    started_at: datetime | None
    ended_at: datetime | None
    lease_token: str | None
    lease_until: datetime | None
    spec: JobSpec

    @property
    def holder(self) -> str:
        """Name of the attempt: of its directory below `attempts/`, and of what it holds of the compute."""
        return f"{self.id}/{self.attempt}"

    @property
    def next_holder(self) -> str:
        """Name of the attempt that would follow."""
        return f"{self.id}/{self.attempt + 1}"


_COLUMNS = [runs.c[name] for name in Claim.__slots__]


_OWN = select(*_COLUMNS).where(IN_WORKSPACE, LIVE_INDEX, runs.c.spec.is_not(None))
_WAITING = _OWN.where(runs.c.state.in_(WAITING))


def _alive(head: int) -> CompoundSelect[Any]:
    """Return the question for what is under way, the head of the queue in its order, and what was canceled."""
    parts = (
        _OWN.where(runs.c.state.in_(LIVE[3:])),
        _WAITING.order_by(*turns.ORDER).limit(head),
        _WAITING.where(runs.c.desired == "canceled").limit(head),
    )
    return union_all(*(select(part.add_columns(runs.c.priority, runs.c.turn).subquery()) for part in parts))


# asked at every tick and for every job
_LIVE = Prepared(_alive(HEAD))
_AGAIN = Prepared(select(*_COLUMNS).where(runs.c.seq == bindparam("seq"), runs.c.state.in_(LIVE)))
_QUEUED_AS = Prepared(select(*_COLUMNS).where(runs.c.id == bindparam("id"), runs.c.state == "Queued"))
_MOVE = update(runs).where(
    runs.c.seq == bindparam("of_seq"),
    runs.c.version == bindparam("of_version"),
    runs.c.state == bindparam("of_state"),
    or_(
        runs.c.lease_token.is_(None),
        runs.c.lease_token == bindparam("of_token"),
        runs.c.lease_until < bindparam("of_now", type_=runs.c.lease_until.type),
    ),
)
_CHILDREN = Prepared(
    select(runs.c.seq, runs.c.id, runs.c.kind).where(
        runs.c.parent_id == bindparam("parent"), runs.c.spec.is_(None), runs.c.state.in_(LIVE)
    )
)
_FIRST = (
    select(runs.c.seq)
    .where(LIVE_INDEX, runs.c.state == "Queued", runs.c.spec.is_not(None), runs.c.desired != "canceled")
    .where(func.coalesce(runs.c.compute, "local") == bindparam("compute"))
    .order_by(*turns.ORDER)
    .limit(1)
)
_FIRST_HERE = Prepared(_FIRST)


def live(tx: Connection, workspace_id: str) -> list[Claim]:
    """Return the live jobs of a workspace: those under way, the head of the queue in its order, and what was canceled."""
    found = {row.seq: row for row in _LIVE.all(tx, {"workspace_id": workspace_id})}
    return [_claim(row) for row in sorted(found.values(), key=_turn)]


def _turn(row: Any) -> tuple[bool, int, int, int]:
    """Return where a job comes in a tick: those under way first, by age, then the queue in its order."""
    waits = row.state in WAITING
    return waits, -row.priority if waits else 0, row.turn if waits else 0, row.seq


def queued(tx: Connection, workspace_id: str, computes: Collection[str], without: Collection[int]) -> list[Claim]:
    """Return the head of what waits for some computes, in the order of the queue; without: numbers of jobs."""
    of_them = func.coalesce(runs.c.compute, "local").in_(list(computes))
    query = _WAITING.where(of_them, runs.c.seq.not_in(list(without))).order_by(*turns.ORDER).limit(HEAD)
    return [_claim(row) for row in tx.execute(query, {"workspace_id": workspace_id})]


def again(tx: Connection, seq: int) -> Claim | None:
    """Return a job as it is now, None when it has ended."""
    row = _AGAIN.first(tx, {"seq": seq})
    return _claim(row) if row else None


def queued_as(tx: Connection, run_id: str) -> Claim | None:
    """Return a job that is queued, by the id of its run."""
    row = _QUEUED_AS.first(tx, {"id": run_id})
    return _claim(row) if row else None


@dataclass(frozen=True, slots=True)
class Lead:
    """The lease of a controller on the jobs that it leads. token: its name; seconds: how long it lasts."""

    token: str
    seconds: float

    def has(self, claim: Claim, now: datetime) -> bool:
        """Say whether a lease is ours and has more than half of its time left, so that it need not be renewed."""
        until = claim.lease_until
        return (
            claim.lease_token == self.token and until is not None and (until - now).total_seconds() > self.seconds / 2
        )

    def free(self, now: datetime) -> ColumnElement[bool]:
        """Return the condition that a job may be led."""
        return or_(runs.c.lease_token.is_(None), runs.c.lease_token == self.token, runs.c.lease_until < now)

    def values(self, now: datetime) -> dict[str, Any]:
        """Return the columns of a job that is led from now on."""
        return {"lease_token": self.token, "lease_until": now + timedelta(seconds=self.seconds)}


def lead_of(ctx: Context) -> Lead:
    """Return the lease under which the controller of this home leads jobs: a new one goes on where a killed one stopped.

    There is one controller per home (`controller.lock`), so its name is the home's.
    """
    return Lead(_token(str(ctx.settings.home)), ctx.settings.lease_seconds)


@lru_cache
def _token(home: str) -> str:
    return hashlib.sha256(f"{platform.node()}:{home}".encode()).hexdigest()[:32]


def lead(tx: Connection, ctx: Context, claim: Claim, lead_: Lead) -> bool:
    """Take or renew the lead of a job; False while another controller has it."""
    now = ctx.clock.now()
    change = update(runs).where(runs.c.seq == claim.seq, runs.c.state.in_(LIVE), lead_.free(now))
    return tx.execute(change.values(**lead_.values(now))).rowcount == 1


def move(tx: Connection, ctx: Context, claim: Claim, state: str, values: Mapping[str, Any], lead_: Lead) -> bool:
    """Change the state of a job that is led, or is from now on, unless somebody else has; a terminal state is never left."""
    now = ctx.clock.now()
    lease = {"lease_token": None, "lease_until": None} if state in TERMINAL else lead_.values(now)
    columns = {"state": state, "version": claim.version + 1, **lease, **values}
    read = {"of_seq": claim.seq, "of_version": claim.version, "of_state": claim.state}
    free = {"of_token": lead_.token, "of_now": now}
    return _moving(tuple(columns)).run(tx, {**columns, **read, **free}) == 1


@lru_cache
def _moving(names: tuple[str, ...]) -> Prepared:
    return Prepared(_MOVE.values({name: bindparam(name) for name in names}))


def job_token(tx: Connection, ctx: Context, claim: Claim) -> str | None:
    """Make the token of a job that starts, as the account that submitted it; None when that is gone."""
    account = account_of(tx, claim.user)
    hours = ctx.settings.job_token_hours
    return auth.job_token(tx, ctx.clock, account, ctx.workspace_id, claim.id, hours) if account else None


def take_journal(tx: Connection, claim: Claim, taken: int) -> bool:
    """Move the offset of the journal; False when somebody else has applied these lines."""
    change = update(runs).where(
        runs.c.seq == claim.seq, runs.c.journal_offset == claim.journal_offset, runs.c.attempt == claim.attempt
    )
    return tx.execute(change.values(journal_offset=claim.journal_offset + taken)).rowcount == 1


def open_children(tx: Connection, run_id: str) -> list[Any]:
    """Return the children that a job reported and that have not ended; jobs among the children end by themselves."""
    return _CHILDREN.all(tx, {"parent": run_id})


def close(tx: Connection, seqs: Sequence[int], values: Mapping[str, Any]) -> None:
    """End runs that nothing works on any more."""
    if seqs:
        tx.execute(update(runs).where(runs.c.seq.in_(seqs), runs.c.state.in_(LIVE)).values(**values))


def note_attempt(tx: Connection, ctx: Context, claim: Claim, values: Mapping[str, Any]) -> None:
    """Keep what an attempt came to."""
    change = _noting(ctx.db.dialect, tuple(values))
    change.run(tx, {"run_seq": claim.seq, "number": claim.attempt, **values})


@lru_cache
def _noting(dialect: str, names: tuple[str, ...]) -> Prepared:
    change = upsert(dialect, run_attempts)
    excluded = {name: change.excluded[name] for name in names}
    return Prepared(change.on_conflict_do_update(index_elements=["run_seq", "number"], set_=excluded))


def spent(tx: Connection, claim: Claim) -> dict[str, int]:
    """Return how many attempts of a job before this one ended in each class of failure."""
    query = select(run_attempts.c.failure, func.count()).where(
        run_attempts.c.run_seq == claim.seq,
        run_attempts.c.number < claim.attempt,
        run_attempts.c.failure.is_not(None),
    )
    return {failure: int(count) for failure, count in tx.execute(query.group_by(run_attempts.c.failure))}


def attempts(tx: Connection, seq: int) -> list[Any]:
    """Return the attempts of a job, first to last."""
    return list(tx.execute(select(run_attempts).where(run_attempts.c.run_seq == seq).order_by(run_attempts.c.number)))


def account_of(tx: Connection, name: str) -> str | None:
    """Return the id of the account that submitted a job."""
    row = accounts.account_by_name(tx, name)
    return str(row.id) if row else None


def is_next(tx: Connection, ctx: Context, claim: Claim, without: Collection[int]) -> bool:
    """Say whether a queued job is the first of its compute's queue; that of this machine all workspaces share.

    without: numbers of jobs that are passed over because they are in trouble.
    """
    if claim.compute == "local" and not without:
        return bool(_FIRST_HERE.scalar(tx, {"compute": claim.compute}) == claim.seq)
    first = _FIRST.where(runs.c.seq.not_in(list(without)))
    if claim.compute != "local":  # clusters are of a workspace, and others may have the same names
        first = first.where(runs.c.workspace_id == ctx.workspace_id)
    return tx.execute(first, {"compute": claim.compute}).scalar_one_or_none() == claim.seq


def waiting(tx: Connection, ctx: Context, compute: str) -> int:
    """Count the queued jobs of a compute of the workspace."""
    query = select(func.count()).where(IN_WORKSPACE, LIVE_INDEX, runs.c.state == "Queued", runs.c.spec.is_not(None))
    query = query.where(runs.c.desired != "canceled", runs.c.compute == compute)
    return int(tx.execute(query, {"workspace_id": ctx.workspace_id}).scalar_one())


def _claim(row: Any) -> Claim:
    values = {name: getattr(row, name) for name in Claim.__slots__}
    return Claim(**{**values, "spec": spec_of(row.id, row.spec), "compute": row.compute or "local"})


def spec_of(run_id: str, stored: dict[str, Any]) -> JobSpec:
    """Read a spec, once per job: it never changes, and may name many files.

    One that this version cannot read becomes a job that fails with a sentence, rather than one that is never looked at.
    """
    if run_id not in _specs:
        if len(_specs) >= _SPECS:
            _specs.clear()
        known = {key: value for key, value in stored.items() if key in JobSpec.model_fields}
        try:
            _specs[run_id] = JobSpec.model_validate(known)
        except ValidationError as error:
            first = error.errors()[0]
            said = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
            _specs[run_id] = JobSpec(command=["false"], context={UNREADABLE: said})
    return _specs[run_id]
