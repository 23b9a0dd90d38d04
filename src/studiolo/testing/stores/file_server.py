"""A small web server of a folder with ranges, ETags, an index and a password: `python -m … PORT FOLDER [USER PASSWORD]`."""

import base64
import http.server
import os
import sys
from pathlib import Path


class Handler(http.server.SimpleHTTPRequestHandler):
    """Adds to Python's server what many web servers have and it has not."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet: else each answer waits 40 ms for an acknowledgement
    authorization = ""
    _left: int | None = None

    def send_head(self):  # type: ignore[no-untyped-def]
        """Answer a range, or what the parent answers."""
        if self.authorization and self.headers.get("Authorization") != self.authorization:
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return super().send_head()
        found = path.stat()
        tag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
        if self.headers.get("If-Match", tag) != tag:
            self.send_response(412)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        first, last, status = 0, found.st_size - 1, 200
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes="):
            begin, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last, status = int(begin), min(int(end or last), last), 206
            if first > last:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{found.st_size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{last}/{found.st_size}")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("ETag", tag)
        self.send_header("Last-Modified", self.date_time_string(found.st_mtime))
        self.end_headers()
        file = path.open("rb")
        file.seek(first)
        self._left = last - first + 1
        return file

    def copyfile(self, source, outputfile):  # type: ignore[no-untyped-def]
        """Send no more than the range."""
        left = getattr(self, "_left", None)
        self._left = None
        if left is None:
            super().copyfile(source, outputfile)
            return
        while left > 0 and (piece := source.read(min(left, 1 << 18))):
            outputfile.write(piece)
            left -= len(piece)

    def log_message(self, format, *args):  # type: ignore[no-untyped-def]  # noqa: A002
        """Say nothing."""


def main() -> None:
    """Serve until killed."""
    port, folder, user, password = (*sys.argv[1:], "", "")[:4]
    os.chdir(folder)
    if user:
        Handler.authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
