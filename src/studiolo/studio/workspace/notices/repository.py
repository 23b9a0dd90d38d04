"""All SQL of notices and mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, exists, func, insert, select, update

from studiolo.kernel.auth.tables import accounts, memberships
from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.ids import new_id
from studiolo.studio.workspace.notices.schemas import Mail, Notice, NoticeItem
from studiolo.studio.workspace.notices.tables import mail_outbox as mails
from studiolo.studio.workspace.notices.tables import mail_settings as settings
from studiolo.studio.workspace.notices.tables import notices

Row = Any


def readers(tx: Connection, ctx: Context, roles: Sequence[str]) -> list[str]:
    """Return the ids of the members with one of these roles that can sign in."""
    query = (
        select(memberships.c.account_id)
        .join(accounts, accounts.c.id == memberships.c.account_id)
        .where(
            memberships.c.workspace_id == ctx.workspace_id, memberships.c.role.in_(list(roles)), ~accounts.c.disabled
        )
    )
    return list(tx.execute(query).scalars())


def insert_notices(tx: Connection, ctx: Context, account_ids: Sequence[str], notice: Notice) -> int:
    """Add a notice for each account that has none of this key; returns how many."""
    made = 0
    for account_id in account_ids:
        row: dict[str, Any] = {"id": new_id(), "workspace_id": ctx.workspace_id, "account_id": account_id}
        row |= {**notice.model_dump(), "created_at": ctx.clock.now()}
        keys = ["workspace_id", "account_id", "key"]
        change = ctx.db.upsert(notices).values(**row).on_conflict_do_nothing(index_elements=keys)
        made += tx.execute(change.returning(notices.c.id)).first() is not None
    return made


def page(tx: Connection, ctx: Context, before: str | None, limit: int, *, unread: bool) -> list[Row]:
    """Return the actor's notices, newest first."""
    query = select(notices).where(*_mine(ctx))
    if before:
        query = query.where(notices.c.id < before)
    if unread:
        query = query.where(notices.c.read_at.is_(None))
    return list(tx.execute(query.order_by(notices.c.id.desc()).limit(limit)))


def count_unread(tx: Connection, ctx: Context) -> int:
    """Count the actor's unread notices, up to a thousand."""
    some = select(notices.c.id).where(*_mine(ctx), notices.c.read_at.is_(None)).limit(1000).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())


def mark(tx: Connection, ctx: Context, ids: Sequence[str] | None, read_at: datetime | None) -> int:
    """Mark the actor's notices as read, or as unread; returns how many changed."""
    was = notices.c.read_at.is_(None) if read_at else notices.c.read_at.is_not(None)
    change = update(notices).where(*_mine(ctx), was)
    if ids is not None:
        change = change.where(notices.c.id.in_(list(ids)))
    return tx.execute(change.values(read_at=read_at)).rowcount


def anything_over(tx: Connection, ctx: Context, news: datetime, keep: datetime) -> bool:
    """Say whether there is a mail to give up (older than `news`), or anything to forget (older than `keep`)."""
    mine = mails.c.workspace_id == ctx.workspace_id
    waiting = exists().where(mine, mails.c.state == "pending", mails.c.created_at < news)
    old = exists().where(mine, mails.c.created_at < keep)
    told = exists().where(notices.c.workspace_id == ctx.workspace_id, notices.c.created_at < keep)
    return bool(tx.execute(select(waiting | old | told)).scalar())


def forget(tx: Connection, ctx: Context, before: datetime) -> int:
    """Remove notices and mails older than a moment."""
    gone = tx.execute(
        delete(notices).where(notices.c.workspace_id == ctx.workspace_id, notices.c.created_at < before)
    ).rowcount
    old = (mails.c.workspace_id == ctx.workspace_id, mails.c.created_at < before)
    return gone + tx.execute(delete(mails).where(*old)).rowcount


def give_up(tx: Connection, ctx: Context, before: datetime) -> int:
    """End mails that have waited for a mail server since before a moment: their news is no longer news."""
    where = (mails.c.workspace_id == ctx.workspace_id, mails.c.state == "pending", mails.c.created_at < before)
    return tx.execute(
        update(mails).where(*where).values(state="failed", error="No mail server took it in time.")
    ).rowcount


