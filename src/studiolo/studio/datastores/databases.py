"""Looking into a datastore of tables, as the pages, the SDK and the commands do; a child process asks each time."""

from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.datastores import service
from studiolo.studio.datastores.errors import NotADatabase
from studiolo.studio.datastores.looking.child import work_folder
from studiolo.studio.datastores.looking.database import AskedDatabase
from studiolo.studio.datastores.schemas import DatabaseTable, TableColumn, TableHead, TableShape

ROWS = 1000  # that are shown at most


def schemas(ctx: Context, name: str) -> list[str]:
    """Return the schemas of a database; raises NotADatabase."""
    found: list[str] = _asked(ctx, name, {"verb": "schemas"})["schemas"]
    return found


def tables(ctx: Context, name: str, schema: str, cursor: str | None = None, limit: int = 200) -> Page[DatabaseTable]:
    """Return tables and views of a schema, in order of name."""
    after, limit = decode(cursor, 1) or ("",), bounded(limit)
    request = {"verb": "tables", "schema": schema, "after": str(after[0]), "limit": limit}
    found = [DatabaseTable(**one) for one in _asked(ctx, name, request)["tables"]]
    return Page(items=found, next=encode(found[-1].name) if len(found) == limit else None)


def shape(ctx: Context, name: str, schema: str, table: str) -> TableShape:
    """Return the columns of a table, and the query for all of it; raises TableNotFound."""
    found = _asked(ctx, name, {"verb": "columns", "schema": schema, "table": table})
    return TableShape(columns=[TableColumn(**one) for one in found["columns"]], query=found["query"])


def rows(ctx: Context, name: str, schema: str, table: str, limit: int = 100) -> TableHead:
    """Return the first rows of a table; raises TableNotFound."""
    request = {"verb": "head", "schema": schema, "table": table, "rows": min(limit, ROWS)}
    return TableHead.model_validate(_asked(ctx, name, request))


def query(ctx: Context, name: str, text: str, limit: int = 100) -> TableHead:
    """Return the first rows of a query; raises QueryRefused for one that does not read, QueryFailed, QueryTooSlow."""
    return TableHead.model_validate(_asked(ctx, name, {"verb": "head", "query": text, "rows": min(limit, ROWS)}))


def head_file(ctx: Context, name: str, text: str, limit: int, file: Path) -> bool:
    """Write the first rows of a query to a Parquet file; returns whether there are more."""
    found = _asked(ctx, name, {"verb": "file", "query": text, "rows": limit, "file": str(file)})
    return bool(found["more"])


def _asked(ctx: Context, name: str, request: dict[str, Any]) -> dict[str, Any]:
    if service.get(ctx, name).family != "sql":
        raise NotADatabase(name)
    with work_folder(ctx) as work:
        return AskedDatabase(ctx, service.for_job(ctx, name)).ask(request, work)
