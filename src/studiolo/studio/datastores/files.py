"""Looking at the files of a datastore, and moving bytes in and out, as the pages, the SDK and the commands do."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, NamedTuple

from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page, bounded
from studiolo.studio.datastores.errors import NotAFile, PathExists, PathNotFound
from studiolo.studio.datastores.looking import parquet
from studiolo.studio.datastores.paths import clean
from studiolo.studio.datastores.ports import Entry, Store
from studiolo.studio.datastores.schemas import FileEntry, FilePreview, TableHead
from studiolo.studio.datastores.service import store
from studiolo.studio.datastores.streams import PIECE, span

HEAD = 64 << 10  # bytes of a file that a preview reads
IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "bmp": "image/bmp",
}
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Content(NamedTuple):
    """Bytes to be sent. size: of the whole file; start, end: the part; known: whether the store said the size."""

    entry: Entry
    start: int
    end: int
    known: bool
    pieces: Iterator[bytes]


def browse(ctx: Context, name: str, folder: str = "", cursor: str | None = None, limit: int = 200) -> Page[FileEntry]:
    """Return a part of a folder, straight from the store."""
    opened = store(ctx, name)
    try:
        entries, following = opened.list(clean(folder, empty=True), cursor, bounded(limit))
    finally:
        opened.close()
    return Page(items=[_entry(entry) for entry in entries], next=following)


def stat(ctx: Context, name: str, path: str) -> FileEntry:
    """Return one file or folder; raises PathNotFound."""
    opened = store(ctx, name)
    try:
        return _entry(opened.stat(path))
    finally:
        opened.close()


def content(ctx: Context, name: str, path: str, start: int = 0, end: int | None = None) -> Content:
    """Open a part of a file; what is wrong is raised before the first byte goes out. The pieces close what they opened."""
    stack = ExitStack()
    opened = store(ctx, name)
    stack.callback(opened.close)
    try:
        entry = _file(opened, path)
        known = entry.size > 0 or entry.fingerprint is not None
        first, last = span(entry.size, start, end) if known else (start, end or 0)
        whole = (first, last) == (0, entry.size) or not known
        file = stack.enter_context(opened.read(path, first, None if whole else last, entry.fingerprint))
        head = file.read(PIECE)
    except BaseException:
        stack.close()
        raise
    return Content(entry, first, last, known, _sending(stack, file, head))


def _file(opened: Store, path: str) -> Entry:
    entry = opened.stat(path)
    if entry.folder:
        raise NotAFile(path)
    return entry


def _sending(stack: ExitStack, file: BinaryIO, head: bytes) -> Iterator[bytes]:
    with stack:
        piece = head
        while piece:
            yield piece
            piece = file.read(PIECE)


def preview(ctx: Context, name: str, path: str) -> FilePreview:
    """Return the beginning of a file: as text, of which at most 64 KiB are read, or the first rows of a Parquet file."""
    opened = store(ctx, name)
    try:
        entry = _file(opened, path)
        shown = FilePreview(path=path, size=entry.size, modified=entry.modified, kind="binary")
        if path.rpartition(".")[2].lower() in IMAGES:
            return shown.model_copy(update={"kind": "image"})
        with opened.read(path, 0, HEAD) as file:
            head = file.read(HEAD)
        if head.startswith(parquet.MARK) and (table := parquet.head(ctx, opened, entry)) is not None:
            return shown.model_copy(update={"kind": "table", "table": TableHead.model_validate(table)})
    finally:
        opened.close()
    text = _text(head)
    if text is None:
        return shown
    truncated = entry.size > len(head) or len(head) == HEAD
    return shown.model_copy(update={"kind": "text", "text": text, "truncated": truncated})


def _text(head: bytes) -> str | None:
    """Return what a beginning says, None when it is no text; a character that was cut off at the end is left out."""
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in head:
        return None
    for cut in range(4):
        try:
            return head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(head) - cut - 4:
                break
    return head.decode("cp1252", "replace") if sum(byte < 9 for byte in head) == 0 else None


def upload(
    ctx: Context, name: str, path: str, source: BinaryIO, size: int | None, *, overwrite: bool = False
) -> FileEntry:
    """Write a file; raises PathExists unless it may be replaced."""
    opened = store(ctx, name)
    try:
        if not overwrite:
            try:
                opened.stat(path)
            except PathNotFound:
                pass
            else:
                raise PathExists(path)
        return _entry(opened.write(path, source, size))
    finally:
        opened.close()


def remove(ctx: Context, name: str, path: str) -> None:
    """Remove a file from the store; it cannot be brought back."""
    opened = store(ctx, name)
    try:
        opened.delete(path)
    finally:
        opened.close()


def _entry(found: Entry) -> FileEntry:
    unknown = found.folder or (found.size == 0 and found.fingerprint is None)
    mark = f"{found.fingerprint.kind}:{found.fingerprint.value}" if found.fingerprint else ""
    return FileEntry(
        name=found.name,
        path=found.path,
        folder=found.folder,
        size=None if unknown else found.size,
        modified=found.modified,
        fingerprint=mark,
    )
