"""The nouns of a workspace on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.kernel.auth.roles import Role
from studiolo.kernel.wording import NO_NUL, worded

WORKSPACE_NAME = worded(
    r"^[a-z0-9][a-z0-9-]{0,62}$", "small letters, digits and '-', beginning with a letter or digit, at most 63"
)
ACCOUNT_NAME = worded(
    r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$",
    "letters, digits, '.', '_', '@', '+' and '-', beginning with a letter or digit, at most 64",
)
Scope = Annotated[str, Field(pattern=r"^(\*|[a-z]+)\.(\*|[a-z]+)$")]


class Membership(BaseModel):
    """A workspace, the account's role there, and what the role may do."""

    workspace: str
    role: str
    permissions: list[str]


class WorkspaceSummary(BaseModel):
    """home: folder of everything; disk_free, disk_total: bytes of its file system."""

    name: str
    version: str
    created_at: datetime
    members: int
    database: Literal["sqlite", "postgresql"]
    durability: Literal["full", "normal"]
    home: str
    disk_free: int
    disk_total: int


class WorkspaceCreate(BaseModel):
    """name: small letters, digits and hyphens, since it stands in every address."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=WORKSPACE_NAME)


class Member(BaseModel):
    """An account's role in this workspace."""

    name: str
    role: Role
    disabled: bool = False


class RoleChange(BaseModel):
    """The role to give."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class Account(BaseModel):
    """Somebody who can sign in. has_password: else only by login link or token."""

    name: str
    disabled: bool
    has_password: bool
    created_at: datetime


class AccountCreate(BaseModel):
    """role: in the workspace `default`, none: no member yet."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=ACCOUNT_NAME)
    password: str | None = Field(None, min_length=8, max_length=1024)
    role: Role | None = None


class AccountPatch(BaseModel):
    """What may change of an account."""

    model_config = ConfigDict(extra="forbid")

    disabled: bool


class PasswordChange(BaseModel):
    """The new password."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(min_length=8, max_length=1024)


class Token(BaseModel):
    """An API token without its secret. scopes: what it narrows the account to; none: nothing."""

    id: str
    name: str
    workspace: str | None
    scopes: list[str] | None
    created_at: datetime
    expires_at: datetime | None


class TokenCreate(BaseModel):
    """days: how long it is good, none: until it is revoked. scopes: permissions such as `datasets.read` or `*.read`."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120, pattern=NO_NUL)
    days: float | None = Field(90, gt=0, le=3650)
    scopes: list[Scope] | None = Field(None, max_length=50)


class TokenCreated(Token):
    """A new token with its secret, which is shown this once."""

    token: str


class AuditEntry(BaseModel):
    """Who did what to which thing."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
