"""Text files: which encoding, is it kept to the end, how long are the lines; made UTF-8 where it is not."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studiolo.studio.datasets.errors import LineTooLong, NulBytes, UnknownFormat, WrongEncoding
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.latin import latin_page
from studiolo.studio.datasets.reading.scripts import script_page

CHUNK = 1 << 20
SAMPLE = 256 * 1024
LINE_LIMIT = 16 * 1024 * 1024
# what charset-normalizer may choose from: the encodings that tables are really written in
GUESSES = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859_2", "koi8_r", "mac_roman",
    "shift_jis", "cp932", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip
WESTERN = "cp1252"
MARKS = [  # the longer ones first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
]  # fmt: skip
TABLES = "Tables are read from CSV and other delimited text, JSON, Parquet, Arrow and Excel"
AS_THEY_ARE = f"{TABLES}; other files can be kept as they are: kind 'file'."
IMAGES = "Name the format 'images' for a table with a row per image, or keep the files as they are: kind 'file'."
MAGIC = {
    b"\x1f\x8b": ("a gzip archive", "Unpack it first: gunzip file.csv.gz"),
    b"PK\x03\x04": ("a zip archive or a workbook", "Name its format, or unpack it."),
    b"\xd0\xcf\x11\xe0": ("an old workbook", "Give its name the ending .xls, or name the format: excel."),
    b"%PDF": ("a PDF document", AS_THEY_ARE),
    b"SQLite format 3": ("an SQLite database", "Export the table as CSV or Parquet."),
    b"\x89PNG": ("a PNG image", IMAGES),
    b"\xff\xd8\xff": ("a JPEG image", IMAGES),
    b"ARROW1": ("an Arrow file", "Name its format: arrow."),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "Unpack it first: unzstd file.csv.zst"),
    b"BZh": ("a bzip2 archive", "Unpack it first: bunzip2 file.csv.bz2"),
    b"\xfd7zXZ": ("an xz archive", "Unpack it first: unxz file.csv.xz"),
}


def refuse_binary(head: bytes) -> None:
    """Raise UnknownFormat for the well-known kinds of file that are no text."""
    for magic, (what, fix) in MAGIC.items():
        if head.startswith(magic):
            raise UnknownFormat(f"The file is {what}, not a table of text.", fix)


def detect(path: Path) -> tuple[str, bool]:
    """Return the encoding and whether it was guessed: mark → UTF-8 → UTF-16 by its zeros → charset-normalizer."""
    with path.open("rb") as stream:
        head = stream.read(SAMPLE)
    found = _by_beginning(head)
    if found is not None:
        return found
    broken = _first_broken_byte(path)
    if broken is None:
        return "utf-8", False
    with path.open("rb") as stream:
        stream.seek(max(0, broken - SAMPLE // 2))
        window = stream.read(SAMPLE)
    guessed = _guess(window)
    if guessed is None:
        line = engine.line_of(path, broken)
        raise WrongEncoding(
            f"Line {line} is not UTF-8 text, and no other encoding fits.",
            "Save the file as UTF-8, or name its encoding (option `encoding`).",
            field="encoding",
            line=line,
        )
    return guessed, True


def detect_piece(data: bytes, *, cut: bool) -> str | None:
    """Return the encoding of a text by its beginning, None where none fits. cut: the text goes on behind it."""
    found = _by_beginning(data[:SAMPLE])
    if found is not None:
        return found[0]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=not cut)
    except UnicodeDecodeError as error:
        start = max(0, error.start - SAMPLE // 2)
        return _guess(data[start : start + SAMPLE])
    return "utf-8"


def _by_beginning(head: bytes) -> tuple[str, bool] | None:
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding, False
    wide = _wide(head)
    return None if wide is None else (wide, True)


def _guess(window: bytes) -> str | None:
    from charset_normalizer import from_bytes

    found = script_page(window) or latin_page(window)
    if found is not None:
        return found
    best = from_bytes(window, cp_isolation=GUESSES).best()
    if best is None:
        return None
    try:  # where both say the same letters, it is what most such files are in
        return WESTERN if window.decode(WESTERN) == window.decode(best.encoding) else best.encoding
    except UnicodeDecodeError:  # one of them has no letter for a byte, or the window begins within one
        return best.encoding


def _wide(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark: nearly all high bytes of mostly western text are zero."""
    half = max(1, len(head) // 2)
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    if even > 0.4 and odd < 0.05:
        return "utf-16-be"
    return None


def _first_broken_byte(path: Path) -> int | None:
    """Return the offset of the first byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return done - waiting + error.start
            done += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return done - 1
    return None


@dataclass
class Survey:
    """What a pass over a text file saw; lines are physical lines, lengths are bytes.

    longest: of the lines that cross a chunk; all others are below CHUNK.
    """

    limit: int = LINE_LIMIT
    lf: int = 0
    crlf: int = 0
    cr: int = 0
    longest: int = 0
    size: int = 0
    _run: int = 0
    _after_cr: bool = False

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes; raises NulBytes and LineTooLong, which name the line."""
        if b"\0" in chunk:
            line = self.line + chunk[: chunk.index(b"\0")].count(b"\n")
            raise NulBytes(
                f"Line {line} contains a NUL byte.",
                "Remove the zero bytes (tr -d '\\000' < file > clean), or name the encoding if it is UTF-16.",
                line=line,
            )
        lf = chunk.count(b"\n")
        crlf = chunk.count(b"\r\n") + (self._after_cr and chunk.startswith(b"\n"))
        end = b"\n" if lf else b"\r"
        first = chunk.find(end)
        self._run += len(chunk) if first < 0 else first
        self._measure()
        if first >= 0:  # lines that lie inside one chunk are shorter than it and need no look
            self._run = len(chunk) - chunk.rfind(end) - 1
        self.lf, self.crlf, self.cr = self.lf + lf, self.crlf + crlf, self.cr + chunk.count(b"\r")
        self.size += len(chunk)
        self._after_cr = chunk.endswith(b"\r")

    def _measure(self) -> None:
        self.longest = max(self.longest, self._run)
        if self._run > self.limit:
            line = self.line
            raise LineTooLong(
                f"Line {line} is longer than {self.limit:,} bytes.",
                "Is it a file without line ends? Split it into rows, or raise STUDIOLO_LINE_LIMIT_BYTES.",
                line=line,
            )

    @property
    def line(self) -> int:
        """The line that the next byte belongs to, from 1."""
        return self.lf + 1

    @property
    def mixed(self) -> bool:
        """Whether lines end in more than one way, which the engine refuses to read."""
        return (self.cr != self.crlf or (0 < self.crlf < self.lf)) and not (self.cr > 0 and self.lf == 0)


def survey_utf8(path: Path, limit: int = LINE_LIMIT) -> Survey:
    """Read a UTF-8 file through, in bounded memory, and prove that it is one."""
    survey = Survey(limit)
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = survey.line + chunk[: max(0, error.start - waiting)].count(b"\n")
                raise not_in("utf-8", line) from None
            survey.feed(chunk)
    if decoder.getstate()[0]:
        raise not_in("utf-8", survey.line)
    return survey


def not_in(encoding: str, line: int) -> WrongEncoding:
    """Say that a line is not text in an encoding."""
    return WrongEncoding(
        f"Line {line} is not {encoding} text.",
        "Save the file as UTF-8, or name the encoding it is in (option `encoding`, e.g. cp1252).",
        field="encoding",
        line=line,
    )


def decoded(path: Path, encoding: str) -> Iterator[str]:
    """Yield the text in pieces of at most about 1 MiB; raises WrongEncoding, which names the line."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
    except LookupError:
        raise WrongEncoding(
            f"There is no encoding '{encoding}'.", "Common ones: utf-8, utf-16, cp1252, shift_jis.", field="encoding"
        ) from None
    lines = 1
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                start = getattr(error, "start", 0)
                before = chunk[:start].decode(encoding, "replace").count("\n")
                raise not_in(encoding, lines + before) from None
            if text:
                lines += text.count("\n")
                yield text.lstrip("\ufeff") if lines == 1 + text.count("\n") else text
            if not chunk:
                return


def write_utf8(path: Path, encoding: str, target: Path, limit: int = LINE_LIMIT) -> Survey:
    """Write the text as UTF-8 with one kind of line end, surveying it on the way; memory stays bounded."""
    survey = Survey(limit)
    held = ""
    with target.open("wb") as out:
        for piece in decoded(path, encoding):
            text = held + piece
            held = "\r" if text.endswith("\r") else ""
            if held:
                text = text[:-1]
            data = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
            survey.feed(data)
            out.write(data)
        if held:
            survey.feed(b"\n")
            out.write(b"\n")
    return survey
