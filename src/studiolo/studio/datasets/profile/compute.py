"""The profile of a table: which rows are looked at how closely, group by group of columns."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.profile import alerts, columns, correlations
from studiolo.studio.datasets.profile.counters import ROW, count
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.progress import watched
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import (
    ColumnProfile,
    ColumnSchema,
    Correlations,
    MissingPattern,
    Profile,
    Sample,
    TableSchema,
)

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

MEMORY = "320MB"  # of DuckDB; with Python, NumPy and DuckDB's own overhead the process stays below 512 MB
EXACT_ROWS = 1_000_000
EXACT_BYTES = 160 * 2**20
SAMPLE_ROWS = 100_000
SAMPLE_BYTES = 100 * 2**20
WIDE, GROUP = 200, 50
REWRITE_BYTES = 32 * 2**20
PATTERNS, PATTERN_COLUMNS = 10, 60

Report = Callable[[float, str], None]


@dataclass
class _Work:
    connection: "DuckDBPyConnection"
    table: TableInput
    folder: Path
    report: Report
    sample_rows: int
    exact: bool
    threads: int
    columns: list[ColumnProfile] = field(default_factory=list)
    skews: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, "NDArray[np.float64]"] = field(default_factory=dict)
    codes: dict[str, "NDArray[np.int64]"] = field(default_factory=dict)
    looked_at: int = 0
    patterns: list[MissingPattern] = field(default_factory=list)

    @property
    def schema(self) -> TableSchema:
        """How the table is read."""
        return self.table.schema


def profile(
    table: TableInput,
    folder: Path,
    *,
    report: Report = lambda share, label: None,  # noqa: ARG005
    threads: int = 2,
    exact_rows: int = EXACT_ROWS,
    sample_rows: int = SAMPLE_ROWS,
) -> Profile:
    """Profile a table.

    folder: an empty one, for what does not fit in memory. report: told the share that is done, 0 to 1, and with what.
    exact_rows: tables up to it are looked at whole, when they fit in memory. Raises what DuckDB raises for damaged files.
    """
    started, cpu = time.monotonic(), _cpu()
    schema = table.schema
    together = GROUP if len(schema.columns) > WIDE else len(schema.columns)  # columns that are in memory at once
    width = _row_bytes(table) * together / len(schema.columns)
    exact = schema.rows <= exact_rows and schema.rows * width <= EXACT_BYTES
    wanted = schema.rows if exact else min(sample_rows, max(1000, int(SAMPLE_BYTES / width)))
    connection = engine.connect(spill=folder, memory=MEMORY, threads=threads)
    connection.execute("SET preserve_insertion_order = false")
    try:
        work = _Work(connection, table, folder, report, wanted, exact, threads)
        rows = _whole(work) if exact and together == len(schema.columns) else _by_groups(work)
    finally:
        connection.close()
    report(0.97, "Correlations")
    found = Correlations(
        rows=len(next(iter(work.numbers.values()), next(iter(work.codes.values()), ()))),
        pearson=correlations.pearson(work.numbers),
        spearman=correlations.spearman(work.numbers),
        cramers_v=correlations.cramers_v(work.codes),
    )
    report(1.0, "Done")
    return Profile(
        rows=rows,
        columns=work.columns,
        sample=Sample(rows=work.looked_at, exact=exact, note=_note(work.looked_at, exact=exact)),
        correlations=found,
        missing_patterns=work.patterns,
        alerts=alerts.find(work.columns, found, work.skews),
        seconds=round(time.monotonic() - started, 3),
        cpu_seconds=round(_cpu() - cpu, 3),
    )


def _note(rows: int, *, exact: bool) -> str:
    if exact:
        return f"From all {rows:,} rows."
    error = 1.96 * 0.5 / max(1, rows) ** 0.5
    return (
        "Counts, missing values, extremes, means and deviations are of all rows, distinct values are estimated within about "
        f"5 %. Everything else is from a random sample of {rows:,} rows: ±{error:.1%} rank error (95 %)."
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _row_bytes(table: TableInput) -> float:
    """Estimate what a row takes in memory: eight bytes a value, texts as large as in the file or four times that."""
    schema = table.schema
    stored = table.size / schema.rows * (4 if schema.format == "parquet" else 1)
    texts = sum(column.type in ("text", "json", "binary") for column in schema.columns)
    return 8 * len(schema.columns) + (stored + 16 * texts if texts else 0)


def _whole(work: _Work) -> int:
    """Load the table and look at all of it."""
    query = _scan(work.table)
    with watched(work.connection, lambda share: work.report(0.5 * share, "Reading")):
        work.connection.execute(f"CREATE TEMP TABLE sample AS {query}")
    work.report(0.5, "Counting")
    counted = count(work.connection, "sample", work.schema.columns, sketch=False)
    _look(work, work.schema.columns, counted, (0.5, 0.4))
    _find_patterns(work)
    return work.looked_at


def _scan(table: TableInput, names: list[str] | None = None, row: str = "") -> str:
    """Return the SELECT of the table with times and bytes as texts."""
    chosen = [column for column in table.schema.columns if names is None or column.name in names]
    texts = [
        (f"hex({quoted})" if column.type == "binary" else f"CAST({quoted} AS VARCHAR)") + f" AS {quoted}"
        for column in chosen
        for quoted in [engine.name(column.name)]
        if column.type in ("time", "binary")
    ]
    query = table_file.scan(table, names, row)
    return f"SELECT * REPLACE ({', '.join(texts)}) FROM ({query})" if texts else query


def _by_groups(work: _Work) -> int:
    """Scan once per group of columns; the sampled rows are the same in each group, or all of them."""
    wide = len(work.schema.columns) > WIDE
    if wide and work.schema.format != "parquet":
        work.table = _as_parquet(work)
    every = work.schema.columns
    size = GROUP if wide else len(every)
    groups = [every[start : start + size] for start in range(0, len(every), size)]
    share = min(1.0, work.sample_rows / work.schema.rows)
    for number, group in enumerate(groups):
        table, pick = _source(work, group, share)
        begin, part = 0.95 * number / len(groups), 0.95 / len(groups)
        with watched(work.connection, lambda s, b=begin, p=part: work.report(b + 0.8 * p * s, "Reading")):  # type: ignore[misc]
            counted = count(work.connection, table, group, sketch=not work.exact, into="sample", pick=pick)
        _look(work, group, counted, (begin + 0.8 * part, 0.2 * part))
        if not wide:
            _find_patterns(work)
        work.connection.execute("DROP TABLE sample")
    return work.schema.rows


def _source(work: _Work, group: list[ColumnSchema], share: float) -> tuple[str, str]:
    """Return what to scan and the condition that samples it: by row number where rows have one, else by chance."""
    names = [column.name for column in group]
    if family()[work.schema.format].SPEC.numbered:
        limit = min(2**64 - 1, int(share * 2**64))
        return f"({_scan(work.table, names, ROW)})", f"hash({engine.name(ROW)}) <= {limit}::UBIGINT"
    return f"({_scan(work.table, names)})", f"random() < {share:.9f}"


def _as_parquet(work: _Work) -> TableInput:
    """Rewrite a wide text file once, so that each group of columns can be read by itself."""
    target = work.folder / "columns.parquet"
    query = table_file.scan(work.table)
    rows = max(2048, int(REWRITE_BYTES / _row_bytes(work.table)))
    how = f"FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE {rows}"
    work.connection.execute("SET threads = 1")  # each thread holds a row group of all columns
    with watched(work.connection, lambda share: work.report(0.0, f"Rewriting by columns, {share:.0%}")):
        work.connection.execute(f"COPY ({query}) TO {engine.literal(target)} ({how})")
    work.connection.execute(f"SET threads = {work.threads}")
    plain = [
        ColumnSchema(name=column.name, type=column.type, sql_type=kind, stored=kind)
        for column in work.schema.columns
        for kind in ["TIMESTAMP" if column.type == "datetime" else column.sql_type]
    ]
    return TableInput.of(target, work.schema.model_copy(update={"format": "parquet", "columns": plain, "options": {}}))


def _look(work: _Work, group: list[ColumnSchema], counted: dict[str, Any], span: tuple[float, float]) -> None:
    """Describe each column from the sample, and keep what the correlations need."""
    connection = work.connection
    asked = connection.execute("SELECT count(*) FROM sample").fetchone()
    work.looked_at = int(asked[0]) if asked else 0
    numbered = any(row[0] == ROW for row in connection.execute("DESCRIBE sample").fetchall())
    key = engine.name(ROW) if numbered else "rowid"
    step = max(1, round(work.looked_at / correlations.ROWS))
    for number, column in enumerate(group):
        work.report(span[0] + span[1] * number / len(group), column.name)
        described, skew = columns.describe(
            connection, column, counted[column.name], rows=work.schema.rows, exact=work.exact
        )
        work.columns.append(described)
        work.skews[column.name] = skew
        if columns.is_number(described) and len(work.numbers) < correlations.COLUMNS:
            work.numbers[column.name] = columns.as_numbers(connection, key, column, step)
        elif columns.is_category(described) and len(work.codes) < correlations.COLUMNS:
            work.codes[column.name] = columns.as_codes(connection, key, column, step)


def _find_patterns(work: _Work) -> None:
    """Count which columns are missing together."""
    gaps = [column.name for column in work.columns if column.missing][:PATTERN_COLUMNS]
    if not gaps:
        return
    bits = " + ".join(f"({engine.name(name)} IS NULL)::UBIGINT * {2**place}" for place, name in enumerate(gaps))
    query = f"SELECT {bits} AS pattern, count(*) FROM sample GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {PATTERNS}"
    for pattern, rows in work.connection.execute(query).fetchall():
        together = [name for place, name in enumerate(gaps) if int(pattern) >> place & 1]
        share = rows / max(1, work.looked_at)
        work.patterns.append(MissingPattern(columns=together, rows=round(share * work.schema.rows), share=share))
