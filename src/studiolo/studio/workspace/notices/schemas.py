"""The nouns of notices on the wire."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

Severity = Literal["good", "info", "warning", "problem"]


def _plain(text: str) -> str:
    """Refuse what could end a header of a mail."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("it holds control characters")
    return text


_ADDRESS = r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+$"


def _address(text: str) -> str:
    if not re.fullmatch(_ADDRESS, text):
        raise ValueError(f"'{text}' is no mail address, such as ann@example.org")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_plain)]
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    AfterValidator(_plain),
    AfterValidator(_address),  # rather than a pattern, whose error would show the pattern
    WithJsonSchema({"type": "string", "maxLength": 254, "pattern": _ADDRESS}),
]


class Notice(BaseModel):
    """What is told. href: of the page below the workspace; key: telling it twice is telling it once."""

    kind: str
    severity: Severity = "info"
    title: str
    text: str = ""
    href: str = ""
    key: str


class NoticeItem(BaseModel):
    """A notice as one member has it. read_at: none while it is unread."""

    id: str
    kind: str
    severity: Severity
    title: str
    text: str
    href: str
    created_at: datetime
    read_at: datetime | None = None


class Unread(BaseModel):
    """How many notices are unread."""

    unread: int


class NoticeMark(BaseModel):
    """Notices to mark; none: all of them. read: false makes them unread again."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] | None = Field(None, max_length=1000)
    read: bool = True


class MailSettings(BaseModel):
    """How mail is sent. security: `starttls` (587), `tls` (465) or `none` (25); has_password: one is kept, and never shown."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    sender: str
    has_password: bool
    updated_at: datetime
    updated_by: str


class MailSettingsChange(BaseModel):
    """How mail is to be sent. password: left out keeps the one that is there, empty removes it."""

    model_config = ConfigDict(extra="forbid")

    host: Line = Field(min_length=1)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Line = ""
    password: str | None = Field(None, max_length=1000)
    sender: Address


class MailTest(BaseModel):
    """Where a mail is sent to try the settings out."""

    model_config = ConfigDict(extra="forbid")

    to: Address


class MailTried(BaseModel):
    """What came of a try. detail: what the mail server said; hint: what to do."""

    ok: bool
    detail: str = ""
    hint: str = ""
    milliseconds: int


class Mail(BaseModel):
    """A mail of the outbox. state: pending, sent or failed; next_at: of the next attempt."""

    id: str
    to: str
    subject: str
    state: Literal["pending", "sent", "failed"]
    attempts: int
    error: str | None = None
    next_at: datetime | None = None
    created_at: datetime
    sent_at: datetime | None = None
