"""The nouns of webhooks on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.kernel.wording import NO_NUL, worded

NAME = worded(
    r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$",
    "letters, digits, '.', '_' and '-' between two letters or digits, at most 63",
)
Name = Annotated[str, Field(pattern=NAME)]
Secret = Annotated[str, Field(max_length=1000, pattern=NO_NUL)]
Text = Annotated[str, Field(max_length=5000, pattern=NO_NUL)]
Kinds = Annotated[list[str], Field(min_length=1, max_length=100)]
Status = Literal["active", "disabled"]


class WebhookCreate(BaseModel):
    """url: https; events: kinds such as `model_version.created`; secret: signs each delivery, and is never shown again."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    url: str
    events: Kinds
    description: Text = ""
    secret: Secret | None = None
    status: Status = "active"


class WebhookPatch(BaseModel):
    """What is absent stays; an empty secret removes it."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: str | None = None
    events: Kinds | None = None
    description: Text | None = None
    secret: Secret | None = None
    status: Status | None = None


class Webhook(BaseModel):
    """url: whole for those who may change it, for others without its path, which may hold a secret."""

    id: str
    name: str
    url: str
    events: list[str]
    description: str
    status: Status
    has_secret: bool
    created_at: datetime
    updated_at: datetime


class Delivery(BaseModel):
    """One event for one webhook. event: number in the outbox, none for a test; status: of the last answer.

    next_at: when it is tried again; answer: the beginning of what came back.
    """

    id: str
    kind: str
    test: bool
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    status: int | None
    error: str | None
    answer: str | None
    seconds: float | None
    created_at: datetime
    sent_at: datetime | None
    next_at: datetime | None


class WebhookTest(BaseModel):
    """event: the kind whose example is sent; none: the first that the webhook is told of."""

    model_config = ConfigDict(extra="forbid")

    event: str | None = None
