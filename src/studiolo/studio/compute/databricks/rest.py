"""Asks a Databricks workspace: one question, its answer, and what to do when it asks to wait or refuses.

Errors have the form `{"error_code": …, "message": …}`. At a 429 and at answers of the 5xx family the question is asked again, after
what `Retry-After` says, else after growing waits ("Rate limits" and "Jobs API" in Databricks' documentation of its REST API).
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpcore

from studiolo.kernel import outbound

PRIVATE = "STUDIOLO_COMPUTE_PRIVATE"
_SECONDS, _LONGEST_WAIT = 30.0, 60.0
_MOST = 16 << 20  # bytes of an answer: logs alone are 5 MB
_LOST = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError)


class Refused(Exception):
    """Databricks answered and says no. status: of HTTP; code: its own word; the message is Databricks' own."""

    def __init__(self, status: int, code: str, said: str) -> None:
        super().__init__(said)
        self.status, self.code = status, code

    @property
    def sentence(self) -> str:
        """What it said, and what to mend."""
        said = str(self).rstrip(".") or f"status {self.status}"
        if self.status == 401:
            return f"Databricks does not take the token: {said}. Give a new one (credentials.token)."
        if self.status == 403:
            return f"Databricks does not allow it to whom the token belongs: {said}. Allow it there, or give another token (credentials.token)."
        return f"Databricks refuses{f' ({self.code})' if self.code else ''}: {said}."


class Away(Exception):
    """No answer that can be used, however long it was waited; the message says why."""


class Workspace:
    """A workspace that is asked with a token. private: addresses that are not of the public internet may be asked."""

    def __init__(self, address: tuple[str, str, int], token: str, *, private: bool) -> None:
        scheme, host, port = address
        self._root = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": "studiolo", "Content-Type": "application/json"}  # fmt: skip
        self._pool = outbound.pool(private=private, setting=PRIVATE)

    def get(self, path: str, patience: float = 0, **query: Any) -> dict[str, Any]:
        """Ask for something; raises Refused, Away, AddressRefused. patience: seconds for which it is asked again."""
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None, patience)

    def post(self, path: str, body: Mapping[str, Any], patience: float = 0) -> dict[str, Any]:
        """Have something done that may be asked for twice; raises Refused, Away, AddressRefused."""
        return self._ask("POST", path, json.dumps(body).encode(), patience)

    def close(self) -> None:
        """Close what is kept open."""
        self._pool.close()

    def _ask(self, verb: str, path: str, body: bytes | None, patience: float) -> dict[str, Any]:
        deadline, tries = time.monotonic() + patience, 0
        while True:
            wait, why = min(0.5 * 2**tries, _LONGEST_WAIT), ""
            try:
                status, headers, found = self._once(verb, path, body)
            except _LOST as error:
                why = str(error) or type(error).__name__
            else:
                if status == 200:
                    return _read(found)
                if status != 429 and status < 500:
                    raise _refused(status, found)
                why = str(_refused(status, found)) or f"status {status}"
                if status == 429:
                    why = f"it takes no more questions for now ({why})"
                wait = _seconds(headers.get(b"retry-after", b""), wait)
            if time.monotonic() + wait > deadline:
                raise Away(why)
            time.sleep(wait)
            tries += 1

    def _once(self, verb: str, path: str, body: bytes | None) -> tuple[int, dict[bytes, bytes], bytes]:
        times = dict.fromkeys(("connect", "read", "write", "pool"), _SECONDS)
        sent: list[tuple[bytes | str, bytes | str]] = [*self._headers.items()]
        with self._pool.stream(
            verb, self._root + path, headers=sent, content=body, extensions={"timeout": times}
        ) as answer:
            found = b""
            for piece in answer.iter_stream():
                found += piece
                if len(found) > _MOST:
                    raise Away("its answer is too long")
            return answer.status, {name.lower(): value for name, value in answer.headers}, found


def _seconds(given: bytes, otherwise: float) -> float:
    return min(float(given), 600.0) if given.isdigit() else otherwise


def _read(found: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(found or b"{}")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Away("what answers there is no Databricks: it sends a page")
    return answer


def _refused(status: int, found: bytes) -> Refused:
    try:
        told = json.loads(found)
        return Refused(status, str(told.get("error_code", "")), str(told.get("message", ""))[:1000])
    except (ValueError, AttributeError):
        return Refused(status, "", f"status {status}")


def gone(ask: Callable[[], Any]) -> bool:
    """Do something to what may be gone already; False when it was."""
    try:
        ask()
    except Refused as error:
        if error.status == 404 or error.code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_STATE"):
            return False
        raise
    return True
