"""The log of a Delta table: which version is meant, and what its files and partitions are."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from studiolo.studio.datasets.errors import BadDelta, MissingExtra

if TYPE_CHECKING:
    import pyarrow as pa

LOG = "_delta_log/"
_COMMIT = re.compile(r"(\d{20})\.json")
REFUSED = {
    "v2Checkpoint": "its checkpoints are of the second version",
    "typeWidening": "the types of its columns were widened in place",
}


@dataclass(frozen=True)
class Snapshot:
    """A version of a table. moment: when it was committed; files: paths below the table, in order, with the values of partitions.

    columns: names in order, each with the name that it has in the files; partitions: their types in the log.
    deleted: (place among the files, number of the row in it) of rows that are in the files and not in the table, an Arrow table.
    """

    version: int
    moment: datetime | None
    files: tuple[tuple[str, Mapping[str, Any]], ...]
    columns: Mapping[str, str]
    partitions: Mapping[str, str]
    deleted: "pa.Table | None" = None


def below(names: Sequence[str]) -> str | None:
    """Return the folder, with its `/`, of the Delta table among files; None where there is none.

    >>> below(["t/_delta_log/00000000000000000000.json", "t/a.parquet"]), below(["_delta_log/x.json"]), below(["a.parquet"])
    ('t/', '', None)
    """
    found = sorted({name.partition(LOG)[0] for name in names if f"/{name}".find(f"/{LOG}") >= 0})
    if not found:
        return None
    if len(found) > 1:
        raise BadDelta(
            f"There are {len(found)} Delta tables: {', '.join(top or '.' for top in found[:3])}.",
            "Register one of them.",
        )
    return found[0]


def library() -> Any:
    """Return the package; raises MissingExtra."""
    try:
        import deltalake
    except ImportError:
        raise MissingExtra(
            "Reading Delta tables needs the package deltalake, which is not installed.",
            "Install it: pip install 'studiolo[delta]'.",
            field="format",
        ) from None
    return deltalake


def commits(folder: Path) -> dict[int, datetime | None]:
    """Return the versions that the log tells one by one, with the moments of their commits."""
    found: dict[int, datetime | None] = {}
    for path in sorted((folder / LOG).iterdir()):
        number = _COMMIT.fullmatch(path.name)
        if number:
            found[int(number[1])] = _moment(path)
    return found


def _moment(path: Path) -> datetime | None:
    """Return when a commit says that it was made: times of files are those of copies here."""
    with path.open("rb") as stream:
        for line in stream:
            try:
                info = json.loads(line).get("commitInfo")
            except (ValueError, AttributeError):
                raise BadDelta(f"The commit {path.name} cannot be read.", "Copy the table again.") from None
            if info and (info.get("inCommitTimestamp") or info.get("timestamp")):
                return datetime.fromtimestamp((info.get("inCommitTimestamp") or info["timestamp"]) / 1000, UTC)
    return None


def chosen(known: Mapping[int, datetime | None], version: int | None, time: str | None) -> int | None:
    """Return the version that is meant, None for the newest; raises BadDelta for a time before the first commit."""
    if not time:
        return version
    try:
        asked = datetime.fromisoformat(time.strip())
    except ValueError:
        raise BadDelta(
            f"'{time[:60]}' is no moment.", "Write it as 2026-01-31T00:00:00Z.", field="table_time"
        ) from None
    asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    before = [number for number, moment in known.items() if moment is not None and moment <= asked]
    if not before:
        first = min((moment for moment in known.values() if moment is not None), default=None)
        said = (
            f"the first commit in the log is of {first.isoformat(timespec='seconds')}"
            if first
            else "commits tell no time"
        )
        raise BadDelta(
            f"The table was not there at {asked.isoformat()}: {said}.", "Name a version instead.", field="table_time"
        )
    return max(before)


def snapshot(folder: Path, version: int | None, time: str | None) -> Snapshot:
    """Read the log of the table in a folder; raises BadDelta for a version that is not there, and for what cannot be read exactly."""
    deltalake = library()
    import pyarrow as pa

    known = commits(folder)
    number = chosen(known, version, time)
    try:
        table = deltalake.DeltaTable(str(folder), version=number)
        _refuse(table)
        actions = pa.table(table.get_add_actions(flatten=False))
        fields = list(table.schema().fields)
        kinds = {field.name: _kind(field) for field in fields}
        columns = _named(table, fields)
        listed = list(table.metadata().partition_columns)
    except BadDelta:
        raise
    except Exception as error:  # the library raises several classes without a base
        had = f"It has {min(known)} to {max(known)}." if known else "Its log names no commit."
        if number is not None and number not in known:
            raise BadDelta(f"The table has no version {number}.", had, field="table_version") from error
        raise BadDelta(f"The Delta table cannot be read: {str(error).splitlines()[0][:300]}", had) from error
    files = sorted(
        ((_inside(folder, row["path"]), row.get("partition") or {}) for row in actions.to_pylist()),
        key=lambda pair: pair[0],
    )
    return Snapshot(
        int(table.version()),
        known.get(int(table.version())),
        tuple(files),
        columns,
        {name: kinds[name] for name in listed},
        _deleted(table, folder, [path for path, _ in files]),
    )


def _refuse(table: Any) -> None:
    features = set(table.protocol().reader_features or ())
    bad = next((feature for feature in REFUSED if feature in features), None)
    if bad is not None:
        raise BadDelta(f"The table cannot be read exactly: {REFUSED[bad]}.", "Write it anew without that.")


def _named(table: Any, fields: Sequence[Any]) -> dict[str, str]:
    """Return the names of the columns with those that they have in the files, which differ where names are mapped."""
    mode = (table.metadata().configuration or {}).get("delta.columnMapping.mode", "none")
    if mode == "none":
        return {field.name: field.name for field in fields}
    nested = next(
        (field.name for field in fields if hasattr(field.type, "fields") or "struct" in str(field.type)), None
    )
    if nested is not None:
        raise BadDelta(
            f"The table cannot be read exactly: names inside the column '{nested}' are mapped to others in the files.",
            "Write it anew without column mapping.",
        )
    return {field.name: str(field.metadata.get("delta.columnMapping.physicalName", field.name)) for field in fields}


def _deleted(table: Any, folder: Path, files: Sequence[str]) -> "pa.Table | None":
    """Return the rows that deletion vectors take out of the files; None for a table without such."""
    import numpy as np
    import pyarrow as pa

    if "deletionVectors" not in (table.protocol().reader_features or ()):
        return None
    places = {str((folder / path).absolute()): place for place, path in enumerate(files)}
    found: list[pa.Table] = []
    for batch in table.deletion_vectors():
        told = pa.record_batch(batch)
        for place in range(told.num_rows):
            path = unquote(urlsplit(told["filepath"][place].as_py()).path)
            if path not in places:
                raise BadDelta(
                    f"Deleted rows of '{path[-200:]}' are told, which is no file of the table.", "Copy it again."
                )
            kept = told["selection_vector"][place].values
            rows = np.flatnonzero(~kept.to_numpy(zero_copy_only=False).astype(bool)).astype(np.int64)
            found.append(pa.table({"f": np.full(len(rows), places[path], np.int64), "r": rows}))
    return pa.concat_tables(found) if found else None


def _kind(field: Any) -> str:
    return str(getattr(field.type, "type", "") or field.type)


def _inside(folder: Path, told: str) -> str:
    """Return a path below the table that is there; raises BadDelta for files elsewhere or missing. told: as an address."""
    path = unquote(told)
    if "://" in told or path.startswith("/") or ".." in path.split("/"):
        raise BadDelta(
            f"The table names a file elsewhere: {path[-200:]}.", "Copy the table whole, without shallow clones."
        )
    for form in (path, told):
        if (folder / form).exists():
            return form
    raise BadDelta(f"The file '{path[-200:]}' of the table is not there.", "Was it vacuumed? Register a newer version.")
