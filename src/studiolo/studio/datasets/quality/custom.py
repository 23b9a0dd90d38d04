"""Rules in SQL: run by the job of a check in the locked process that Explore's SQL runs in, over its one table alone.

When a rule is written its SQL is tried in such a process over a table without rows, so that a slip is told at once.
"""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datasets import inspection
from studiolo.studio.datasets.explore import column_file, queries
from studiolo.studio.datasets.explore.errors import SqlBusy, SqlInvalid, SqlTimeout, SqlTooMuchMemory
from studiolo.studio.datasets.explore.source import Source, described, quoted
from studiolo.studio.datasets.quality import asking
from studiolo.studio.datasets.quality import rules as r
from studiolo.studio.datasets.quality.errors import BadRule
from studiolo.studio.datasets.quality.rules import FailingRow, Rule, RuleResult
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import DatasetVersion, TableSchema
from studiolo.studio.datasets.table_file import cell

if TYPE_CHECKING:  # the job of a check has none
    from studiolo.kernel.context import Context

BOUNDS = "STUDIOLO_QUALITY_SQL"  # variable of the job
DATA = "data"  # what the table is called, beside the name of its dataset
COLUMNS = 20  # of an example
ANSWER_BYTES = 16 << 20
BUILD_MEMORY = 512 << 20
TRY_SECONDS = 10.0
FIX = {
    "condition": "Write what holds for each good row, such as Fare >= 0.",
    "query": f"Write a SELECT of the rows that break the rule, FROM {DATA}.",
}


class Bounds(BaseModel):
    """What a rule may take: the studio's limits of a query. room: bytes of the copy by columns that it reads."""

    dataset: str = ""
    seconds: float = 60.0
    memory: int = 2 << 30
    room: int = 64 << 30

    @classmethod
    def of(cls, ctx: "Context", dataset: str) -> "Bounds":
        """Return what the settings say."""
        given = ctx.settings
        return cls(
            dataset=dataset,
            seconds=given.sql_seconds,
            memory=given.sql_memory_bytes,
            room=given.explore_cache_bytes,
        )

    @classmethod
    def of_job(cls) -> "Bounds":
        """Return what the job was given."""
        return cls.model_validate_json(os.environ.get(BOUNDS) or "{}")

    def limits(self) -> queries.Limits:
        """Return the limits of one query."""
        return queries.Limits(seconds=self.seconds, rows=asking.EXAMPLES, size=ANSWER_BYTES, memory=self.memory)


class InJob:
    """The table of a check, for rules in SQL; its copy by columns is made when the first of them comes.

    work: a folder for the copy, and where the process stands.
    """

    def __init__(self, table: TableInput, work: Path, bounds: Bounds) -> None:
        self._bounds, self._work = bounds, work
        self._source = Source(described(table.files, table.names, table.schema))
        self._copy = work / "sql.arrow"

    def tell(self, rule: r.Sql, result: RuleResult, rows: int) -> None:
        """Tell what came of a rule: how many rows break it, and the first of them."""
        try:
            self._tell(rule, result, rows)
        except StudioloError as error:
            result.outcome, result.said = "error", said(rule, error, self._source.schema)

    def _tell(self, rule: r.Sql, result: RuleResult, rows: int) -> None:
        if not self._copy.exists():
            _build(self._source, self._copy, self._work, self._bounds.room)
        [counted] = self._rows(counting(rule))
        failed = int(next(iter(counted.values())))
        asking.settle(result, rows, failed, rule.tolerance, rule.max_failed)
        if failed:
            for values in self._rows(examples(rule, self._source.schema)):
                row = values.pop(asking.ROW, None)
                result.examples.append(FailingRow(values=values, row=None if row is None else int(row) + 1))

    def _rows(self, query: str) -> list[dict[str, Any]]:
        import pyarrow as pa

        answer = io.BytesIO()
        tables = readable(self._copy, self._source.schema, self._bounds.dataset)
        queries.run_in_job(query, tables, self._bounds.limits(), answer, self._work)
        found = pa.ipc.open_stream(answer.getvalue()).read_all()
        names = found.column_names
        return [
            {name: cell(column[place].as_py()) for name, column in zip(names, found.columns, strict=True)}
            for place in range(found.num_rows)
        ]


def _build(source: Source, target: Path, work: Path, room: int) -> None:
    column_file.build(
        source.query(),
        len(source.columns),
        target,
        memory=BUILD_MEMORY,
        spill=work,
        most=room,
        long_texts=source.long_texts,
        told=lambda _: True,
    )


