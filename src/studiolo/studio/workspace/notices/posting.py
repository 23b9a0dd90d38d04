"""Tell the members of a workspace something, in the transaction of what it tells of."""

from collections.abc import Sequence

from sqlalchemy import Connection

from studiolo.kernel.auth.roles import PERMISSIONS, allows
from studiolo.kernel.context import Context
from studiolo.studio.workspace.notices import repository
from studiolo.studio.workspace.notices.schemas import Notice

NEEDED = "datasets.read"  # who may read the page that a notice leads to


def post(tx: Connection, ctx: Context, notice: Notice, mail_to: Sequence[str] = ()) -> bool:
    """Give a notice to every member who may read what it is about, and put a mail for each address into the outbox.

    Returns False when it had been told before: telling twice is telling once.
    """
    roles = [role.value for role, granted in PERMISSIONS.items() if allows(granted, NEEDED)]
    made = repository.insert_notices(tx, ctx, repository.readers(tx, ctx, roles), notice)
    body = f"{notice.text}\n\n{address(ctx, notice.href)}\n" if notice.href else f"{notice.text}\n"
    for recipient in dict.fromkeys(mail_to):
        repository.insert_mail(tx, ctx, recipient, notice.key, f"[{ctx.workspace}] {notice.title}", body)
    if made:
        ctx.events.emit(tx, "notice.created", notice.kind, {"title": notice.title, "severity": notice.severity})
    return bool(made)


def address(ctx: Context, href: str) -> str:
    """Return the address of a page as people use it."""
    settings = ctx.settings
    root = settings.public_url or settings.url or f"http://{settings.host}:{settings.port}"
    return f"{root.rstrip('/')}/w/{ctx.workspace}/{href}"
