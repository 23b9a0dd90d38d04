"""The table of a Delta table at one version, written as Parquet once: later commits do not change it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.delta import log
from studiolo.studio.datasets.errors import BadDelta, HeaderOnly
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import Source
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.kinds import reference
from studiolo.studio.datasets.schemas import Reading, ReadingNote, ReadOptions, TableSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT = "delta"
TYPES = {
    "string": "VARCHAR", "long": "BIGINT", "integer": "INTEGER", "short": "SMALLINT", "byte": "TINYINT", "double": "DOUBLE",
    "float": "FLOAT", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP", "binary": "BLOB",
}  # fmt: skip


def wanted(options: ReadOptions, names: Sequence[str]) -> bool:
    """Say whether files are read as a Delta table: when that was asked for, or a log is among them."""
    return options.format == FORMAT or (options.format is None and log.below(names) is not None)


def make(
    files: Sequence[tuple[Path, str]], options: ReadOptions, target: Path, work: Path
) -> tuple[TableSchema, list[str]]:
    """Write the rows of the version that is meant; returns their schema, and the files that are no part of that version.

    Raises BadDelta.
    """
    top = log.below([name for _, name in files])
    if top is None:
        raise BadDelta(
            f"There is no Delta table among the files: none is in {log.LOG}.", "Name the folder that it is in."
        )
    folder = work / "delta"
    places = _placed(files, top, folder)
    version = options.table_version if isinstance(options, Reading) else None
    time = options.table_time if isinstance(options, Reading) else None
    found = log.snapshot(folder, version, time)
    _write(found, folder, target, work)
    source = Source(target, "table.parquet", work, options)
    looked = parquet.look(source, target, FORMAT).schema
    kept = {f"{top}{path}" for path, _ in found.files}
    moment = f" of {found.moment.isoformat(timespec='seconds')}" if found.moment else ""
    note = ReadingNote(
        message=f"Version {found.version}{moment} of the Delta table: {len(kept):,} files. Later commits do not change this."
    )
    about = {"table_version": found.version, "table_time": found.moment.isoformat() if found.moment else None}
    schema = looked.model_copy(update={"options": looked.options | about, "notes": [note, *looked.notes]})
    later = [name for name in places if name not in kept and not _of_log(name[len(top) :], found.version)]
    hint = f"{top}{log.LOG}_last_checkpoint"  # it may name a checkpoint that goes; readers do without it
    if hint in places and any(name.startswith(f"{top}{log.LOG}") for name in later):
        later.append(hint)
    return schema, later


def written(inside: str) -> bool:
    """Say whether a file is one that Delta writes: its log, data, deletion vectors and checksums. inside: its path in the table.

    >>> written("_delta_log/00000000000000000001.json"), written("p=a/1.parquet"), written("README.md"), written("labels/1.csv")
    (True, True, False, False)
    """
    return inside.startswith(log.LOG) or inside.endswith((".parquet", ".bin", ".crc"))


def _of_log(inside: str, version: int) -> bool:
    """Say whether a file is a part of the log up to a version."""
    if not inside.startswith(log.LOG):
        return False
    digits = inside[len(log.LOG) :][:20]
    return not digits.isdigit() or int(digits) <= version


def _placed(files: Sequence[tuple[Path, str]], top: str, folder: Path) -> list[str]:
    """Give the files their names below a folder; returns the names in the dataset of those that are below the table."""
    made = []
    for path, name in files:
        if not name.startswith(top):
            continue
        target = folder / name[len(top) :]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path.resolve())
        made.append(name)
    return made


def _write(found: log.Snapshot, folder: Path, target: Path, work: Path) -> None:
    import duckdb

    if not found.files:
        raise HeaderOnly(f"Version {found.version} of the Delta table has no rows.", "Register another version.")
    paths = [folder / path for path, _ in found.files]
    connection = engine.connect(spill=work)
    try:
        listed = "[" + ", ".join(map(engine.file, paths)) + "]"
        table = f"read_parquet({listed}, union_by_name = true, hive_partitioning = false)"
        there = {str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()}
        items = [_item(name, found, there) for name in found.columns]
        if found.deleted is not None:
            connection.register("deleted", found.deleted)
            table += " AS t ANTI JOIN deleted AS d ON t.file_index::BIGINT = d.f AND t.file_row_number = d.r"
            table += " ORDER BY t.file_index, t.file_row_number"  # a join keeps no order
        _copy(connection, f"SELECT {', '.join(item for item in items if item)} FROM {table}", target)
    except duckdb.Error as error:
        raise BadDelta(
            f"The files of the Delta table cannot be read: {engine.said(error)}", "Copy the table again."
        ) from error
    finally:
        connection.close()


def _copy(connection: "DuckDBPyConnection", query: str, target: Path) -> None:
    connection.execute(f"COPY ({query}) TO {engine.literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")


def _item(name: str, found: log.Snapshot, there: set[str]) -> str:
    quoted = engine.name(name)
    kind = found.partitions.get(name)
    held = found.columns[name]
    if kind is None:  # one that was added and never written to is left out
        return f"{reference([held])} AS {quoted}" if held in there else ""
    sql_type = TYPES.get(kind, kind.upper() if kind.startswith("decimal") else "VARCHAR")
    values = [_constant(values.get(name, values.get(held))) for _, values in found.files]
    if len(set(values)) == 1:
        return f"CAST({values[0]} AS {sql_type}) AS {quoted}"
    return f"CAST([{', '.join(values)}][CAST(file_index AS BIGINT) + 1] AS {sql_type}) AS {quoted}"


def _constant(value: Any) -> str:
    if value is None:
        return "CAST(NULL AS VARCHAR)"
    return engine.literal(value.isoformat() if hasattr(value, "isoformat") else str(value))
