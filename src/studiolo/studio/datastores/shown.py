"""Datastores and their kinds as everybody may see them: of a credential only whether it is there."""

import shutil
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.datastores import opening
from studiolo.studio.datastores.schemas import (
    CheckState,
    CredentialState,
    Datastore,
    DatastoreKind,
    KindAuth,
    KindField,
)
from studiolo.studio.datastores.spec import KindSpec

BLOBS, OWN = "workspace", "workspaceblobstore"
BUILT_IN = (OWN, BLOBS)


def own(ctx: Context) -> Path:
    """Return the folder of `workspaceblobstore`, made when it is not there."""
    folder = opening.own_folder(ctx.settings, ctx.workspace_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def built_in(ctx: Context, *, default: bool) -> list[Datastore]:
    """Return what comes with a workspace."""
    blobs, files = shutil.disk_usage(ctx.blobs.root), shutil.disk_usage(own(ctx))
    return [
        Datastore(
            name=OWN,
            title="Files of the workspace",
            description="A folder of the studio's own, for files by path.",
            kind="local",
            kind_title="Folder of this machine",
            default=default,
            built_in=True,
            location=str(own(ctx)),
            free_bytes=files.free,
            total_bytes=files.total,
        ),
        Datastore(
            name=BLOBS,
            title="The studio's own folder",
            description="Managed dataset versions, artifacts and models: each file once, under the digest of its content.",
            kind="local",
            kind_title="Content by digest",
            family="blobs",
            built_in=True,
            location=str(ctx.blobs.root),
            free_bytes=blobs.free,
            total_bytes=blobs.total,
        ),
    ]


def registered(row: Any, sealed: list[Any]) -> Datastore:
    """Return a row as everybody may see it. A kind whose plug-in is gone shows what is known of it."""
    spec = opening.kinds()[row.kind].SPEC if row.kind in opening.kinds() else None
    at = {item.field: item.updated_at for item in sealed}
    fields = [field for field in spec.fields_of(row.auth) if field.secret] if spec else []
    place = ""
    if spec and spec.place:
        empty = {field.name: "" for field in spec.fields}
        place = (
            spec.place.format_map({**empty, **row.config}).strip().strip("/")
            if not any(field.type == "folder" for field in spec.fields)
            else row.config.get("path", "")
        )
    return Datastore(
        name=row.name,
        title=row.name,
        description=row.description,
        kind=row.kind,
        kind_title=spec.title if spec else row.kind,
        family=spec.family if spec else "files",
        default=row.is_default,
        read_only=row.read_only,
        location=place,
        auth=row.auth,
        config=row.config,
        credentials=[
            CredentialState(field=f.name, title=f.title, set=f.name in at, updated_at=at.get(f.name)) for f in fields
        ],
        tags=row.tags,
        check=CheckState.model_validate(row.checked) if row.checked else None,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
    )


def kind(spec: KindSpec) -> DatastoreKind:
    """Return what the form of a kind is drawn from."""
    fields = [
        KindField(
            name=field.name,
            title=field.title,
            help=field.help,
            type=field.type,
            required=field.required,
            secret=field.secret,
            choices=list(field.choices),
            default=field.default,
            auth=list(field.auth),
            group=field.group,
            example=field.example,
        )
        for field in spec.fields
    ]
    return DatastoreKind(
        name=spec.name,
        title=spec.title,
        description=spec.description,
        family=spec.family,
        fields=fields,
        auth=[KindAuth(name=one.name, title=one.title, help=one.help) for one in spec.auth],
        writable=spec.writable,
        installed=not spec.extra or opening.installed(spec),
        extra=spec.extra,
    )
