"""What was found in the files of versions."""

from studiolo.kernel.context import Context
from studiolo.studio.models import repository, scanning, service
from studiolo.studio.models.errors import NotScanned
from studiolo.studio.models.repository import Found
from studiolo.studio.models.scan.report import SCANNER
from studiolo.studio.models.schemas import Scan


def get_scan(ctx: Context, name: str, version: int | str) -> Scan:
    """Return what was found in the files of a version; raises NotScanned before that."""
    with ctx.db.read() as tx:
        row = service.find_version(tx, ctx, name, version)
        found = repository.scan(tx, row.id)
    if found is None:
        raise NotScanned(row.name, row.version, here=row.folder is not None, source=row.source)
    return found


def scan(ctx: Context, name: str, version: int | str) -> Scan:
    """Look into the files of a version now; raises NotScanned when they are elsewhere."""
    with ctx.db.read() as tx:
        row = service.find_version(tx, ctx, name, version)
    found = scanning.look(ctx, row)
    if found is None:
        raise NotScanned(row.name, row.version, here=False, source=row.source)
    return found


def not_scanned(ctx: Context) -> Found | None:
    """Return the oldest version that this scanner has not looked into; one indexed read when there is none."""
    with ctx.db.glance() as tx:
        return repository.not_scanned(tx, ctx.workspace_id, SCANNER)
