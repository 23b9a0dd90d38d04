"""The log of a Delta table: which version is meant, and what its files and partitions are."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from studiolo.studio.datasets.errors import BadDelta, MissingExtra

LOG = "_delta_log/"
_COMMIT = re.compile(r"(\d{20})\.json")
REFUSED = {
    "columnMapping": "its columns have other names in the files (column mapping)",
    "v2Checkpoint": "its checkpoints are of the second version",
    "typeWidening": "the types of its columns were widened in place",
}


@dataclass(frozen=True)
class Snapshot:
    """A version of a table. moment: when it was committed; files: paths below the table, in order, with the values of partitions.

    columns: names in order and, of partition columns, the type in the log.
    """

    version: int
    moment: datetime | None
    files: tuple[tuple[str, Mapping[str, Any]], ...]
    columns: tuple[str, ...]
    partitions: Mapping[str, str]


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
        columns = tuple(field.name for field in table.schema().fields)
        kinds = {field.name: _kind(field) for field in table.schema().fields}
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
    return Snapshot(int(table.version()), known.get(int(table.version())), tuple(files), columns,
                    {name: kinds[name] for name in listed})  # fmt: skip


def _refuse(table: Any) -> None:
    features = set(table.protocol().reader_features or ())
    settings = table.metadata().configuration or {}
    if settings.get("delta.columnMapping.mode", "none") != "none":
        features.add("columnMapping")
    if "deletionVectors" in features and _vectors(table):
        raise BadDelta(
            "The table has deletion vectors: rows that are deleted but still stand in its files.",
            "Write the files anew first (REORG TABLE … APPLY (PURGE), or compact it).",
        )
    bad = next((feature for feature in REFUSED if feature in features), None)
    if bad is not None:
        raise BadDelta(f"The table cannot be read exactly: {REFUSED[bad]}.", "Write it anew without that.")


def _vectors(table: Any) -> bool:
    import pyarrow as pa

    found = pa.table(table.deletion_vectors())
    return bool(found.num_rows)


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
