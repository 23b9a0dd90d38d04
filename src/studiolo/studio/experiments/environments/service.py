"""The verbs of environments: register, find, list, archive; and what a job runs in."""

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.studio.compute import service as compute
from studiolo.studio.experiments.environments import (
    building,
    contained,
    curated,
    engines,
    locking,
    repository,
    sources,
    space,
    tool,
)
from studiolo.studio.experiments.environments.errors import BadEnvironment, EnvironmentNotFound, NoEngine
from studiolo.studio.experiments.environments.schemas import EnvironmentDetail, EnvironmentVersion, Recipe, Space
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition

ANONYMOUS = "anonymous-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_REGISTRY = re.compile(r"azureml://registries/[^/]+/environments/([^/]+)/(?:versions|labels)/([^/]+)")
_LONG = re.compile(r"(?:azureml:)?/subscriptions/.*/environments/([^/]+)/versions/([^/]+)")
_OWN = ("", "studio", "local")  # what stands for the studio's own Python


class Chosen(NamedTuple):
    """What a job runs in. lock: digest of the blob; hash: names the built folder.

    container: of one that is an image: `image`, `dockerfile` in the folder that is the lock, `pulled` where nothing is built.
    """

    reference: str
    hash: str
    lock: str
    python: str
    notes: list[str]
    container: dict[str, Any] | None = None


def folder(ctx: Context) -> Path:
    """Return where built environments are."""
    return ctx.settings.home / "environments"


def create(ctx: Context, given: EnvironmentDefinition, *, anonymous: bool = False) -> EnvironmentVersion:
    """Lock a definition and register it as the next version of its name; the same definition again is the same version.

    Raises BadEnvironment, and NotLocked with the requirement that cannot be met.
    """
    row = _registered(ctx, given, anonymous=anonymous)
    return _version(ctx, row)


def _registered(ctx: Context, given: EnvironmentDefinition, *, anonymous: bool) -> Any:
    notes = _engine_or_why(ctx, given) if contained.wanted(given) else None
    in_image = contained.wanted(given) and not notes
    if not in_image:
        given = given.model_copy(update={"build": None, "container": False})
    kept = given.model_dump(mode="json", exclude={"name", "description", "tags"}, exclude_defaults=True)
    kept |= {"container": True} if in_image else {}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    name = f"{ANONYMOUS}{digest[:12]}" if anonymous else given.name
    if not _NAME.fullmatch(name) or (name.startswith(ANONYMOUS) and not anonymous):
        raise BadEnvironment(
            f"'{name[:60]}' cannot be an environment's name.",
            "Use letters, digits, '.', '_' and '-', beginning with a letter or digit.",
            field="name",
        )
    with ctx.db.read() as tx:
        found = repository.same(tx, ctx, name, digest)
    if found is not None and ctx.blobs.keep(found.lock):
        return found
    made = _of_image(ctx, given) if in_image else _of_packages(ctx, given, notes or [])
    values = {
        "name": name,
        "anonymous": anonymous,
        "archived": False,
        "description": given.description,
        "tags": given.tags,
        "definition_hash": digest,
        "image": given.image,
        **made,
        "created_at": ctx.clock.now(),
        "user": ctx.actor.name,
    }
    for last in (False, False, True):
        try:
            with ctx.db.begin() as tx:
                row = repository.insert_version(tx, ctx, values)
                ctx.events.emit(tx, "environment.created", name, {"version": row.version})
                return row
        except IntegrityError:  # somebody registered the same number in this moment
            if last:
                raise
    raise AssertionError("unreachable")


def _of_packages(ctx: Context, given: EnvironmentDefinition, notes: list[str]) -> dict[str, Any]:
    """Return the columns of a version whose packages are locked here."""
    asked = sources.asked(given, tool.indexes(folder(ctx) / "cache"))
    locked = locking.lock(asked, folder(ctx))
    return {
        "definition": given.model_dump(mode="json", exclude_none=True),
        "source": asked.source,
        "python": locked.python,
        "lock": ctx.blobs.put(locked.text.encode()).digest,
        "lock_hash": locked.hash,
        "packages": locked.packages,
        "notes": [*asked.notes, *notes],
    }


def _of_image(ctx: Context, given: EnvironmentDefinition) -> dict[str, Any]:
    """Return the columns of a version that is an image."""
    made = contained.made(given)
    said = given.model_dump(mode="json", exclude_none=True, exclude={"build": {"context"}})
    return {
        "definition": {**said, "container": True},
        "source": made.source,
        "python": "",
        "lock": ctx.blobs.put(made.data).digest,
        "lock_hash": made.hash,
        "packages": made.packages,
        "notes": [] if made.pulled else [f"the image is built from {made.dockerfile}"],
    }


def _engine_or_why(ctx: Context, given: EnvironmentDefinition) -> list[str]:
    """Return notes of why packages are taken instead of an image; none where a container can be run. Raises BadEnvironment."""
    try:
        engines.here(ctx.settings)
    except NoEngine as error:
        if compute.runs_images(ctx):
            return []
        what = f"the image {given.image}" if given.image else "the folder of the image"
        if contained.without(given):
            return [f"{what} is not used, only its Python packages: {error.detail}"]
        raise BadEnvironment(
            f"The environment is a container image that has no recipe here. {error.detail}",
            "Start Docker or Podman on the studio's machine, or describe the packages: packages, or conda_file beside the image.",
            field="environment.image" if given.image else "environment.build",
        ) from None
    return []


