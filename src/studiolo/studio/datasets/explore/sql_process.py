"""The child that runs one query of a user and ends: `python -m …explore.sql_process`.

It is told the query and answers with the names of the tables in it; then it is told which of them it may read and where
(the server has asked whether the account may), gives up everything else, and answers with the rows as an Arrow stream.
A frame `cancel`, or the end of standard input, stops it.
"""

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from studiolo.studio.datasets.explore import frames, lockdown

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

BATCH = 8192
MOST_NAMES = 100
NAME = re.compile(r'"((?:[^"]|"")+)"|([A-Za-z_][\w]*)')
WRONG = re.compile(r'(Table|[Cc]olumn|Function|function)(?: with name)? "?([^" ]+?)"?(?: does not exist| not found)')
ASKS = {"SELECT", "EXPLAIN", "RELATION"}
# take addresses of memory, or a text that is run as a query of its own: nobody needs them here
FORBIDDEN = {"arrow_scan", "arrow_scan_dumb", "pandas_scan", "python_map_function", "query", "query_table"}
FORBIDDEN_TEXT = re.compile(rf"\b({'|'.join(sorted(FORBIDDEN))})\b\W*\(|u&['\"]", re.IGNORECASE)


class Refused(Exception):
    """kind: the class of the error that the server raises."""

    def __init__(self, kind: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.problem = {"class": kind, "detail": detail, **more}


def main() -> int:
    """Run the one query."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints is taken for an answer
    asked, _ = frames.receive(requests)
    isolated = lockdown.isolate()
    lockdown.bound(asked["seconds"])
    try:
        _answer(asked, requests, answers, isolated=isolated)
    except Refused as refused:
        frames.send(answers, {"problem": refused.problem})
    except MemoryError:
        frames.send(answers, {"problem": {"class": "SqlTooMuchMemory", "detail": "memory"}})
    return 0


def _answer(asked: dict[str, Any], requests: BinaryIO, answers: BinaryIO, *, isolated: bool) -> None:
    import duckdb
    import pyarrow as pa

    pa.set_cpu_count(2)
    pa.set_io_thread_count(2)
    connection = duckdb.connect(":memory:", config={"threads": 2})
    lockdown.lock(connection, asked["memory"])  # before the query is even read: looking for its tables binds it
    frames.send(answers, {"up": True})
    query = asked["query"]
    frames.send(answers, {"tables": _tables(connection, query, asked.get("trusted", False)), "isolated": isolated})
    told, _ = frames.receive(requests)
    for table in told["tables"]:
        _register(connection, table)
    lockdown.bound_memory(asked["memory"])
    threading.Thread(target=_listen, args=(requests, connection), daemon=True).start()
    try:
        _stream(connection, query, told["rows"], told["bytes"], answers)
    except duckdb.InterruptException:
        raise Refused("SqlCancelled", "The query was stopped.") from None
    except duckdb.OutOfMemoryException:
        raise Refused("SqlTooMuchMemory", "memory") from None
    except duckdb.Error as error:
        raise _said(error, query) from None


def _listen(requests: BinaryIO, connection: "DuckDBPyConnection") -> None:
    try:
        while True:
            frames.receive(requests)  # the only thing that is still said is `cancel`
            connection.interrupt()
    except (OSError, ValueError):
        pass
    except EOFError:
        os._exit(3)  # whoever asked is gone


def _tables(connection: "DuckDBPyConnection", query: str, trusted: bool) -> list[str]:
    """Return the names that may be tables; raises Refused for anything but one question. trusted: in tests of the lock alone."""
    import duckdb

    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as error:
        raise _said(error, query) from None
    if not statements:
        raise Refused("SqlNotAQuestion", "There is no statement in the query.")
    if not trusted:
        if len(statements) > 1:
            raise Refused("SqlNotAQuestion", f"There are {len(statements)} statements; one is run at a time.")
        kind = str(statements[0].type).rsplit(".", 1)[-1].upper()
        if kind not in ASKS:
            raise Refused(
                "SqlNotAQuestion", f"A statement of the kind {kind} changes something; questions are answered."
            )
        _refuse_forbidden(connection, query)
    tree = _tree(connection, query)
    if tree is None:  # DESCRIBE, EXPLAIN and such: any word may be a table's name, the server knows which are datasets
        words = [quoted.replace('""', '"') or plain for quoted, plain in NAME.findall(query)]
        return sorted(set(words))[:MOST_NAMES]
    return sorted({str(node["table_name"]) for node in _nodes(tree) if node.get("type") == "BASE_TABLE"})


def _refuse_forbidden(connection: "DuckDBPyConnection", query: str) -> None:
    """Look for functions that nobody needs in the parsed query; where it cannot be had as a tree, in its text."""
    tree = _tree(connection, query)
    if tree is None:
        found = FORBIDDEN_TEXT.search(query)
        name = found[1] or "U&" if found else None
    else:
        called = (str(node.get("function_name", "")).lower() for node in _nodes(tree))
        name = next((one for one in called if one in FORBIDDEN), None)
    if name:
        raise Refused("SqlNotAQuestion", f"The function {name} is not available here.")


def _tree(connection: "DuckDBPyConnection", query: str) -> Any:
    """Return the parsed query; None for what the engine does not give as a tree."""
    answer = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
    tree = json.loads(answer[0][0])
    return None if tree.get("error") else tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _register(connection: "DuckDBPyConnection", table: dict[str, Any]) -> None:
    """Make a table readable under its name: columns that are mapped read-only into memory, Parquet that Arrow reads, or no rows."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    raw, view = (
        f"raw {table['name']}",
        f"CREATE TEMP VIEW {_quoted(table['name'])} AS SELECT {', '.join(table['columns'])}",
    )
    if "empty" in table:
        connection.execute(f"{view} WHERE false")
        return
    if "arrow" in table:
        source: Any = pa.ipc.open_file(pa.memory_map(table["arrow"])).read_all()
    else:
        source = ds.dataset(table["parquet"], format="parquet")
    connection.register(raw, source)
    connection.execute(f"{view} FROM {_quoted(raw)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _stream(connection: "DuckDBPyConnection", query: str, rows: int, size: int, answers: BinaryIO) -> None:
    """Send the rows as an Arrow stream until the end or a limit, then what they were."""
    import pyarrow as pa

    relation = connection.sql(query)  # a relation streams; what `execute` gives would be held whole
    if relation is None:
        raise Refused("SqlNotAQuestion", "The statement answers nothing.")
    described = list(zip(relation.columns, map(str, relation.types), strict=True))
    names = _distinct([name for name, _ in described])
    reader = relation.to_arrow_reader(BATCH)
    schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, names, strict=True)])
    sink = _Sink(answers)
    left, cut = rows, False
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in reader:
            taken, over = _fitting(batch, left, size - sink.sent)
            if taken.num_rows:
                writer.write_batch(pa.RecordBatch.from_arrays(taken.columns, schema=schema))
            left -= taken.num_rows
            if over:
                cut = True
                break
            if left == 0:
                cut = any(more.num_rows for more in reader)
                break
    columns = [{"name": name, "sql_type": kind} for name, (_, kind) in zip(names, described, strict=True)]
    frames.send(answers, {"done": {"columns": columns, "rows": rows - left, "cut": cut}})


