"""The verbs of notices and mail."""

from typing import Any

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.secrets.envelope import seal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.workspace.notices import mailing, repository
from studiolo.studio.workspace.notices.errors import MailNotSet
from studiolo.studio.workspace.notices.schemas import (
    Mail,
    MailSettings,
    MailSettingsChange,
    MailTried,
    NoticeItem,
    NoticeMark,
    Unread,
)


def list_notices(ctx: Context, cursor: str | None = None, limit: int = 50, *, unread: bool = False) -> Page[NoticeItem]:
    """Return the own notices, newest first."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.page(tx, ctx, str(keys[0]) if keys else None, limit + 1, unread=unread)
    items = [repository.to_notice(row) for row in rows[:limit]]
    return Page(items=items, next=encode(items[-1].id) if len(rows) > limit else None)


def count_unread(ctx: Context) -> Unread:
    """Count the own unread notices."""
    with ctx.db.read() as tx:
        return Unread(unread=repository.count_unread(tx, ctx))


def mark(ctx: Context, spec: NoticeMark) -> Unread:
    """Mark own notices as read, or as unread."""
    with ctx.db.begin() as tx:
        if repository.mark(tx, ctx, spec.ids, ctx.clock.now() if spec.read else None):
            ctx.events.emit(tx, "notice.updated", ctx.actor.name)
        return Unread(unread=repository.count_unread(tx, ctx))


def mail_settings(ctx: Context) -> MailSettings | None:
    """Return how mail is sent, None where nobody has said so."""
    with ctx.db.read() as tx:
        row = repository.mail_settings(tx, ctx)
    return None if row is None else _shown(row)


def _shown(row: Any) -> MailSettings:
    fields = {name: getattr(row, name) for name in MailSettings.model_fields if name != "has_password"}
    return MailSettings(**fields, has_password=row.password is not None)


def set_mail(ctx: Context, spec: MailSettingsChange) -> MailSettings:
    """Say how mail is sent. The password is kept sealed, and goes when the server or the user name changes without a new one."""
    mailing.check_host(ctx, spec.host)
    values = spec.model_dump(exclude={"password"})
    with ctx.db.begin() as tx:
        old = repository.mail_settings(tx, ctx)
        values["password"] = None
        if spec.password:
            values["password"] = seal(master_key(ctx.settings), spec.password, mailing.about(ctx))
        elif spec.password is None and old is not None and (old.host, old.username) == (spec.host, spec.username):
            values["password"] = old.password  # a password never follows to another server
        repository.set_mail_settings(tx, ctx, values)
        about = {"host": spec.host, "port": spec.port, "username": spec.username}
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, "mail.set", spec.host, about)
        ctx.events.emit(tx, "mail.updated", spec.host)
        return _shown(repository.mail_settings(tx, ctx))


def remove_mail(ctx: Context) -> None:
    """Send no more mail from this workspace."""
    with ctx.db.begin() as tx:
        if not repository.remove_mail_settings(tx, ctx):
            raise MailNotSet
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, "mail.removed", ctx.workspace, {})
        ctx.events.emit(tx, "mail.updated", ctx.workspace)


def try_mail(ctx: Context, to: str) -> MailTried:
    """Send a mail at once; returns what came of it."""
    with ctx.db.read() as tx:
        row = repository.mail_settings(tx, ctx)
    if row is None:
        raise MailNotSet
    return mailing.try_out(ctx, row, to)


def outbox(ctx: Context, cursor: str | None = None, limit: int = 50) -> Page[Mail]:
    """Return mails, newest first."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.mail_page(tx, ctx, str(keys[0]) if keys else None, limit + 1)
    items = [repository.to_mail(row) for row in rows[:limit]]
    return Page(items=items, next=encode(items[-1].id) if len(rows) > limit else None)
