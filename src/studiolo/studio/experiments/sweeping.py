"""Removes blobs that nobody names: what deleted runs, datasets and models left, and uploads that nothing came of.

Why none is lost that somebody needs: a blob goes only when (1) no row named it in one snapshot of the whole database and (2) it was
neither written nor kept for a day, which is looked at once more under the store's lock in the moment it goes. Whoever is about to
name a blob has just written it, or asked the store to `keep` it, or copies the name from a row of the same transaction; each of
them is seen by (1) or (2).
"""

from collections.abc import Container
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection, text

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.storage import manifests, references
from studiolo.studio.experiments.tracking_tables import artifacts
from studiolo.studio.slices import load_tables

GRACE = timedelta(days=1)
SHARDS = tuple(f"{number:02x}" for number in range(256))


class UnknownTables(StudioloError):
    """The database has tables that this process does not know; they may name blobs."""

    code, status, title = "experiments.unknown_tables", 500, "Blobs are not swept"


class Swept(NamedTuple):
    """files, bytes: that went, or would; waiting: bytes that nobody names, but that are younger than the grace time."""

    files: int = 0
    bytes: int = 0
    waiting: int = 0


def named_in_json(ctx: Context) -> frozenset[str]:
    """Return the digests in JSON columns and in manifests. Rows that come later hold blobs that were written or kept a moment ago,
    or copy the name of a manifest from a row which stays a day after it was removed (`datasets.retention`).

    Raises BlobMissing for a manifest that is not in the store: what it names is not known, so nothing may go.
    """
    load_tables()
    with ctx.db.read() as tx:
        unknown = references.unknown_tables(tx)
        if unknown:
            raise UnknownTables(
                f"The database has tables that Studiolo does not know: {', '.join(sorted(unknown))[:300]}.",
                "Nothing was removed from the store. Keep other programs' tables in another database.",
            )
        in_json = set(references.named_in_json(tx))
        listed = references.manifests(tx)
    in_json.update(manifests.named(ctx.blobs, listed))
    return frozenset(in_json)


def sweep(ctx: Context, shard: str, in_json: Container[str], doomed: "Doomed | None" = None) -> Swept:
    """Remove what nobody names in one of the 256 folders of blobs. doomed: only count, as if that were gone already."""
    before = ctx.clock.now() - GRACE
    unnamed = [blob for blob in ctx.blobs.stored(shard) if blob.digest not in in_json]
    if not unnamed:
        return Swept()
    with ctx.db.read() as tx:
        named = _named(tx, ctx, shard, doomed)
    files = size = waiting = 0
    for blob in unnamed:
        if blob.digest in named or len(blob.digest) != 64:
            continue
        old = blob.touched < before.timestamp()
        if old and (doomed is not None or ctx.blobs.drop(blob.digest, before)):
            files, size = files + 1, size + blob.size
        elif not old:
            waiting += blob.size
    return Swept(files, size, waiting)


class Doomed:
    """Folders of artifacts that would be removed: for the answer to what a removal would free."""

    def __init__(self, workspace_id: str, folders: set[str]) -> None:
        self._workspace_id, self._folders = workspace_id, folders

    def has(self, workspace_id: str, path: str) -> bool:
        """Say whether a file is in one of them."""
        if workspace_id != self._workspace_id:
            return False
        words = path.split("/", 3)
        return any("/".join(words[:length]) in self._folders for length in (1, 2, 3))


def _named(tx: Connection, ctx: Context, shard: str, doomed: Doomed | None) -> set[str]:
    if (
        ctx.db.dialect == "postgresql"
    ):  # a name may move from one table to another meanwhile: all are read at one moment
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    if doomed is None:
        return references.named(tx, shard)
    named = references.named(tx, shard, without=artifacts.c.digest)
    a = artifacts.c
    query = artifacts.select().with_only_columns(a.digest, a.workspace_id, a.path)
    rows = tx.execute(query.where(a.digest >= shard, a.digest < f"{shard}g"))
    return named | {row.digest for row in rows if not doomed.has(row.workspace_id, row.path)}