def _mine(ctx: Context) -> tuple[Any, ...]:
    return (notices.c.workspace_id == ctx.workspace_id, notices.c.account_id == ctx.actor.id)


def insert_mail(tx: Connection, ctx: Context, recipient: str, key: str, subject: str, body: str) -> None:
    """Put a mail into the outbox; one of this key to this recipient is sent once."""
    now = ctx.clock.now()
    row: dict[str, Any] = {
        "id": new_id(),
        "workspace_id": ctx.workspace_id,
        "key": key,
        "recipient": recipient,
        "subject": subject,
    }
    row |= {"body": body, "state": "pending", "attempts": 0, "next_at": now, "created_at": now}
    keys = ["workspace_id", "recipient", "key"]
    tx.execute(ctx.db.upsert(mails).on_conflict_do_nothing(index_elements=keys), row)


_DUE = Prepared(  # asked at every tick of the controller, and to build a statement takes longer than to run it
    select(mails.c.id)
    .where(
        mails.c.workspace_id == bindparam("workspace_id"),
        mails.c.state == "pending",
        mails.c.next_at <= bindparam("now"),
    )
    .order_by(mails.c.next_at)
    .limit(bindparam("most", type_=Integer))
)


def due(tx: Connection, ctx: Context, now: datetime, limit: int) -> list[str]:
    """Return the ids of mails that are to be sent now, those that wait longest first."""
    return [row.id for row in _DUE.all(tx, {"workspace_id": ctx.workspace_id, "now": now, "most": limit})]


def take(tx: Connection, mail_id: str, now: datetime, until: datetime) -> Row | None:
    """Take a mail that is due, so that nobody else sends it before `until`; None when somebody did."""
    where = (mails.c.id == mail_id, mails.c.state == "pending", mails.c.next_at <= now)
    change = update(mails).where(*where).values(attempts=mails.c.attempts + 1, next_at=until)
    if not tx.execute(change).rowcount:
        return None
    return tx.execute(select(mails).where(mails.c.id == mail_id)).first()


def finish(tx: Connection, mail_id: str, values: Mapping[str, Any]) -> None:
    """Write what came of an attempt."""
    tx.execute(update(mails).where(mails.c.id == mail_id).values(**values))


def mail_page(tx: Connection, ctx: Context, before: str | None, limit: int) -> list[Row]:
    """Return mails, newest first."""
    query = select(mails).where(mails.c.workspace_id == ctx.workspace_id)
    if before:
        query = query.where(mails.c.id < before)
    return list(tx.execute(query.order_by(mails.c.id.desc()).limit(limit)))


def mail_settings(tx: Connection, ctx: Context) -> Row | None:
    """Return how mail is sent, None where nobody has said so."""
    return tx.execute(select(settings).where(settings.c.workspace_id == ctx.workspace_id)).first()


def set_mail_settings(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> None:
    """Keep how mail is sent."""
    tx.execute(delete(settings).where(settings.c.workspace_id == ctx.workspace_id))
    row = {**values, "workspace_id": ctx.workspace_id, "updated_at": ctx.clock.now(), "updated_by": ctx.actor.name}
    tx.execute(insert(settings).values(**row))


def remove_mail_settings(tx: Connection, ctx: Context) -> bool:
    """Send no more mail; False when none was sent."""
    return tx.execute(delete(settings).where(settings.c.workspace_id == ctx.workspace_id)).rowcount == 1


def to_notice(row: Row) -> NoticeItem:
    """Return a notice as it is shown."""
    return NoticeItem(**{name: getattr(row, name) for name in NoticeItem.model_fields})


def to_mail(row: Row) -> Mail:
    """Return a mail as it is shown."""
    fields = {name: getattr(row, name) for name in Mail.model_fields if name != "to"}
    if row.state != "pending":
        fields["next_at"] = None
    return Mail(to=row.recipient, **fields)