def readable(copy: Path | None, schema: TableSchema, dataset: str) -> queries.Tables:
    """Return what is answered to the names in a query: the one table, under its two names, and with the numbers of its rows.

    copy: by columns; none is a table without rows.
    """
    there = [column if copy else f"NULL::{kind}" for column, kind in _places(schema)]
    columns = [f"{item} AS {quoted(column.name)}" for item, column in zip(there, schema.columns, strict=False)]
    known = {DATA: columns, dataset: columns, asking.ROW: [*columns, f"{there[-1]} AS {quoted(asking.ROW)}"]}
    where = {"arrow": str(copy)} if copy else {"empty": True}

    def tables(mentioned: list[str]) -> list[dict[str, Any]]:
        return [
            {"name": name, **where, "columns": known[name.lower() if name.lower() == DATA else name]}
            for name in dict.fromkeys(mentioned)
            if name and (name.lower() == DATA or name in known)
        ]

    return tables


def _places(schema: TableSchema) -> list[tuple[str, str]]:
    """Return the columns of a copy and their types: those of the table, whose moments have lost their zone, and the number."""
    kinds = ["TIMESTAMP" if one.sql_type == "TIMESTAMPTZ" else one.sql_type for one in schema.columns]
    return [*((f"c{place}", kind) for place, kind in enumerate(kinds)), ("r", "BIGINT")]


def counting(rule: r.Sql) -> str:
    """Return the query of how many rows break a rule."""
    if rule.field == "condition":
        return f"SELECT count(*) FROM {DATA} WHERE NOT (\n{rule.text}\n)"
    return f"SELECT count(*) FROM (\n{rule.text}\n) AS broken"


def examples(rule: r.Sql, schema: TableSchema) -> str:
    """Return the query of the first rows that break a rule, with the columns that its condition names."""
    if rule.field == "query":
        return f"SELECT * FROM (\n{rule.text}\n) AS broken LIMIT {asking.EXAMPLES}"
    names = [column.name for column in schema.columns]
    named = [name for name in names if name.lower() in rule.text.lower()] or names
    chosen = ", ".join(quoted(name) for name in [asking.ROW, *named[:COLUMNS]])
    table, row = quoted(asking.ROW), quoted(asking.ROW)
    return f"SELECT {chosen} FROM {table} AS {DATA} WHERE NOT (\n{rule.text}\n) ORDER BY {DATA}.{row} LIMIT {asking.EXAMPLES}"


def said(rule: r.Sql, error: StudioloError, schema: TableSchema) -> str:
    """Say what is wrong with the SQL of a rule: the field, the engine's words, and what to write."""
    if isinstance(error, SqlInvalid):
        shown = ", ".join(quoted(column.name) for column in schema.columns[:COLUMNS])
        more = ", …" if len(schema.columns) > COLUMNS else ""
        fix = f"{FIX[rule.field]} Columns: {shown}{more}."
    elif isinstance(error, SqlTimeout):
        fix = "Ask for less, or raise STUDIOLO_SQL_SECONDS."
    elif isinstance(error, SqlTooMuchMemory):
        fix = error.hint
    else:
        fix = FIX[rule.field]
    words = " ".join(error.detail.split())
    return f"{rule.field}: {words}{'' if words.endswith(('.', '!')) else '.'} {fix}"


def check(ctx: "Context", rules: list[Rule], version: DatasetVersion) -> None:
    """Try the SQL of rules over a table like the version's without rows, in the locked process; raises BadRule."""
    given = [(number, rule) for number, rule in enumerate(rules) if isinstance(rule, r.Sql)]
    if not given:
        return
    schema = version.table
    if schema is None or version.kind == "file":
        raise BadRule("Files as they are have no rows that SQL could look at.", field=f"rules.{given[0][0]}")
    with inspection.work_folder(ctx) as work:
        limits = Bounds.of(ctx, version.name).limits()
        limits.seconds = min(limits.seconds, TRY_SECONDS)
        for number, rule in given:
            try:
                for query in (counting(rule), examples(rule, schema)):
                    tables = readable(None, schema, version.name)
                    queries.run(ctx, query, queries.name_one(None), tables, limits, io.BytesIO(), work)
            except SqlBusy:
                raise
            except StudioloError as error:
                where = f"Rule {number + 1} ({r.title(rule)[:120]}): "
                raise BadRule(where + said(rule, error, schema), field=f"rules.{number}.{rule.field}") from None
