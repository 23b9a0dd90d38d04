"""StudioloError → `application/problem+json`; nothing else builds an error body."""

import json
import logging
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from studiolo.kernel.errors import Invalid, StudioloError
from studiolo.kernel.ids import new_id
from studiolo.kernel.secrets import scrubbing
from studiolo.kernel.wording import asked

log = logging.getLogger(__name__)
MEDIA = "application/problem+json"


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem."""
    app.add_exception_handler(StudioloError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def respond(error: StudioloError) -> Response:
    """Return the problem of an error."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if "retry_after" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after"])
    return _answer(error.status, error.problem(), headers)


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    try:
        content = orjson.dumps(body)
    except TypeError:  # a lone surrogate that the request carried
        content = json.dumps(body, default=str).encode("ascii")
    return Response(scrubbing.clean_bytes(content), status, headers, MEDIA)


def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StudioloError)
    return respond(error)


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [
        {
            "field": ".".join(map(str, _said(item["loc"], error.body))),
            "message": _message(item),
        }
        for item in error.errors()
    ]
    broken = next((item for item in error.errors() if item["type"] == "json_invalid"), None)
    if broken:
        why = broken.get("ctx", {}).get("error", broken["msg"])
        return respond(Invalid(f"The body is no JSON: {why} at character {broken['loc'][-1]}."))
    first = problems[0] if problems else {"field": "", "message": "The request cannot be read."}
    where = f"'{first['field']}': " if first["field"] else ""
    problem = Invalid(f"{where}{first['message']}.", field=first["field"], extra={"errors": problems})
    return respond(problem)


def _message(item: Any) -> str:
    if item["type"] == "string_pattern_mismatch":
        return asked(item["ctx"]["pattern"])
    return str(item["msg"]).removeprefix("Value error, ")


def _said(loc: Sequence[Any], body: Any) -> list[Any]:
    """Return the path to a field as the request has it: without the names of the kinds that stand in between."""
    place, *parts = loc
    if place != "body" or not isinstance(body, dict | list):
        return parts
    found: list[Any] = []
    at: Any = body
    for number, part in enumerate(parts, 1):
        if isinstance(at, dict):
            if part not in at and number < len(parts):
                continue
            at = at.get(part)
        elif isinstance(at, list):
            at = at[part] if isinstance(part, int) and part < len(at) else None
        else:
            break
        found.append(part)
    return found


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {
        "type": "about:blank",
        "title": str(error.detail),
        "status": error.status_code,
        "detail": str(error.detail),
        "code": "http",
    }
    return _answer(error.status_code, body, dict(error.headers or {}))


def _unexpected(request: Request, error: Exception) -> Response:
    reference = new_id()[-12:]
    log.error("unexpected error %s in %s %s", reference, request.method, request.url.path, exc_info=error)
    body = {
        "type": "about:blank",
        "title": "Something went wrong in the studio",
        "status": 500,
        "detail": f"The server met an error it did not expect (reference {reference}).",
        "hint": "The server's log has the details under this reference.",
        "code": "studiolo.unexpected",
    }
    return _answer(500, body)
