"""The profile of a table: parts of it are scanned, or taken as they were kept, and put together."""

import resource
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile import alerts, arrays, columns, correlations, exact, leaks, repeats
from studiolo.studio.datasets.profile.arrays import Arrays
from studiolo.studio.datasets.profile.parts import GROUP, WIDE, Part, build, merge
from studiolo.studio.datasets.profile_schemas import (
    ColumnProfile,
    Correlations,
    MissingPattern,
    Profile,
    ProfileParts,
    Sample,
)
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

MEMORY = "320MB"  # of DuckDB; with Python, NumPy and DuckDB's own overhead the process stays below 512 MB
EXACT_ROWS = 250_000
EXACT_BYTES = 100 * 2**20
SAMPLE_ROWS = 100_000
SAMPLE_BYTES = 64 * 2**20
FEW = 150_000  # rows, more than a sample has
FEWEST = 1000  # rows of a sample, however wide they are
SCANNED = 0.75  # share of the time that scanning takes

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class How:
    """How closely to look. target: the column that models will predict, for finding what gives it away.

    exact: look at all rows for everything but correlations. exact_rows: tables up to it are looked at whole anyway.
    """

    target: str = ""
    exact: bool = False
    threads: int = 2
    exact_rows: int = EXACT_ROWS
    sample_rows: int = SAMPLE_ROWS


@dataclass
class Profiled:
    """profile, and the new parts by the number of the group of files that they cover."""

    profile: Profile
    parts: list[Part]


@dataclass
class _Work:
    connection: "DuckDBPyConnection"
    schema: TableSchema
    whole: Part
    report: Report
    exact: bool
    threads: int
    columns: list[ColumnProfile] = field(default_factory=list)
    numbers: dict[str, "NDArray[np.float64]"] = field(default_factory=dict)
    codes: dict[str, "NDArray[np.int64]"] = field(default_factory=dict)
    patterns: list[MissingPattern] = field(default_factory=list)
    repeated: int | None = None


def profile(
    table: TableInput,
    folder: Path,
    *,
    report: Report = lambda share, label: None,  # noqa: ARG005
    how: How = How(),
) -> Profile:
    """Profile a table without any kept part.

    folder: an empty one, for what does not fit in memory. report: told the share that is done, 0 to 1, and with what.
    Raises what DuckDB raises for damaged files.
    """
    return profile_parts([table], [], folder, table=table, report=report, how=how).profile


def profile_parts(
    groups: Sequence[TableInput],
    kept: Sequence[Part],
    folder: Path,
    *,
    table: TableInput,
    report: Report = lambda share, label: None,  # noqa: ARG005
    how: How = How(),
) -> Profiled:
    """Profile a table of which some parts are there.

    groups: the files that no part covers, one new part each. kept: the parts that cover the others. table: all of it, whose
    rows are known; its files are read only when `how` asks for exactness.
    """
    started, cpu = time.monotonic(), _cpu()
    schema = table.schema
    share, width = _share(table, how)
    connection = engine.connect(spill=folder, memory=MEMORY, threads=how.threads)
    connection.execute("SET preserve_insertion_order = false")
    try:
        new: list[Part] = []
        total = sum(group.size for group in groups) or 1
        done = 0
        reading = SCANNED * (0.3 if how.exact and share < 1 else 1.0)
        for number, group in enumerate(groups):
            new.append(
                build(
                    connection,
                    group,
                    share=share,
                    seed=_seed(group, number),
                    folder=folder,
                    row_bytes=width,
                    threads=how.threads,
                    report=lambda s, label, d=done, g=group: report(reading * (d + s * g.size) / total, label),  # type: ignore[misc]
                )
            )
            done += group.size
        report(reading, "Looking")
        whole = merge([*kept, *new], _most(share, schema.rows, how))
        sampled = share < 1.0 or whole.sample.num_rows < whole.rows
        work = _Work(connection, schema, whole, report, not sampled, how.threads)
        _look(work, (reading, SCANNED + 0.15 if not how.exact else reading + 0.1))
        if how.exact and sampled:
            found = exact.look(
                connection,
                table,
                whole,
                work.columns,
                lambda s, label: report(reading + 0.1 + (0.85 - reading) * s, label),
            )
            work.columns, work.patterns, work.repeated = found.columns, found.patterns, found.repeated
    finally:
        connection.close()
    report(0.97, "Correlations")
    related = Correlations(
        rows=len(next(iter(work.numbers.values()), next(iter(work.codes.values()), ()))),
        pearson=correlations.pearson(work.numbers),
        spearman=correlations.spearman(work.numbers),
        cramers_v=correlations.cramers_v(work.codes),
    )
    given_away = leaks.find(work.columns, work.numbers, work.codes, how.target) if how.target else []
    report(1.0, "Done")
    looked_at = whole.sample.num_rows
    done_exactly = not sampled or how.exact
    told = Profile(
        rows=whole.rows,
        columns=work.columns,
        sample=Sample(
            rows=whole.rows if done_exactly else looked_at,
            exact=done_exactly,
            note=_note(whole.rows, looked_at, sampled=sampled, exact=how.exact),
        ),
        correlations=related,
        missing_patterns=work.patterns,
        duplicate_rows=work.repeated,
        target=how.target,
        leaks=given_away,
        parts=ProfileParts(reused=len(kept), computed=len(new), files=sum(len(group.files) for group in groups)),
        seconds=round(time.monotonic() - started, 3),
        cpu_seconds=round(_cpu() - cpu, 3),
    )
    for column in told.columns:
        column.errors = lost(schema).get(column.name, 0)
    told.alerts = alerts.find(told)
    return Profiled(told, new)


