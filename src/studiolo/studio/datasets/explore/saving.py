"""An answer as a dataset: the query is tried at once, over tables without rows, and then run to its last row by a job."""

import io
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets import inspection, names, versions
from studiolo.studio.datasets.explore import queries, service, source
from studiolo.studio.datasets.explore.errors import SqlInvalid, SqlTimeout
from studiolo.studio.datasets.explore.schemas import SqlSave
from studiolo.studio.datasets.registration_schemas import FromAnswer, Registration, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.registrations.order import Asked
from studiolo.studio.datasets.schemas import DatasetVersion

TRY_SECONDS = 5.0
TRY_BYTES = 1 << 20


def save(ctx: Context, asked: SqlSave) -> Registration:
    """Queue a job that makes a dataset, or its next version, of what a query answers; the versions it reads are its lineage.

    What they are is settled now. Raises what is wrong with the name or the query; what only its rows show, the job tells.
    """
    name = names.checked(asked.name)
    read = _tried(ctx, asked)
    given = ctx.settings
    folders = {reference: f"table{place}" for place, reference in enumerate(sorted(_references(read)))}
    by_reference = {version.reference: version for version in read.values()}
    over = orders.Over(
        answer=Asked(
            tables={word: folders[version.reference] for word, version in read.items()},
            seconds=min(asked.timeout, given.sql_save_seconds),
            memory=given.sql_memory_bytes,
            size=given.sql_save_bytes,
            room=given.explore_cache_bytes,
        ),
        inputs={folder: versions.as_input(ctx, by_reference[one]) for one, folder in folders.items()},
        secrets={key: value for version in read.values() for key, value in versions.secrets(version).items()},
    )
    wanted = RegistrationCreate(
        name=name,
        description=asked.description,
        source=FromAnswer(query=asked.query, dataset=asked.dataset, datasets=sorted(folders)),
    )
    return orders.submit(ctx, wanted, over=over)


def _references(read: dict[str, DatasetVersion]) -> set[str]:
    return {version.reference for version in read.values()}


def _tried(ctx: Context, asked: SqlSave) -> dict[str, DatasetVersion]:
    """Return the versions that a query reads by its words for them, once it was asked over tables like theirs without rows.

    One that takes long even so is left to the job.
    """
    read: dict[str, DatasetVersion] = {}
    here = names.parse(asked.dataset) if asked.dataset else None

    def tables(mentioned: list[str]) -> list[dict[str, Any]]:
        for word in mentioned:
            found = service.resolved(ctx, word, here)
            if found is not None:
                read[word] = found
        return [_empty(word, version) for word, version in read.items()]

    limits = queries.Limits(TRY_SECONDS, 0, TRY_BYTES, ctx.settings.sql_memory_bytes)
    with inspection.work_folder(ctx) as work:
        try:
            queries.run(ctx, asked.query, asked.id or new_id(), tables, limits, io.BytesIO(), work)
        except SqlInvalid as error:
            raise service.explained(ctx, error) from None
        except SqlTimeout:
            pass
    return read


def _empty(word: str, version: DatasetVersion) -> dict[str, Any]:
    columns = [
        f"NULL::{'TIMESTAMP' if column.sql_type == 'TIMESTAMPTZ' else column.sql_type} AS {source.quoted(column.name)}"
        for column in version.table.columns
    ]
    return {"name": word, "empty": True, "columns": columns}
