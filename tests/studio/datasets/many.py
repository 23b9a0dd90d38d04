"""Versions of many files, made without a job."""

from studiolo.kernel.context import Context
from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.manifests import Entry
from studiolo.studio.datasets import service
from studiolo.studio.datasets.schemas import ColumnSchema, DatasetVersion, TableSchema

SCHEMA = TableSchema(format="parquet", columns=[ColumnSchema(name="n", type="integer", sql_type="BIGINT")], rows=4)


def a_version(ctx: Context, files: dict[str, bytes], name: str = "many", kind: str = "file") -> DatasetVersion:
    """Register files as they are (or as if they were a table) the way a registration job ends."""
    entries = [Entry(path, len(data), ctx.blobs.put(data).digest) for path, data in sorted(files.items())]
    written = manifests.write(ctx.blobs, entries)
    schema = SCHEMA if kind == "tabular" else TableSchema(format="files", columns=[], rows=0)
    values = {
        "name": name,
        "digest": written.digest,
        "kind": kind,
        "manifest": written.digest,
        "file_count": written.files,
        "size": written.bytes,
        "rows": schema.rows,
        "columns": len(schema.columns),
        "format": schema.format,
        "table": schema.model_dump(mode="json"),
        "preview": ctx.blobs.put(b'{"columns": [], "rows": [], "total_rows": 0}').digest,
    }
    with ctx.db.begin() as tx:
        number, _ = service.publish(tx, ctx, values)
    return service.get(ctx, name, number)
