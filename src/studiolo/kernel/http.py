"""HTTP to a studio, for SDK and CLI: finds it, proves who asks, turns problems into errors."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from studiolo.kernel.errors import Invalid, Remote, StudioloError
from studiolo.kernel.home import Home

WAIT = httpx.Timeout(60.0, connect=5.0, read=300.0)
Upload = Callable[[int], None]


class NotRunning(StudioloError):
    """No studio answers."""

    code, status, title = "client.not_running", 503, "The studio does not answer"


class FileChanged(StudioloError):
    """A file became longer or shorter while it was sent."""

    code, status, title = "client.file_changed", 409, "A file changed while it was sent"

    def __init__(self, name: str, size: int, sent: int) -> None:
        now = "has more" if sent > size else f"has {sent:,}"
        super().__init__(
            f"{name or 'The file'} had {size:,} bytes when it was announced, and {now} now.",
            "Send it again when nobody writes it.",
            field="file",
        )


class Transport:
    """A connection to one workspace of a studio.

    url, token: default to STUDIOLO_URL and STUDIOLO_TOKEN, then to what `studiolo up` left in the home folder.
    Paths given to the methods are relative to `/w/<workspace>/api`; those that begin with `//` to the server's root.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        workspace: str | None = None,
        home: Path | None = None,
        client: httpx.Client | None = None,
    ) -> None:
        place = Home(home)
        self.url = (url or os.environ.get("STUDIOLO_URL") or place.url() or "").rstrip("/")
        self.token = token or os.environ.get("STUDIOLO_TOKEN") or place.token() or ""
        self.workspace = workspace or os.environ.get("STUDIOLO_WORKSPACE") or "default"
        self._home = place
        if not self.url and client is None:
            raise NotRunning(
                f"No studio has been started with the home {place.root}.",
                "Start one: studiolo up. Or name one: STUDIOLO_URL and STUDIOLO_TOKEN.",
            )
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            self._client = client or httpx.Client(base_url=self.url, timeout=WAIT, headers=headers, trust_env=False)
        except httpx.InvalidURL as error:
            raise Invalid(
                f"'{self.url}' is no address: {error}.", "It looks like http://127.0.0.1:8585.", field="url"
            ) from None

    def address(self, path: str) -> str:
        """Return the path on the server."""
        return path[1:] if path.startswith("//") else f"/w/{self.workspace}/api/{path.lstrip('/')}"

    def get(self, path: str, /, **params: Any) -> Any:
        """Read a JSON document; parameters that are None are left out."""
        return self._json("GET", path, params=_given(params))

    def post(self, path: str, /, json: Any = None, **params: Any) -> Any:
        """Send a JSON document."""
        return self._json("POST", path, json=json, params=_given(params))

    def put(self, path: str, /, json: Any = None, **params: Any) -> Any:
        """Replace by a JSON document."""
        return self._json("PUT", path, json=json, params=_given(params))

    def patch(self, path: str, /, json: Any = None, **params: Any) -> Any:
        """Change by a JSON document."""
        return self._json("PATCH", path, json=json, params=_given(params))

    def delete(self, path: str, /, **params: Any) -> Any:
        """Remove."""
        return self._json("DELETE", path, params=_given(params))

    def upload(
        self, method: str, path: str, chunks: Iterable[bytes], /, *, size: int | None = None, **params: Any
    ) -> Any:
        """Stream bytes as the body of a request; raises FileChanged when they are not as many as `size` says."""
        headers = {"Content-Type": "application/octet-stream"}
        if size is not None:
            headers["Content-Length"] = str(size)
            chunks = _exactly(chunks, size, str(params.get("filename") or params.get("path") or ""))
        return self._json(method, path, content=chunks, headers=headers, params=_given(params))

    def download(self, path: str, target: Path, /, progress: Upload | None = None, **params: Any) -> Path:
        """Stream a reply into a file; the file appears when it is whole."""
        part = target.with_name(target.name + ".part")
        try:
            with self.stream("GET", path, **params) as reply, part.open("wb") as file:
                for chunk in reply.iter_bytes():
                    file.write(chunk)
                    if progress:
                        progress(len(chunk))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    @contextmanager
    def stream(
        self, method: str, path: str, /, *, headers: dict[str, str] | None = None, **params: Any
    ) -> Iterator[httpx.Response]:
        """Open a reply whose body is read piece by piece."""
        try:
            with self._client.stream(method, self.address(path), headers=headers, params=_given(params)) as reply:
                if reply.status_code >= 400:
                    reply.read()
                    raise Remote(_problem(reply))
                yield reply
        except httpx.TransportError as error:
            raise self._away(error) from error

    def _json(self, method: str, path: str, **rest: Any) -> Any:
        try:
            reply = self._client.request(method, self.address(path), **rest)
        except httpx.TransportError as error:
            raise self._away(error) from error
        if reply.status_code >= 400:
            raise Remote(_problem(reply))
        try:
            return reply.json() if reply.content else None
        except ValueError:
            raise NotRunning(
                f"What answers at {self.url} is no studio ({reply.headers.get('content-type', 'no type')}).",
                "Check the address: --url, STUDIOLO_URL.",
            ) from None

    def _away(self, error: httpx.TransportError) -> NotRunning:
        return NotRunning(
            f"{self.url} does not answer: {error}.", f"Start the studio: studiolo up (home {self._home.root})."
        )


def _exactly(chunks: Iterable[bytes], size: int, name: str) -> Iterator[bytes]:
    sent = 0
    for chunk in chunks:
        sent += len(chunk)
        if sent > size:
            raise FileChanged(name, size, sent)
        yield chunk
    if sent < size:
        raise FileChanged(name, size, sent)


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if value is not None}


def _problem(reply: httpx.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {"detail": reply.text[:500] or reply.reason_phrase}
    return {"status": reply.status_code, **body}
