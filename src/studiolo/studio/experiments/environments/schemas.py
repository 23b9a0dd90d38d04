"""The nouns of environments on the wire."""

from datetime import datetime

from pydantic import BaseModel

from studiolo.studio.experiments.job_schemas import EnvironmentDefinition


class EnvironmentVersion(BaseModel):
    """A version of an environment. python: such as 3.11; lock_hash: equal means the same packages; notes: what was left out.

    packages: how many; built: whether it stands ready on this machine; bytes: that it takes there; last_used_at: by a job.
    archived: hidden from lists and from `@latest`; container: jobs run in an image.
    """

    name: str
    version: int
    description: str = ""
    tags: dict[str, str] = {}
    python: str
    source: str
    image: str = ""
    container: bool = False
    lock_hash: str
    packages: int
    notes: list[str] = []
    created_at: datetime
    user: str
    built: bool = False
    bytes: int | None = None
    last_used_at: datetime | None = None
    archived: bool = False


class Space(BaseModel):
    """What environments take of this machine's disk. built: how many stand ready; bytes: of them, shared files once.

    cache_bytes: what uv's cache holds that none of them has; limit_bytes: of both together, above it some go; keep_days: without use.
    measured_at: None before the first look, which the controller takes every ten minutes.
    """

    built: int = 0
    bytes: int = 0
    cache_bytes: int = 0
    limit_bytes: int
    keep_days: float
    measured_at: datetime | None = None


class EnvironmentDetail(EnvironmentVersion):
    """A version with all that it is made of. lock: one package with its version and hashes after another, or the Dockerfile."""

    definition: EnvironmentDefinition
    lock: str
    build_log: str = ""


class Recipe(BaseModel):
    """A curated name that the studio knows a recipe for; an environment registered under the name goes before it."""

    name: str
    description: str
    packages: list[str]
