"""A stand-in for Azure Files on a folder, whose first level are shares: `python -m … PORT FOLDER`.

It speaks what Azure documents of the file service's REST interface; Azurite has no such service.
"""

import http.server
import sys
import threading
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "filesaccount"
SAS = "sv=2025-01-05&ss=f&srt=sco&sp=rwdlc&se=2126-01-01T00:00:00Z&sig=c3R1ZGlvbG8%3D"
_SIGNATURE = "c3R1ZGlvbG8="


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet: else each answer waits 40 ms for an acknowledgement
    root = Path()
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Answer what reads."""
        self._answer()

    do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = self._body()
        share, _, path = unquote(parts.path).strip("/").removeprefix(ACCOUNT).strip("/").partition("/")
        place = self.root / share / path
        if query.get("sig") != _SIGNATURE:
            self._refuse(403, "AuthenticationFailed")
        elif not (self.root / share).is_dir():
            self._refuse(404, "ShareNotFound")
        elif self.command in ("GET", "HEAD"):
            self._read(place, query)
        elif self.command == "PUT":
            self._write(place, query, body)
        elif place.is_file():
            place.unlink()
            self._send(202)
        else:
            self._refuse(404, "ResourceNotFound")

    def _read(self, place: Path, query: dict[str, str]) -> None:
        folder = query.get("restype") == "directory"
        if not (place.is_dir() if folder else place.is_file()):
            self._refuse(404, "ResourceNotFound")
        elif folder and query.get("comp") == "list":
            self._list(place, query)
        elif folder:
            self._send(200, headers=self._state(place))
        else:
            self._content(place)

    def _content(self, place: Path) -> None:
        size, status, first = place.stat().st_size, 200, 0
        headers = {**self._state(place), "x-ms-type": "File"}
        last = size - 1
        wanted = self.headers.get("x-ms-range") or self.headers.get("Range")
        if wanted and self.command == "GET":
            begin, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last, status = int(begin), min(int(end or last), last), 206
            if first > last:
                self._refuse(416, "InvalidRange")
                return
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        if self.command == "HEAD":
            self._send(200, headers=headers, length=size)
            return
        with place.open("rb") as file:
            file.seek(first)
            self._send(status, file.read(last - first + 1), headers)

    def _list(self, place: Path, query: dict[str, str]) -> None:
        most = int(query.get("maxresults", 5000))
        names = sorted(one.name for one in place.iterdir() if one.name > query.get("marker", ""))
        items = []
        for name in names[:most]:
            found = (place / name).stat()
            kind = "Directory" if (place / name).is_dir() else "File"
            state = self._state(place / name)
            size = f"<Content-Length>{found.st_size}</Content-Length>" if kind == "File" else ""
            items.append(
                f"<{kind}><Name>{escape(name)}</Name><FileId>{found.st_ino}</FileId><Properties>{size}"
                f"<Last-Modified>{state['Last-Modified']}</Last-Modified><Etag>{escape(state['ETag'])}</Etag></Properties></{kind}>"
            )
        following = escape(names[most - 1]) if len(names) > most else ""
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://x/" ShareName="s" DirectoryPath="">'
            f"<Entries>{''.join(items)}</Entries><NextMarker>{following}</NextMarker></EnumerationResults>"
        )
        self._send(200, text.encode(), {"Content-Type": "application/xml"})

    def _write(self, place: Path, query: dict[str, str], body: bytes) -> None:
        verb = query.get("comp", "")
        if query.get("restype") == "directory":
            if place.exists():
                self._refuse(409, "ResourceAlreadyExists")
                return
            place.mkdir()
        elif not place.parent.is_dir():
            self._refuse(404, "ParentNotFound")
            return
        elif verb == "range":
            first = int(self.headers["x-ms-range"].removeprefix("bytes=").partition("-")[0])
            with self.lock, place.open("r+b") as file:
                file.seek(first)
                file.write(body)
        elif verb == "properties":
            with place.open("r+b") as file:
                file.truncate(int(self.headers["x-ms-content-length"]))
        elif verb == "rename":
            source = unquote(urlsplit(self.headers["x-ms-file-rename-source"]).path).strip("/").removeprefix(ACCOUNT)
            (self.root / source.strip("/")).replace(place)
        else:
            with place.open("wb") as file:
                file.truncate(int(self.headers["x-ms-content-length"]))
        self._send(200 if verb in ("rename", "properties") else 201, headers=self._state(place))

    def _state(self, place: Path) -> dict[str, str]:
        found = place.stat()
        return {"Last-Modified": formatdate(found.st_mtime, usegmt=True), "ETag": f'"0x{found.st_mtime_ns:X}"'}

    def _body(self) -> bytes:
        size = int(self.headers.get("Content-Length", 0))
        found = self.rfile.read(size) if size else b""
        if len(found) < size:
            self.close_connection = True
        return found

    def _refuse(self, status: int, code: str) -> None:
        body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message></Error>'.encode()
        self._send(status, body, {"x-ms-error-code": code, "Content-Type": "application/xml"})

    def _send(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main() -> None:
    """Serve until killed."""
    Handler.root = Path(sys.argv[2])
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
