"""Signed, short-lived addresses of the second origin, where what users wrote may run without seeing the studio.

An address is `<origin>/c/<token>/<path>`; the token names a folder of artifacts and holds a signature, so that a report finds
the files beside it by relative links, and nothing else.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from urllib.parse import quote

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.settings import Settings

SECONDS = 1800
FRAME = "frame"  # `<origin>/frame`: an empty page that shows the HTML it is handed
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


class NoSecondOrigin(StudioloError):
    """Pages of users cannot be shown, because there is no address for them that is not the studio's."""

    code, status, title = "content.no_second_origin", 409, "There is no second origin"

    def __init__(self) -> None:
        super().__init__(
            "The studio has no second address under which it may show pages that users wrote.",
            "Behind a proxy, set STUDIOLO_CONTENT_URL to an address that leads to STUDIOLO_CONTENT_PORT.",
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """root: folder of artifacts in the workspace; expires: seconds since 1970."""

    workspace_id: str
    root: str
    expires: int


def seal(key: bytes, grant: Grant) -> str:
    """Return the token of a grant.

    >>> unseal(b"key", seal(b"key", Grant("w", "1/r/artifacts", 100)), now=99.0)
    Grant(workspace_id='w', root='1/r/artifacts', expires=100)
    """
    body = _text(json.dumps([grant.workspace_id, grant.root, grant.expires], separators=(",", ":")).encode())
    return f"{body}.{_text(_signature(key, body))}"


def unseal(key: bytes, token: str, now: float) -> Grant | None:
    """Return what a token grants; None when it is too old or was not made here."""
    body, _, signature = token.partition(".")
    try:
        given = base64.urlsafe_b64decode(signature + "==")
        if not hmac.compare_digest(given, _signature(key, body)):
            return None
        workspace_id, root, expires = json.loads(base64.urlsafe_b64decode(body + "=="))
    except (ValueError, binascii.Error):
        return None
    return Grant(workspace_id, root, expires) if now < expires else None


def origin(settings: Settings, scheme: str, host: str) -> str | None:
    """Return the second origin as a browser reaches it; host: of its request. None: there is none.

    >>> origin(Settings(content_port=8586), "http", "127.0.0.1:8585")
    'http://127.0.0.1:8586'
    """
    if settings.content_url:
        return settings.content_url.rstrip("/")
    match = _HOST.fullmatch(host)
    if settings.public_url or not settings.content_port or match is None:
        return None
    return f"{scheme}://{match[1]}:{settings.content_port}"


def address(settings: Settings, key: bytes, grant: Grant, path: str, scheme: str, host: str) -> str:
    """Return the address of a file below a granted folder; raises NoSecondOrigin."""
    base = origin(settings, scheme, host)
    if base is None:
        raise NoSecondOrigin
    return f"{base}/c/{seal(key, grant)}/{quote(path)}"


def _signature(key: bytes, body: str) -> bytes:
    return hmac.new(key, b"studiolo content 1\0" + body.encode(), hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
