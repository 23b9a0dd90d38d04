"""The registry in the database of a tracking server."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from studiolo.studio.experiments.importing.source import FoundRegistered, FoundVersion, integer


class Tables(Protocol):
    """Rows of tables that may lack columns."""

    def rows(self, table: str, columns: Sequence[str], key: str = "", values: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield rows with the columns asked for."""
        ...


def read_registered(tables: Tables) -> Iterator[FoundRegistered]:
    """Read the models and prompts with their versions."""
    tags: dict[Any, dict[str, str]] = defaultdict(dict)
    for row in tables.rows("registered_model_tags", ("name", "key", "value")):
        tags[row.name][row.key] = row.value or ""
    for row in tables.rows("model_version_tags", ("name", "version", "key", "value")):
        tags[row.name, row.version][row.key] = row.value or ""
    aliases: dict[str, dict[str, int]] = defaultdict(dict)
    for row in tables.rows("registered_model_aliases", ("name", "alias", "version")):
        aliases[row.name][row.alias] = int(row.version)
    versions: dict[str, list[FoundVersion]] = defaultdict(list)
    columns = ("name", "version", "creation_time", "last_updated_time", "description", "user_id", "current_stage")
    for row in tables.rows("model_versions", (*columns, "source", "storage_location", "run_id", "run_link", "status")):
        if row.current_stage == "Deleted_Internal":  # what MLflow leaves of a deleted version
            continue
        source = str(row.source or "")
        created = integer(row.creation_time) or 0
        versions[row.name].append(
            FoundVersion(
                version=int(row.version),
                source=source or str(row.storage_location or ""),
                run_id=row.run_id or None,
                model_id=source.removeprefix("models:/") if source.startswith("models:/m-") else None,
                stage=row.current_stage or "None",
                description=row.description or "",
                user=row.user_id or "",
                run_link=row.run_link or "",
                tags=tags.get((row.name, row.version), {}),
                created=created,
                updated=integer(row.last_updated_time) or created,
            )
        )
    for row in tables.rows("registered_models", ("name", "creation_time", "last_updated_time", "description")):
        created = integer(row.creation_time) or 0
        yield FoundRegistered(
            name=row.name,
            description=row.description or "",
            tags=tags.get(row.name, {}),
            aliases=aliases.get(row.name, {}),
            created=created,
            updated=integer(row.last_updated_time) or created,
            versions=sorted(versions.get(row.name, []), key=lambda version: version.version),
        )