def lost(schema: TableSchema) -> dict[str, int]:
    """Return how many values of each column could not be read as its type; versions of old say it in their notes."""
    if schema.losses:
        return schema.losses
    found: dict[str, int] = {}
    for note in schema.notes:
        if note.lost:
            found[note.column] = found.get(note.column, 0) + note.lost
    return found


def _share(table: TableInput, how: How) -> tuple[float, float]:
    """Return the share of the rows to keep, and what a row takes in memory.

    Tables up to `exact_rows` that fit are their own sample. A little more is kept than wanted, for chance.
    """
    schema = table.schema
    rows = max(1, schema.rows)
    width = row_bytes(table)
    together = min(1.0, GROUP / len(schema.columns)) if len(schema.columns) > WIDE else 1.0
    if rows <= how.exact_rows and rows * width * together <= EXACT_BYTES:
        return 1.0, width
    wanted = min(how.sample_rows, max(FEWEST, int(SAMPLE_BYTES / width)))
    return min(1.0, wanted / rows), width


def _most(share: float, rows: int, how: How) -> int:
    return max(rows, 1) if share >= 1.0 else int(1.2 * how.sample_rows) + FEWEST


def usable(part: Part, table: TableInput, how: How) -> bool:
    """Say whether a kept part keeps enough of its rows for a table of this size."""
    share = _share(table, how)[0]
    return part.limit >= (2**64 - 1 if share >= 1.0 else share * 2**63)


def _seed(group: TableInput, number: int) -> int:
    """Return a seed that differs from part to part, and is the same for the same files."""
    return (
        zlib.crc32(
            "\n".join(
                f"{name} {path.stat().st_size}" for name, path in zip(group.names, group.files, strict=True)
            ).encode()
        )
        + number
    )


def _note(rows: int, looked_at: int, *, sampled: bool, exact: bool) -> str:
    if not sampled:
        return f"From all {rows:,} rows."
    if exact:
        return f"From all {rows:,} rows; correlations, types of texts and probable leaks are from a random sample of {looked_at:,}."
    error = 1.96 * 0.5 / max(1, looked_at) ** 0.5
    return (
        "Counts, missing and empty values, extremes, means and deviations are of all rows, distinct values are estimated within "
        "about 5 %. Everything else is from a random sample of "
        f"{looked_at:,} rows: ±{error:.1%} rank error (95 %)."
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def row_bytes(table: TableInput) -> float:
    """Estimate what a row takes in memory: eight bytes a value, texts as large as in the file or four times that."""
    schema = table.schema
    stored = table.size / max(1, schema.rows) * (4 if schema.format == "parquet" else 1)
    texts = sum(column.type in ("text", "json", "binary") for column in schema.columns)
    return 8 * len(schema.columns) + (stored + 16 * texts if texts else 0)


def _look(work: _Work, span: tuple[float, float]) -> None:
    """Describe each column from the sample, group by group, and keep what the correlations need."""
    every = work.schema.columns
    size = GROUP if len(every) > WIDE else len(every)
    rows = work.whole.sample.num_rows
    step = max(1, round(rows / correlations.ROWS))
    threads = 1 if rows <= FEW else work.threads  # few rows take more of the processor with two
    work.connection.execute(f"SET threads = {threads}")
    for start in range(0, len(every), size):
        group = every[start : start + size]
        work.connection.register("sample", work.whole.sample.select([column.name for column in group]))
        found = arrays.fetch(work.connection, group)
        for number, column in enumerate(group, start):
            work.report(span[0] + (span[1] - span[0]) * number / len(every), column.name)
            _describe(work, column, found, step)
        if len(every) <= WIDE:
            _find_patterns(work, rows)
            work.repeated = repeats.find(found.rows, work.whole.rows, exact=work.exact)
        work.connection.unregister("sample")
    work.connection.execute(f"SET threads = {work.threads}")


def _describe(work: _Work, column: ColumnSchema, found: Arrays, step: int) -> None:
    state, whole = work.whole.states[column.name], work.whole
    described = columns.describe(work.connection, column, state, whole.sample, found, rows=whole.rows, exact=work.exact)
    work.columns.append(described)
    if columns.is_number(described) and len(work.numbers) < correlations.COLUMNS:
        values = found.numbers[column.name][::step].copy()
        values[~np.isfinite(values)] = np.nan
        work.numbers[column.name] = values
    elif columns.is_category(described) and len(work.codes) < correlations.COLUMNS:
        work.codes[column.name] = arrays.codes(found.hashed[column.name].keys[::step])


def _find_patterns(work: _Work, rows: int) -> None:
    """Count which columns are missing together, in the sample."""
    gaps = [column.name for column in work.columns if column.missing]
    found = exact.patterns(work.connection, "sample", gaps)
    for together, n in found:
        share = n / max(1, rows)
        work.patterns.append(MissingPattern(columns=together, rows=round(share * work.whole.rows), share=share))
