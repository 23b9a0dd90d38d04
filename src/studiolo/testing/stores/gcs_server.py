"""gcp-storage-emulator with 10,000 objects from the start, run by the Python that has it: `gcs_server.py PORT COUNT`.

Three things of the protocol that the emulator leaves out are added: pages of a listing, generations of what is read, and
resumable uploads of unknown size.
"""

import re
import sys
import threading
from http import HTTPStatus
from typing import Any


def main() -> None:
    """Serve until killed."""
    from gcp_storage_emulator import server as emulator
    from gcp_storage_emulator.handlers import objects

    port, count = int(sys.argv[1]), int(sys.argv[2])
    added = {
        objects.ls: _paged(objects),
        objects.get: _pinned(objects.get),
        objects.download: _pinned(objects.download),
    }
    added[objects.upload_partial] = _uploaded(objects)
    emulator.HANDLERS = tuple(
        (
            pattern,
            {method: added.get(handler, handler) for method, handler in methods.items()}
            if isinstance(methods, dict)
            else methods,
        )
        for pattern, methods in emulator.HANDLERS
    )
    server = emulator.create_server("127.0.0.1", port, in_memory=True, default_bucket="data")
    emulator.Request.full_url = property(lambda self: f"http://{self.get_header('Host')}{self._path}")
    emulator.Request.base_url = property(lambda self: f"http://{self.get_header('Host')}")  # also behind a proxy
    storage = server._storage  # noqa: SLF001 - it has no other way in
    for number in range(count):
        name = f"many/f{number:05}"
        found = objects._make_object_resource("", "data", name, "text/plain", "1")  # noqa: SLF001
        storage.objects.setdefault("data", {})[name] = found
    storage._write_config_to_file = lambda: None  # noqa: SLF001 - it writes the list of all objects at each change
    server.start()
    threading.Event().wait()


def _paged(objects: Any) -> Any:
    def ls(request: Any, response: Any, storage: Any, *_: Any, **__: Any) -> None:
        answer: list[dict[str, Any]] = []

        class Caught:
            status = None

            def json(self, found: dict[str, Any]) -> None:
                answer.append(found)

        caught = Caught()
        objects.ls(request, caught, storage)
        if not answer:
            response.status = caught.status
            return
        found = answer[0]
        items = [(item["name"], item) for item in found["items"] or ()]
        items += [(name, None) for name in set(found["prefixes"] or ())]
        after = (request.query.get("pageToken") or [""])[0]
        most = int((request.query.get("maxResults") or ["1000"])[0])
        rest = sorted(((name, item) for name, item in items if name > after), key=lambda pair: pair[0])
        page = rest[:most]
        shown: dict[str, Any] = {"kind": "storage#objects"}
        shown["items"] = [item for _, item in page if item is not None]
        shown["prefixes"] = [name for name, item in page if item is None]
        if len(rest) > most:
            shown["nextPageToken"] = page[-1][0]
        response.json(shown)

    return ls


def _pinned(handler: Any) -> Any:
    def answer(request: Any, response: Any, storage: Any, *args: Any, **kwargs: Any) -> None:
        wanted = request.query.get("generation")
        found = storage.objects.get(request.params["bucket_name"], {}).get(request.params["object_id"])
        if wanted and found and found["generation"] != wanted[0]:
            response.status = HTTPStatus.NOT_FOUND
            return
        handler(request, response, storage, *args, **kwargs)

    return answer


def _uploaded(objects: Any) -> Any:
    pieces: dict[str, list[bytes]] = {}

    def upload(request: Any, response: Any, storage: Any, *_: Any, **__: Any) -> None:
        name = request.query.get("upload_id")[0]
        match = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", request.get_header("Content-Range", "") or "")
        kept = pieces.setdefault(name, [])
        kept.append(request.data or b"")
        size = sum(len(piece) for piece in kept)
        if match and (match[3] == "*" or size < int(match[3])):
            response.status = objects.GoogleHTTPStatus.RESUME_INCOMPLETE
            response["Range"] = f"bytes=0-{size - 1}"
            return
        found = storage.get_resumable_file_obj(name)
        data = b"".join(pieces.pop(name))
        found = objects._checksums(data, found)  # noqa: SLF001
        found["size"] = str(len(data))
        storage.create_file(found["bucket"], found["name"], data, found, name)
        response.json(found)

    return upload


if __name__ == "__main__":
    main()
