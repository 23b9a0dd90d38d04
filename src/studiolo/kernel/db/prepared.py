"""Statements that are asked again and again: compiled once, and then handed to the driver with nothing around them.

What SQLAlchemy does at each execution (a context, a key of its cache, a result that can do anything) takes three times as long as a short
statement does in SQLite. A statement that one step of a pipeline asks for is worth this; all others are simply executed.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Dialect, Float, Insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from studiolo.kernel.db.types import UtcDateTime

if TYPE_CHECKING:
    from studiolo.kernel.db.postgresql_driver import Numbered

Values = Mapping[str, Any]
Bind = tuple[str, Callable[[Any], Any] | None]
_NONE: Values = {}
_DOUBLE = 701  # PostgreSQL's number of the type `double precision`


class _Made(NamedTuple):
    """A statement as a driver takes it. binds: of each parameter its name and what converts it, in their order; fixed: those whose values
    never change; makes: those that Python makes anew each time; loads: what converts which columns of a row; positional: parameters have
    no names in the text; numbered: what asks PostgreSQL by a shorter way, and its parameters in their order."""

    text: str
    binds: tuple[Bind, ...]
    fixed: Values
    makes: tuple[tuple[str, Callable[[Any], Any]], ...]
    loads: tuple[tuple[int, Callable[[Any], Any]], ...]
    row: Any
    positional: bool
    numbered: "tuple[Numbered, tuple[Bind, ...]] | None" = None

    def given(self, values: Values, *, many: bool = False) -> Any:
        known = {**self.fixed, **values} if self.fixed else values
        if self.makes:
            known = {**known, **{name: make(None) for name, make in self.makes}}
        if self.numbered is not None and not many:
            return [known[name] if turn is None else turn(known[name]) for name, turn in self.numbered[1]]
        if self.positional:
            return [known[name] if turn is None else turn(known[name]) for name, turn in self.binds]
        return {name: known[name] if turn is None else turn(known[name]) for name, turn in self.binds}

    def loaded(self, found: Iterable[Any]) -> Any:
        if not self.loads:
            return tuple.__new__(self.row, found)  # as namedtuple does itself, without its keywords
        values = list(found)
        for index, turn in self.loads:
            values[index] = turn(values[index])
        return tuple.__new__(self.row, values)


class Prepared:
    """A statement that does not change. Its parameters are named by `bindparam`; none of them is a list.

    Of an insert the columns that it is given are its parameters, beside which those with a default of Python's get that.
    binary, passing: how PostgreSQL answers, and whether it is one of many that come and go (`postgresql_driver.Numbered`).
    """

    def __init__(self, statement: Any, *, binary: bool = False, passing: bool = False) -> None:
        self._statement = statement
        self._ways = {"binary": binary, "passing": passing}
        self._made: dict[tuple[str, tuple[str, ...]], _Made] = {}

    def all(self, tx: Connection, values: Values = _NONE) -> list[Any]:
        """Return the rows, as named tuples."""
        made = self._for(tx, values)
        loaded = made.loaded
        return [loaded(found) for found in _run(tx, made, made.given(values)).fetchall()]

    def as_read(self, tx: Connection, values: Values = _NONE) -> list[Any]:
        """Return the rows with their values as the driver has them: to make moments aware costs as much as all else of a row."""
        made = self._for(tx, values)
        return list(map(made.row._make, _run(tx, made, made.given(values)).fetchall()))

    def first(self, tx: Connection, values: Values = _NONE) -> Any:
        """Return the first row, None when there is none."""
        made = self._for(tx, values)
        cursor = _run(tx, made, made.given(values))
        found = cursor.fetchone()
        cursor.close()
        return None if found is None else made.loaded(found)

    def scalar(self, tx: Connection, values: Values = _NONE) -> Any:
        """Return the first value of the first row, None when there is none."""
        found = self.first(tx, values)
        return None if found is None else found[0]

    def run(self, tx: Connection, values: Values = _NONE) -> int:
        """Write; returns how many rows that was."""
        made = self._for(tx, values)
        count: int = _run(tx, made, made.given(values)).rowcount
        return count

    def run_all(self, tx: Connection, rows: Sequence[Values]) -> int:
        """Write for each of some values, all of which have the same names; returns how many rows that was."""
        if len(rows) == 1:
            return self.run(tx, rows[0])
        made = self._for(tx, rows[0])
        count: int = _run(tx, made, [made.given(row, many=True) for row in rows], many=True).rowcount
        return count

    def later(self, tx: Connection, *rows: Values) -> None:
        """Write for each of some values, with the transaction's next question or its end, which is when errors of it come.

        For what nobody looks at before: PostgreSQL is woken once for all of it. SQLite writes at once.
        """
        if not rows:
            return
        made = self._for(tx, rows[0])
        if made.numbered is None:
            self.run_all(tx, rows)
            return
        for row in rows:
            _run(tx, made, made.given(row), later=True)

    def add(self, tx: Connection, values: Values) -> Any:
        """Insert a row `later`; returns it as it will be, with the defaults of its columns. For tables that make no value by themselves."""
        made = self._for(tx, values)
        made_now = {name: make(None) for name, make in made.makes if name not in values}
        self.later(tx, {**values, **made_now})
        empty = dict.fromkeys(self._statement.table.columns.keys())
        return SimpleNamespace(**{**empty, **made.fixed, **made_now, **values})

    def _for(self, tx: Connection, values: Values) -> _Made:
        statement = self._statement
        names = tuple(values) if isinstance(statement, Insert) else ()  # else they are all in the statement
        made = self._made.get((tx.dialect.name, names))
        if made is None:
            made = self._made[tx.dialect.name, names] = _make(tx, statement, names, values, self._ways)
        return made


class PostgresStatement:
    """A statement in PostgreSQL's own words, whose parameters are `$1`, `$2`… and cast to their types; arrays are sent as it writes them."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._made: _Made | None = None

    def rows(self, tx: Connection, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows."""
        found: list[tuple[Any, ...]] = _run(tx, self._making(), values).fetchall()
        return found

    def run(self, tx: Connection, *values: Any) -> int:
        """Write; returns how many rows that was."""
        count: int = _run(tx, self._making(), values).rowcount
        return count

    def _making(self) -> _Made:
        if self._made is None:
            from studiolo.kernel.db.postgresql_driver import Numbered

            count = len(set(re.findall(r"\$\d+", self._statement)))
            numbered = Numbered(self._statement, count), ()
            self._made = _Made(self._statement, (), {}, (), (), tuple, True, numbered)
        return self._made


def _make(tx: Connection, statement: Any, names: tuple[str, ...], values: Values, ways: Mapping[str, bool]) -> _Made:
    dialect = tx.dialect
    fixed: dict[str, Any] = {}
    makes: dict[str, Callable[[Any], Any]] = {}
    if isinstance(statement, Insert):
        for column in statement.table.columns:
            if column.default is not None and column.name not in names:
                of = makes if column.default.is_callable else fixed
                of[column.name] = column.default.arg  # type: ignore[attr-defined]
    keys = [*names, *fixed, *makes] or None
    # with values, since lists that are in the statement itself are written out by it
    known = {**fixed, **dict.fromkeys(makes), **values}
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    state = compiled.construct_expanded_state(known)
    order = state.positiontup if compiled.positional else list(state.parameters)
    fixed |= {name: state.parameters[name] for name in order if name not in known}
    binds = tuple((name, _turn(compiled.binds.get(name), dialect)) for name in order)
    numbered = None
    if dialect.name == "postgresql":
        from studiolo.kernel.db.postgresql_driver import Numbered

        make: Any = type(dialect)
        counting = make(dbapi=dialect.loaded_dbapi, paramstyle="numeric_dollar")
        counted = statement.compile(dialect=counting, column_keys=keys).construct_expanded_state(known)
        by_name = dict(binds)
        in_order = tuple((name, by_name[name]) for name in counted.positiontup)
        numbered = Numbered(counted.statement, len(in_order), **ways), in_order
    columns = _columns(statement, compiled)
    turns = [_turn_back(kind, dialect) for _, kind in columns]
    loads = tuple((index, turn) for index, turn in enumerate(turns) if turn is not None)
    row = namedtuple("Row", [name for name, _ in columns], rename=True)  # type: ignore[misc]
    return _Made(state.statement, binds, fixed, tuple(makes.items()), loads, row, compiled.positional, numbered)


def _turn(bound: BindParameter[Any] | None, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes a parameter what the driver takes, None where it does so itself; of a list that is written out nothing is known."""
    if bound is None:
        return None
    turn = bound.type.dialect_impl(dialect).bind_processor(dialect)
    # rows that are written together have their moments in common, and SQLite wants a text made of each
    return lru_cache(8)(turn) if turn is not None and isinstance(bound.type, UtcDateTime) else turn


def _turn_back(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes a value of a column what Python is given, None where the driver does so itself."""
    # PostgreSQL's dialect asks what the driver found, of numbers only: a column of floats holds such
    found = _DOUBLE if isinstance(kind, Float) else None
    return kind.dialect_impl(dialect).result_processor(dialect, found)


def _columns(statement: Any, compiled: Any) -> list[tuple[str, TypeEngine[Any]]]:
    """Return names and types of the columns of the rows of a statement; none of one that returns no rows."""
    found = compiled.effective_returning or () if isinstance(statement, UpdateBase) else statement.selected_columns
    return [(str(column.key), column.type) for column in found]


def _run(tx: Connection, made: _Made, given: Any, *, many: bool = False, later: bool = False) -> Any:
    connection: Any = tx.connection
    cursor: Any = None
    try:
        if made.numbered is not None and not many:
            one = made.numbered[0]
            return (one.later if later else one.ask)(connection.driver_connection, connection.info, given)
        cursor = connection.cursor()
        (cursor.executemany if many else cursor.execute)(made.text, given)
    except tx.dialect.loaded_dbapi.Error as error:  # as SQLAlchemy would say it
        gone = tx.dialect.is_disconnect(error, connection.dbapi_connection, cursor)
        raised = DBAPIError.instance(
            made.text, given, error, tx.dialect.loaded_dbapi.Error, connection_invalidated=gone, dialect=tx.dialect
        )
        if gone:
            tx.invalidate(error)
        raise raised from error
    return cursor
