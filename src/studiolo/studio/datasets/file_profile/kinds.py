"""The kind of a file by its first bytes, and the endings that such files have."""

MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpeg"), (0, b"\x89PNG\r\n\x1a\n", "png"), (0, b"GIF8", "gif"), (0, b"BM", "bmp"), (8, b"WEBP", "webp"),
    (0, b"II*\0", "tiff"), (0, b"MM\0*", "tiff"), (4, b"ftypavif", "avif"), (4, b"ftypheic", "heic"), (0, b"\0\0\1\0", "ico"),
    (0, b"%PDF-", "pdf"), (0, b"PK\3\4", "zip"), (0, b"\x1f\x8b", "gzip"), (0, b"BZh", "bzip2"), (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"), (0, b"7z\xbc\xaf\x27\x1c", "7z"), (257, b"ustar", "tar"), (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"), (0, b"ORC", "orc"), (0, b"Obj\1", "avro"), (0, b"\x89HDF\r\n\x1a\n", "hdf5"), (0, b"\x93NUMPY", "numpy"),
    (0, b"SQLite format 3\0", "sqlite"), (8, b"WAVE", "wav"), (0, b"ID3", "mp3"), (0, b"\xff\xfb", "mp3"), (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"), (4, b"ftyp", "mp4"), (0, b"\x1aE\xdf\xa3", "matroska"), (8, b"AVI ", "avi"), (0, b"\x7fELF", "program"),
    (0, b"MZ", "program"), (0, b"\x80\x04\x95", "pickle"), (0, b"\xd0\xcf\x11\xe0", "old office"),
)  # fmt: skip
IMAGES = frozenset(("jpeg", "png", "gif", "bmp", "webp", "tiff", "avif", "ico"))
ENDINGS: dict[str, frozenset[str]] = {
    "jpeg": frozenset((".jpg", ".jpeg", ".jfif", ".jpe")), "png": frozenset((".png",)), "gif": frozenset((".gif",)),
    "bmp": frozenset((".bmp", ".dib")), "webp": frozenset((".webp",)), "tiff": frozenset((".tif", ".tiff")),
    "pdf": frozenset((".pdf",)), "parquet": frozenset((".parquet", ".pq")), "gzip": frozenset((".gz", ".tgz")),
}  # fmt: skip
HEAD = 4096


def of(head: bytes) -> str:
    """Return the kind of a file with such a beginning: a name of MAGIC, `text`, `json`, `xml`, `empty`, or `binary`.

    >>> of(b"%PDF-1.7"), of("grüße".encode()), of(b'{"a": 1}'), of(b""), of(bytes(range(256)))
    ('pdf', 'text', 'json', 'empty', 'binary')
    """
    if not head:
        return "empty"
    found = next((name for at, magic, name in MAGIC if head[at : at + len(magic)] == magic), None)
    if found and not (found in ("bmp", "program") and _is_text(head)):
        return found
    if not _is_text(head):
        return "binary"
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begin.startswith((b"{", b"[")):
        return "json"
    return "xml" if begin.startswith((b"<?xml", b"<!DOCTYPE", b"<html", b"<svg")) else "text"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 or error.reason == "invalid start byte":
            return sum(byte < 9 or 13 < byte < 32 for byte in head) == 0 and sum(
                byte > 126 for byte in head
            ) < 0.3 * len(head)
    return sum(byte < 9 or 13 < byte < 32 for byte in head) < 0.01 * len(head) + 1


def misnamed(kind: str, ending: str) -> bool:
    """Say whether an ending says another kind than the bytes.

    >>> misnamed("png", ".jpg"), misnamed("png", ".png"), misnamed("text", ".jpg"), misnamed("text", ".csv")
    (True, False, True, False)
    """
    if kind == "empty":
        return False
    said = next((name for name, endings in ENDINGS.items() if ending in endings), None)
    if kind in ENDINGS and kind in IMAGES and ending:
        return ending not in ENDINGS[kind]
    return said is not None and said != kind and not (kind == "tar" and said == "gzip")
