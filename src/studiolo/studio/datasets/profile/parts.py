"""A part of a profile: what some files of a table hold, kept as one Arrow file, and merged with other parts into the whole.

The counters of a part are exact and merge exactly. Its rows are those with the smallest priorities, which are random, so the rows
of several parts below the smallest limit among them are a uniform sample of all.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.formats.base import one
from studiolo.studio.datasets.profile import footers
from studiolo.studio.datasets.profile.counters import FULL, PRIORITY, ROW, Plan, count
from studiolo.studio.datasets.profile.state import ColumnState
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.progress import watched
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

FORMAT = 1
KEY = b"studiolo.profile_part"
WIDE, GROUP = 200, 50  # tables of more columns are scanned in groups
REWRITE_BYTES = 32 * 2**20

Report = Callable[[float, str], None]


@dataclass
class Part:
    """rows: in its files; limit: priorities up to it are kept; states: by column; sample: its rows with their PRIORITY.

    files: keys (digests, fingerprints) of the files that it covers.
    """

    rows: int
    limit: int
    states: dict[str, ColumnState]
    sample: "pa.Table"
    files: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write it as an Arrow file."""
        import pyarrow as pa

        about = {
            "format": FORMAT,
            "rows": self.rows,
            "files": list(self.files),
            "limit": self.limit,
            "states": {name: state.packed() for name, state in self.states.items()},
        }
        table = self.sample.replace_schema_metadata({KEY: json.dumps(about).encode()})
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with path.open("wb") as file, pa.ipc.new_stream(file, table.schema, options=options) as writer:
            writer.write_table(table)

    @classmethod
    def load(cls, path: Path) -> "Part":
        """Read what `save` wrote; raises ValueError for anything else."""
        import pyarrow as pa

        try:
            with path.open("rb") as file:
                table = pa.ipc.open_stream(file).read_all()
            about = json.loads((table.schema.metadata or {})[KEY])
            states = {name: ColumnState.unpacked(packed) for name, packed in about["states"].items()}
        except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name} is no part of a profile: {error}") from error
        if about["format"] != FORMAT:
            raise ValueError(f"{path.name} is a part of a profile of format {about['format']}")
        return cls(about["rows"], about["limit"], states, table.replace_schema_metadata(None), tuple(about["files"]))


def limit_of(share: float) -> int:
    """Return the highest priority that so large a share of random priorities has."""
    return FULL if share >= 1.0 else max(1, int(share * 2**64))


def build(
    connection: "DuckDBPyConnection",
    table: TableInput,
    *,
    share: float,
    seed: int,
    folder: Path,
    row_bytes: float,
    threads: int,
    report: Report = lambda share, label: None,  # noqa: ARG005
) -> Part:
    """Scan files once (once per group of columns where there are many) and return what they hold.

    share: of the rows to keep, 1.0 for all of them. seed: differs from part to part, so that their priorities do. folder: for
    what does not fit in memory. row_bytes: that a row takes there.
    """
    every = table.schema.columns
    wide = len(every) > WIDE
    if wide and not one(table.schema.format).SPEC.numbered:
        table = _by_columns(connection, table, folder, row_bytes, threads, report)
    size = GROUP if wide else len(every)
    groups = [every[start : start + size] for start in range(0, len(every), size)]
    states: dict[str, ColumnState] = {}
    sample: pa.Table | None = None
    rows = 0
    for number, group in enumerate(groups):
        begin, part = number / len(groups), 1 / len(groups)
        plan = _plan(connection, table, group, share, seed)
        with watched(connection, lambda s, b=begin, p=part: report(b + p * s, "Reading")):  # type: ignore[misc]
            rows, found, kept = count(connection, plan)
        assert kept is not None
        states |= found
        sample = _beside(sample, kept) if wide else kept
    assert sample is not None
    return Part(rows, limit_of(share), states, sample)


def _plan(
    connection: "DuckDBPyConnection",
    table: TableInput,
    group: Sequence[ColumnSchema],
    share: float,
    seed: int,
) -> Plan:
    """Say what to scan: rows get their priority by their number where they have one, else by chance."""
    names = [column.name for column in group]
    priority = engine.name(PRIORITY)
    if one(table.schema.format).SPEC.numbered:
        numbered = table_file.scan(table, names, ROW)
        source = f"(SELECT *, hash({engine.name(ROW)}, {seed}::UBIGINT) AS {priority} FROM ({numbered}))"
    else:
        connection.execute(f"SELECT setseed({(seed % 2**31) / 2**31})").fetchall()
        plain = table_file.scan(table, names)
        source = f"(SELECT *, CAST(random() * 1.8446744073709e19 AS UBIGINT) AS {priority} FROM ({plain}))"
    return Plan(source, group, keep=limit_of(share), extremes=footers.extremes(connection, table, group))


def _beside(left: "pa.Table | None", right: "pa.Table") -> "pa.Table":
    """Put the columns of another group beside those of the groups before: the same rows, in order of their priorities."""
    right = right.sort_by(PRIORITY)
    if left is None:
        return right
    for name in right.column_names:
        if name != PRIORITY:
            left = left.append_column(name, right[name])
    return left


def _by_columns(
    connection: "DuckDBPyConnection", table: TableInput, folder: Path, row_bytes: float, threads: int, report: Report
) -> TableInput:
    """Rewrite a wide table once, so that each group of columns can be read by itself."""
    target = folder / "columns.parquet"
    rows = max(2048, int(REWRITE_BYTES / row_bytes))
    how = f"FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE {rows}"
    connection.execute("SET threads = 1")  # each thread holds a row group of all columns
    with watched(connection, lambda share: report(0.0, f"Rewriting by columns, {share:.0%}")):
        connection.execute(f"COPY ({table_file.scan(table)}) TO {engine.literal(target)} ({how})")
    connection.execute(f"SET threads = {threads}")
    plain = [
        ColumnSchema(name=column.name, type=column.type, sql_type=kind, stored=kind)
        for column in table.schema.columns
        for kind in ["TIMESTAMP" if column.type == "datetime" else column.sql_type]
    ]
    return TableInput.of(target, table.schema.model_copy(update={"format": "parquet", "columns": plain, "options": {}}))


def merge(parts: Sequence[Part], most: int) -> Part:
    """Return the whole: counters of all, and a uniform sample of at most about `most` rows.

    A part that kept few rows thins the others out, so that no row counts more than another.
    """
    import pyarrow as pa

    limit = min(part.limit for part in parts)
    states: dict[str, ColumnState] = {}
    for part in parts:
        for name, state in part.states.items():
            states[name] = states[name].merged(state) if name in states else state
    kept = [
        part.sample if part.limit == limit else part.sample.filter(pa.array(part.sample[PRIORITY].to_numpy() <= limit))
        for part in parts
    ]
    sample = kept[0] if len(kept) == 1 else pa.concat_tables(kept, promote_options="permissive")
    if sample.num_rows > most:
        priorities = sample[PRIORITY].to_numpy()
        limit = int(np.partition(priorities, most - 1)[most - 1])
        sample = sample.filter(pa.array(priorities <= limit))
    return Part(sum(part.rows for part in parts), limit, states, sample)
