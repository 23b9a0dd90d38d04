"""A stand-in for the DBFS part of a Databricks workspace on a folder: `python -m … PORT FOLDER`.

It speaks what Databricks documents of `/api/2.0/dbfs`, with its limit of 1 MiB a block.
"""

import base64
import http.server
import json
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

TOKEN = "dapi-studiolo-test-token"  # noqa: S105 - of the stand-in
_BLOCK = 1 << 20


class Refused(Exception):
    """An error code of DBFS."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet: else each answer waits 40 ms for an acknowledgement
    root = Path()
    handles: dict[int, BinaryIO] = {}  # noqa: RUF012 - of the whole server
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Answer what reads."""
        self._answer({key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()})

    def do_POST(self) -> None:
        """Answer what writes."""
        self._answer(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self, given: dict[str, Any]) -> None:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(403, {"error_code": "403", "message": "Invalid access token."})
            return
        verb = urlsplit(self.path).path.removeprefix("/api/2.0/dbfs/").replace("-", "_")
        try:
            self._send(200, getattr(self, f"_{verb}")(given))
        except Refused as error:
            status = 404 if str(error) == "RESOURCE_DOES_NOT_EXIST" else 400
            self._send(status, {"error_code": str(error), "message": "no"})
        except AttributeError:
            self._send(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": verb})

    def _place(self, path: str) -> Path:
        return self.root / path.strip("/")

    def _status(self, place: Path) -> dict[str, Any]:
        found = place.stat()
        path = "/" + place.relative_to(self.root).as_posix().removeprefix(".")
        size = 0 if place.is_dir() else found.st_size
        return {
            "path": path,
            "is_dir": place.is_dir(),
            "file_size": size,
            "modification_time": int(found.st_mtime * 1000),
        }

    def _get_status(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._status(self._there(given["path"]))

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        place = self._there(given["path"])
        found = [place] if place.is_file() else list(place.iterdir())
        return {"files": [self._status(one) for one in found]} if found else {}

    def _read(self, given: dict[str, Any]) -> dict[str, Any]:
        length = int(given.get("length", _BLOCK))
        if length > _BLOCK:
            raise Refused("MAX_READ_SIZE_EXCEEDED")
        with self._there(given["path"]).open("rb") as file:
            file.seek(int(given.get("offset", 0)))
            data = file.read(length)
        return {"bytes_read": len(data), "data": base64.b64encode(data).decode()}

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        place = self._place(given["path"])
        if place.exists() and not given.get("overwrite"):
            raise Refused("RESOURCE_ALREADY_EXISTS")
        place.parent.mkdir(parents=True, exist_ok=True)
        with self.lock:
            handle = len(self.handles) + 1
            self.handles[handle] = place.open("wb")
        return {"handle": handle}

    def _add_block(self, given: dict[str, Any]) -> dict[str, Any]:
        data = base64.b64decode(given["data"])
        if len(data) > _BLOCK:
            raise Refused("MAX_BLOCK_SIZE_EXCEEDED")
        self.handles[int(given["handle"])].write(data)
        return {}

    def _close(self, given: dict[str, Any]) -> dict[str, Any]:
        self.handles[int(given["handle"])].close()
        return {}

    def _move(self, given: dict[str, Any]) -> dict[str, Any]:
        target = self._place(given["destination_path"])
        if target.exists():
            raise Refused("RESOURCE_ALREADY_EXISTS")
        self._there(given["source_path"]).rename(target)
        return {}

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        self._place(given["path"]).unlink(missing_ok=True)
        return {}

    def _there(self, path: str) -> Path:
        place = self._place(path)
        if not place.exists():
            raise Refused("RESOURCE_DOES_NOT_EXIST")
        return place

    def _send(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
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