def _fitting(batch: "pa.RecordBatch", rows: int, size: int) -> "tuple[pa.RecordBatch, bool]":
    """Return as much of a batch as may be kept, and whether something was left out."""
    taken = batch.slice(0, rows)
    if taken.nbytes <= size:
        return taken, taken.num_rows < batch.num_rows
    low, high = 0, taken.num_rows
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if batch.slice(0, middle).nbytes <= size else (low, middle - 1)
    return batch.slice(0, low), True


class _Sink:
    """A file that Arrow writes to and that makes a frame of each piece."""

    closed = False

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self.sent = 0

    def write(self, piece: Any) -> int:
        view = memoryview(piece).cast("B")
        frames.send(self._answers, {"rows": True}, view)
        self.sent += len(view)
        return len(view)

    def tell(self) -> int:
        return self.sent

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False


def _distinct(names: list[str]) -> list[str]:
    """Return the names with those that come twice numbered."""
    seen: set[str] = set()
    found = []
    for given in names:
        name, number = given or "column", 1
        while name.lower() in seen:
            number += 1
            name = f"{given or 'column'}_{number}"
        seen.add(name.lower())
        found.append(name)
    return found


def _said(error: Exception, query: str) -> Refused:
    """Return what the engine complained of, with the place in the query where it can be told."""
    text = str(error)
    start = text.find("{")
    try:
        found = json.loads(text[start:]) if start >= 0 else {}
    except ValueError:
        found = {}
    if "exception_message" not in found:
        return _told(text.split("\n\nLINE ", 1)[0].strip() or type(error).__name__, query)
    kind, message = str(found.get("exception_type", "")), str(found["exception_message"])
    if kind == "Out of Memory":
        return Refused("SqlTooMuchMemory", message[:500])
    position = str(found.get("position") or "")
    return _told(f"{kind} Error: {message}", query, int(position) if position.isdigit() else None)


def _told(message: str, query: str, position: int | None = None) -> Refused:
    more: dict[str, Any] = {}
    wrong = WRONG.search(message)
    if wrong and wrong[1] == "Table":
        more["missing"] = wrong[2]
    if position is None and wrong:
        at = query.lower().find(wrong[2].lower().rsplit(".", 1)[-1])
        position = at if at >= 0 else None
    if position is not None:
        more["position"] = position
    return Refused("SqlInvalid", message[:2000], **more)


if __name__ == "__main__":
    sys.exit(main())
