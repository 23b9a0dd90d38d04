"""The rows of a COPY as libpq has them: the driver's own loop takes ten times as long for each row as libpq does."""

import select
from collections.abc import Iterator
from typing import Any


def pieces(connection: Any, query: str) -> Iterator[bytes]:
    """Run `COPY … TO STDOUT` and yield its messages, each a row; raises the driver's error of what the server says.

    connection: of psycopg, with nothing else under way. Who stops before the end closes the connection.
    """
    import psycopg
    from psycopg.pq import ExecStatus

    link = connection.pgconn
    link.send_query(query.encode(connection.info.encoding))
    while link.flush():
        _wait(link.socket, select.POLLOUT)
    begun = _result(link)
    if begun.status != ExecStatus.COPY_OUT:
        raise psycopg.errors.error_from_result(begun, encoding=connection.info.encoding)
    while True:
        size, row = link.get_copy_data(1)
        if size > 0:
            yield bytes(row)
        elif size == 0:
            _wait(link.socket, select.POLLIN)
            link.consume_input()
        else:
            break
    ended = _result(link)
    if ended.status != ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(ended, encoding=connection.info.encoding)
    while _result(link) is not None:
        continue


def _result(link: Any) -> Any:
    """Return the next result once it is here, None when there is no other."""
    while link.is_busy():
        _wait(link.socket, select.POLLIN)
        link.consume_input()
    return link.get_result()


def _wait(socket: int, what: int) -> None:
    waiting = select.poll()
    waiting.register(socket, what)
    waiting.poll()
