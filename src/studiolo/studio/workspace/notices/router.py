"""Routes of notices and mail."""

from fastapi import APIRouter, Depends, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.workspace.notices import service
from studiolo.studio.workspace.notices.schemas import (
    Mail,
    MailSettings,
    MailSettingsChange,
    MailTest,
    MailTried,
    NoticeItem,
    NoticeMark,
    Unread,
)

router = APIRouter()


@router.get("/notices")
def list_notices(
    unread: bool = False,
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=1000),
    ctx: Context = Depends(context),
) -> Page[NoticeItem]:
    """List the own notices, newest first."""
    ctx.actor.must("workspace.read")
    return service.list_notices(ctx, cursor, limit, unread=unread)


@router.get("/notices/unread")
def count_unread(ctx: Context = Depends(context)) -> Unread:
    """Count the own unread notices."""
    ctx.actor.must("workspace.read")
    return service.count_unread(ctx)


@router.post("/notices/marks")
def mark_notices(spec: NoticeMark, ctx: Context = Depends(context)) -> Unread:
    """Mark own notices as read, or as unread; without ids all of them."""
    ctx.actor.must("workspace.read")
    return service.mark(ctx, spec)


@router.get("/mail")
def get_mail(ctx: Context = Depends(context)) -> MailSettings | None:
    """Say how mail is sent, null where nobody has set it up; the password is never shown."""
    ctx.actor.must("workspace.write")
    return service.mail_settings(ctx)


@router.put("/mail")
def set_mail(spec: MailSettingsChange, ctx: Context = Depends(context)) -> MailSettings:
    """Say how mail is to be sent."""
    ctx.actor.must("workspace.write")
    return service.set_mail(ctx, spec)


@router.delete("/mail", status_code=204)
def remove_mail(ctx: Context = Depends(context)) -> None:
    """Send no more mail."""
    ctx.actor.must("workspace.write")
    service.remove_mail(ctx)


@router.post("/mail/test")
def try_mail(spec: MailTest, ctx: Context = Depends(context)) -> MailTried:
    """Send a mail at once, and return what came of it."""
    ctx.actor.must("workspace.write")
    return service.try_mail(ctx, spec.to)


@router.get("/mail/outbox")
def list_mail(
    cursor: str | None = None, limit: int = Query(50, ge=1, le=1000), ctx: Context = Depends(context)
) -> Page[Mail]:
    """List what was sent, or waits, newest first."""
    ctx.actor.must("workspace.write")
    return service.outbox(ctx, cursor, limit)
