"""What a process gives up before it runs a query that anybody may have written. Linux; elsewhere what is there is used."""

import contextlib
import ctypes
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEW_USER, NEW_NET = 0x10000000, 0x40000000
NO_NEW_PRIVILEGES = 38
ENGINE_SHARE = 0.6  # of the memory limit; the rest is for what DuckDB does not count, such as one very long text
NOWHERE = "/dev/null/nowhere"  # where nothing can be made, whoever asks
SETTINGS = {
    "home_directory": NOWHERE,
    "secret_directory": NOWHERE,
    "extension_directory": NOWHERE,
    "temp_directory": "",
    "max_temp_directory_size": "0B",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "python_scan_all_frames": False,
    "max_expression_depth": 250,
    "TimeZone": "UTC",
    "errors_as_json": True,
}


def isolate() -> bool:
    """Leave the network and give up rights; to be called before any thread is started. True when there is no network now."""
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(AttributeError):
        libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return any(libc.unshare(flags) == 0 for flags in (NEW_USER | NEW_NET, NEW_NET))
    return False


def bound(seconds: float) -> None:
    """Write no file, open few, take no more processor time than two threads could in `seconds`, leave no core file."""
    for kind, value in (
        ("FSIZE", 0),
        ("NOFILE", 512),
        ("CPU", int(seconds * 2) + 10),
        ("CORE", 0),
    ):
        _limit(kind, value)


def bound_memory(most: int) -> None:
    """Let the process map only so much more than it has, that what it holds stays below `most` bytes."""
    sizes = [int(text) * resource.getpagesize() for text in Path("/proc/self/statm").read_text("ascii").split()[:3]]
    mapped, held, shared = sizes
    _limit("AS", mapped + max(64 << 20, most - (held - shared)))


def _limit(kind: str, value: int) -> None:
    number = getattr(resource, f"RLIMIT_{kind}", None)
    if number is None:
        return
    hard = resource.getrlimit(number)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(number, (value, value))


def lock(connection: "DuckDBPyConnection", memory: int) -> None:
    """Take everything but the registered tables away from a connection; the lock on the settings comes last."""
    for key, value in SETTINGS.items():
        connection.execute(f"SET {key} = {_written(value)}")
    connection.execute(f"SET memory_limit = '{int(memory * ENGINE_SHARE) >> 10}KiB'")
    connection.execute(f"SET threads = {min(2, os.cpu_count() or 1)}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f"'{value}'"
