"""A stand-in for WebHDFS on a folder, with the redirect to a data node: `python -m … PORT FOLDER`.

It speaks what the documentation of Hadoop's WebHDFS REST API says; no emulator of HDFS is known that needs no Java.
"""

import http.server
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

USER, TOKEN = "ada", "webhdfs-delegation-token"
_BATCH = 1000


class Handler(http.server.BaseHTTPRequestHandler):
    """One request of name node or data node."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet: else each answer waits 40 ms for an acknowledgement
    root = Path()

    def do_GET(self) -> None:
        """Answer what reads."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer what writes."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer what removes."""
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = self.headers.get("Content-Length"), self.headers.get("Transfer-Encoding")
        if query.get("delegation") != TOKEN and query.get("user.name") != USER:
            self._refuse(401 if "delegation" in query else 403, "AccessControlException", "Permission denied")
            return
        node, _, rest = unquote(parts.path).lstrip("/").partition("/")
        path = rest.removeprefix("v1").strip("/") if node == "webhdfs" else rest
        place = self.root / path
        if node == "datanode":
            self._data(place, query, body)
            return
        name = query.get("op", "").lower()
        found = getattr(self, f"_{name}", None)
        if found is None:
            self._refuse(400, "UnsupportedOperationException", name)
            return
        found(place, path, query)

    def _status(self, place: Path, suffix: str) -> dict[str, Any]:
        found = place.stat()
        kind = "DIRECTORY" if place.is_dir() else "FILE"
        length = 0 if place.is_dir() else found.st_size
        changed = int(found.st_mtime * 1000)
        return {
            "pathSuffix": suffix,
            "type": kind,
            "length": length,
            "modificationTime": changed,
            "fileId": found.st_ino,
        }

    def _getfilestatus(self, place: Path, path: str, query: dict[str, str]) -> None:
        if self._there(place):
            self._json({"FileStatus": self._status(place, "")})

    def _liststatus_batch(self, place: Path, path: str, query: dict[str, str]) -> None:
        if not self._there(place):
            return
        if place.is_file():
            items, rest = [self._status(place, "")], 0
        else:
            names = sorted(one.name for one in place.iterdir() if one.name > query.get("startAfter", ""))
            items, rest = [self._status(place / name, name) for name in names[:_BATCH]], max(len(names) - _BATCH, 0)
        listing = {"partialListing": {"FileStatuses": {"FileStatus": items}}, "remainingEntries": rest}
        self._json({"DirectoryListing": listing})

    def _open(self, place: Path, path: str, query: dict[str, str]) -> None:
        if self._there(place):
            self._redirect(path, query)

    def _create(self, place: Path, path: str, query: dict[str, str]) -> None:
        self._redirect(path, query)

    def _rename(self, place: Path, path: str, query: dict[str, str]) -> None:
        target = self.root / query["destination"].strip("/")
        good = place.exists() and not target.exists()
        if good:
            place.rename(target)
        self._json({"boolean": good})

    def _delete(self, place: Path, path: str, query: dict[str, str]) -> None:
        good = place.is_file()
        if good:
            place.unlink()
        self._json({"boolean": good})

    def _data(self, place: Path, query: dict[str, str], body: tuple[str | None, str | None]) -> None:
        if self.command == "PUT":
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as file:
                complete = self._receive(file, *body)
            if complete:
                self._send(201, b"")
            else:
                self.close_connection = True
            return
        offset, length = int(query.get("offset", 0)), int(query.get("length", 1 << 60))
        with place.open("rb") as file:
            size = min(length, place.stat().st_size - offset)
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            file.seek(offset)
            while size > 0 and (piece := file.read(min(size, 1 << 18))):
                self.wfile.write(piece)
                size -= len(piece)

    def _receive(self, file: Any, length: str | None, coding: str | None) -> bool:
        if coding != "chunked":
            left = int(length or 0)
            while left > 0:
                piece = self.rfile.read(min(left, 1 << 18))
                if not piece:
                    return False
                file.write(piece)
                left -= len(piece)
            return True
        while True:
            line = self.rfile.readline().strip()
            if not line:
                return False
            size = int(line, 16)
            file.write(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return True

    def _redirect(self, path: str, query: dict[str, str]) -> None:
        keys = "&".join(f"{key}={quote(value)}" for key, value in query.items())
        target = f"http://{self.headers['Host']}/datanode/{quote(path)}?{keys}"
        if query.get("noredirect") == "true":
            self._json({"Location": target})
            return
        self.send_response(307)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _there(self, place: Path) -> bool:
        if place.exists():
            return True
        self._refuse(404, "FileNotFoundException", "File does not exist")
        return False

    def _refuse(self, status: int, kind: str, message: str) -> None:
        self._send(status, json.dumps({"RemoteException": {"exception": kind, "message": message}}).encode())

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until killed."""
    Handler.root = Path(sys.argv[2])
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
