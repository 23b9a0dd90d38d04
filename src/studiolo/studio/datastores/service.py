"""The verbs of datastores."""

import shutil

from studiolo.kernel.context import Context
from studiolo.studio.datastores.errors import DatastoreNotFound
from studiolo.studio.datastores.schemas import Datastore

DEFAULT = "workspace"


def list_all(ctx: Context) -> list[Datastore]:
    """Return the datastores of the workspace, the default one first."""
    disk = shutil.disk_usage(ctx.blobs.root)
    own = Datastore(
        name=DEFAULT,
        title="The studio's own folder",
        kind="local",
        default=True,
        location=str(ctx.blobs.root),
        free_bytes=disk.free,
        total_bytes=disk.total,
    )
    return [own]


def get(ctx: Context, name: str) -> Datastore:
    """Return a datastore; raises DatastoreNotFound."""
    for found in list_all(ctx):
        if found.name == name:
            return found
    raise DatastoreNotFound(name)
