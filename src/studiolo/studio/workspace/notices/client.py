"""Notices and mail in Python: `studio.workspace.notices`, `studio.workspace.mail`."""

import builtins  # `list` is a verb here
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.workspace.notices.schemas import Mail, MailSettings, MailTried, NoticeItem


class Notices:
    """What the studio has told the own account."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def list(self, *, unread: bool = False, limit: int = 50) -> builtins.list[NoticeItem]:
        """Return the newest notices, or those that are unread."""
        page = self._http.get("workspace/notices", unread="true" if unread else None, limit=limit)
        return [NoticeItem.model_validate(item) for item in page["items"]]

    def unread(self) -> int:
        """Return how many are unread."""
        return int(self._http.get("workspace/notices/unread")["unread"])

    def mark(self, ids: builtins.list[str] | None = None, *, read: bool = True) -> int:
        """Mark notices as read, or as unread; without ids all of them. Returns how many are unread now."""
        return int(self._http.post("workspace/notices/marks", {"ids": ids, "read": read})["unread"])


class MailSender:
    """How mail is sent from the workspace, and what was sent."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def show(self) -> MailSettings | None:
        """Return how mail is sent, None where nobody has said so."""
        found = self._http.get("workspace/mail")
        return MailSettings.model_validate(found) if found else None

    def set(self, host: str, sender: str, *, password: str | None = None, **how: Any) -> MailSettings:
        """Say how mail is to be sent.

        how: port (587), security (`starttls`, `tls` or `none`), username. password: None keeps the one that is there.
        """
        spec = {"host": host, "sender": sender, "password": password, **how}
        return MailSettings.model_validate(self._http.put("workspace/mail", spec))

    def remove(self) -> None:
        """Send no more mail."""
        self._http.delete("workspace/mail")

    def test(self, to: str) -> MailTried:
        """Send a mail at once and return what came of it."""
        return MailTried.model_validate(self._http.post("workspace/mail/test", {"to": to}))

    def outbox(self, limit: int = 50) -> builtins.list[Mail]:
        """Return the newest mails."""
        return [Mail.model_validate(item) for item in self._http.get("workspace/mail/outbox", limit=limit)["items"]]
