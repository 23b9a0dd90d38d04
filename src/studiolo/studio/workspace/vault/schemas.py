"""The nouns of the vault on the wire. None of them can carry a value out: only `SecretSet` has one, and it goes in."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from studiolo.kernel.auth.roles import Role
from studiolo.kernel.wording import NO_NUL, worded

NAME = worded(
    r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,125}[A-Za-z0-9])?$",
    "letters, digits, '.', '_' and '-' between two letters or digits, at most 127",
)
LONGEST = 64 * 1024  # bytes: what an environment variable surely takes
Name = Annotated[str, Field(pattern=NAME)]
Size = Literal["under 16", "16 to 63", "64 to 255", "256 or more"]
VersionState = Literal["enabled", "disabled", "expired", "removed"]


class SecretSet(BaseModel):
    """A new version of a secret, which is made when there is none.

    expires_at: from then on it is not given to jobs. expected: the newest version that the writer knows of; another one is there: 409.
    """

    model_config = ConfigDict(extra="forbid")

    value: SecretStr = Field(min_length=1)
    description: str | None = Field(None, max_length=2000, pattern=NO_NUL)
    expires_at: datetime | None = None
    expected: int | None = Field(None, ge=0)


class SecretVersion(BaseModel):
    """A version without its value. size: length class in characters; fingerprint: the same for versions of this secret with the same
    value, keyed by a random key of this secret, so that nobody can try values out and no two secrets can be compared.
    """

    version: int
    state: VersionState
    size: Size
    fingerprint: str
    expires_at: datetime | None
    created_at: datetime
    created_by: str


class Grant(BaseModel):
    """Who may use a secret in jobs: everybody of a role, or an account."""

    kind: Literal["role", "account"]
    name: str


class GrantChange(BaseModel):
    """Exactly one of the two."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    account: str | None = Field(None, min_length=1, max_length=120)


class Secret(BaseModel):
    """A named secret. version: the newest; given: the one that jobs get, the newest that is enabled and not over; usable: whether a job of the one who asks would get it, `why` says why not.

    deleted_at, remove_at: of one in the bin; it can be restored until remove_at. last_used_at: by a job.
    """

    name: str
    description: str
    version: int
    versions: int
    given: int | None
    state: VersionState
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    last_used_at: datetime | None
    usable: bool
    why: str
    granted: list[Grant]
    deleted_at: datetime | None = None
    remove_at: datetime | None = None


class SecretPatch(BaseModel):
    """What may change of a secret itself."""

    model_config = ConfigDict(extra="forbid")

    description: str = Field(max_length=2000, pattern=NO_NUL)


class SecretVersionPatch(BaseModel):
    """state: disabled versions are given to no job; removed takes the value away for good. expires_at: null takes the end away."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["enabled", "disabled", "removed"] | None = None
    expires_at: datetime | None = None


class SecretUse(BaseModel):
    """A use: a job got the value. account: in whose name; env: the variable; run: name of the job."""

    at: datetime
    account: str
    version: int
    env: str
    run_id: str
    run: str
    attempt: int


class OlderKey(BaseModel):
    """A master key that was replaced. left: envelopes that are still sealed under it."""

    id: str
    retired_at: datetime | None
    left: int


class MasterKeyState(BaseModel):
    """The key that seals secrets. source: where it is; sealed: envelopes under it; older: kept until none is sealed under them."""

    id: str
    source: str
    sealed: int
    older: list[OlderKey]