def choose(ctx: Context, given: str | EnvironmentDefinition) -> Chosen | None:
    """Return what a job runs in, registering what it describes or a recipe that it names; None for the studio's own.

    Raises EnvironmentNotFound, BadEnvironment, NotLocked.
    """
    if isinstance(given, EnvironmentDefinition):
        return _chosen(_registered(ctx, given, anonymous=not given.name))
    name, version = parse(given)
    if name in _OWN:
        return None
    with ctx.db.read() as tx:
        row = repository.version(tx, ctx, name, version)
    if row is None and (known := curated.recipe(name)):
        made = EnvironmentDefinition(name=known[0], description=known[1].title, packages=list(known[1].packages))
        with ctx.db.read() as tx:  # once made from its recipe, or made by somebody who wanted another
            row = repository.version(tx, ctx, known[0], None)
        row = row or _registered(ctx, made, anonymous=False)
    if row is None:
        raise EnvironmentNotFound(given)
    return _chosen(row)


def parse(reference: str) -> tuple[str, int | None]:
    """Return name and version of a reference; None is the newest.

    >>> parse("azureml:mine:3"), parse("mine@latest"), parse("azureml://registries/azureml/environments/sklearn-1.5/labels/latest")
    (('mine', 3), ('mine', None), ('sklearn-1.5', None))
    """
    text = reference.strip()
    if found := _REGISTRY.fullmatch(text) or _LONG.fullmatch(text):
        name, version = found[1], found[2]
        # the numbers of a registry are not ours
        return name, int(version) if version.isdigit() and not text.startswith("azureml://registries/") else None
    text = text.removeprefix("azureml:")
    name, _, version = text.partition("@") if "@" in text else text.partition(":")
    if version.isdigit() and len(version) < 9:
        # curated names have numbers of their own, which mean nothing here
        return name, None if curated.recipe(name) and name.lower().startswith("azureml") else int(version)
    return name, None


def _chosen(row: Any) -> Chosen:
    found = Chosen(f"{row.name}:{row.version}", row.lock_hash, row.lock, row.python, list(row.notes))
    if not row.definition.get("container"):
        return found
    place = {"image": row.image, "dockerfile": _dockerfile(row), "pulled": row.source == contained.PULLED}
    return found._replace(container=place)


def _dockerfile(row: Any) -> str:
    return str((row.definition.get("build") or {}).get("dockerfile") or contained.DOCKERFILE)


def list_(ctx: Context, *, archived: bool = False) -> list[EnvironmentVersion]:
    """Return the newest version of each environment, by name."""
    with ctx.db.read() as tx:
        rows = repository.newest(tx, ctx, archived=archived)
    return [_version(ctx, row) for row in rows]


def versions(ctx: Context, name: str) -> list[EnvironmentVersion]:
    """Return the versions of an environment, newest first; raises EnvironmentNotFound."""
    with ctx.db.read() as tx:
        rows = repository.versions(tx, ctx, name)
    if not rows:
        raise EnvironmentNotFound(name)
    return [_version(ctx, row) for row in rows]


def get(ctx: Context, name: str, version: int | None = None) -> EnvironmentDetail:
    """Return a version with its lock, the newest for None; raises EnvironmentNotFound."""
    with ctx.db.read() as tx:
        row = repository.version(tx, ctx, name, version)
    if row is None:
        raise EnvironmentNotFound(name if version is None else f"{name}:{version}")
    log = folder(ctx) / f"{row.lock_hash}.log"
    return EnvironmentDetail(
        **_version(ctx, row).model_dump(),
        definition=EnvironmentDefinition.model_validate(row.definition),
        lock=lock_text(ctx, row),
        build_log=log.read_text("utf-8", "replace")[-200_000:] if log.is_file() else "",
    )


def lock_text(ctx: Context, row: Any) -> str:
    """Return the lock of a version as text: packages with hashes, or the Dockerfile."""
    path = ctx.blobs.path(row.lock)
    if row.definition.get("container"):
        return contained.dockerfile_of(path.read_bytes(), _dockerfile(row))
    return path.read_text("utf-8")


def set_archived(ctx: Context, name: str, version: int | None, archived: bool) -> list[EnvironmentVersion]:
    """Hide versions from lists and from `@latest`, or show them again; jobs that name one by its number still find it."""
    with ctx.db.begin() as tx:
        if not repository.set_archived(tx, ctx, name, version, archived):
            raise EnvironmentNotFound(name if version is None else f"{name}:{version}")
        action = "environment.archived" if archived else "environment.restored"
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, action, name, {"version": version})
        ctx.events.emit(tx, "environment.updated", name, {"archived": archived})
    return versions(ctx, name)


def disk(ctx: Context) -> Space:
    """Return what environments took of the disk when it was last looked."""
    limits = {"limit_bytes": ctx.settings.environment_bytes, "keep_days": ctx.settings.environment_keep_days}
    return Space.model_validate({**(space.last(folder(ctx)) or {}), **limits})


def recipes() -> list[Recipe]:
    """Return the curated names that are known here."""
    return [
        Recipe(name=name, description=known.title, packages=list(known.packages))
        for name, known in curated.RECIPES.items()
    ]


def _version(ctx: Context, row: Any) -> EnvironmentVersion:
    state = building.state(folder(ctx), row.lock_hash)
    return EnvironmentVersion(
        name=row.name,
        version=row.version,
        description=row.description,
        tags=row.tags,
        container=bool(row.definition.get("container")),
        python=row.python,
        source=row.source,
        image=row.image,
        lock_hash=row.lock_hash,
        packages=row.packages,
        notes=row.notes,
        created_at=row.created_at,
        user=row.user,
        built=state is not None,
        bytes=state[0] if state else None,
        last_used_at=datetime.fromtimestamp(state[1], UTC) if state else None,
        archived=row.archived,
    )
