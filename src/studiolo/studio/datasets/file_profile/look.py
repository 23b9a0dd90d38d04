"""What the files of a version are like, from their list and their bytes; bounded in what is read of them."""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from studiolo.studio.datasets.errors import MissingExtra
from studiolo.studio.datasets.file_profile import kinds
from studiolo.studio.datasets.file_profile.schemas import (
    FileNamed,
    FileProfile,
    Group,
    Images,
    Range,
    Repeated,
    SizeBin,
    Texts,
)
from studiolo.studio.datasets.images import pictures

BOUNDS = (1, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
LOOKED = 2000  # images, and texts, that are opened
READ = 1 << 20  # of a text
UNKNOWN = "unknown"  # encoding of what begins as a text and goes on as no text in any that is known
NAMED = 10
GROUPS = 30
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Listed:
    """A file of a version. place: its bytes, None where they are not here; mark: the same for the same bytes, empty where unknown."""

    path: str
    size: int
    place: Path | None
    mark: str = ""

    @property
    def ending(self) -> str:
        """The end of its name, in small letters."""
        return PurePosixPath(self.path).suffix.lower()


def look(files: Sequence[Listed], report: Report = lambda done, total: None) -> FileProfile:  # noqa: ARG005
    """Describe the files; those whose bytes are not here are counted by name and size alone."""
    started = time.monotonic()
    here = [file for file in files if file.place is not None]
    told: dict[str, str] = {}
    for number, file in enumerate(here):
        assert file.place
        with file.place.open("rb") as stream:
            told[file.path] = kinds.of(stream.read(kinds.HEAD))
        if number % 500 == 0:
            report(number, len(here) * 2)
    wrong = [file for file in here if kinds.misnamed(told[file.path], file.ending)]
    empty = [file.path for file in files if not file.size]
    copies = _copies(files)
    notes = [] if len(here) == len(files) else ["The files stay in their datastore: their contents were not looked at."]
    images = [file for file in here if told[file.path] in kinds.IMAGES]
    damaged_names = [file for file in here if told[file.path] not in kinds.IMAGES and file.size and _called_image(file)]
    texts = [file for file in here if told[file.path] in ("text", "json", "xml")]
    found = FileProfile(
        files=len(files),
        bytes=sum(file.size for file in files),
        empty=len(empty),
        first_empty=empty[:NAMED],
        sizes=_sizes(files),
        endings=_groups((file.ending or "none", file.size) for file in files),
        kinds=_groups((told[file.path], file.size) for file in here),
        misnamed=len(wrong),
        first_misnamed=[_named(file, f"its bytes are {told[file.path]}") for file in wrong[:NAMED]],
        repeated=sum(copy.files - 1 for copy in copies),
        repeated_bytes=sum((copy.files - 1) * copy.size for copy in copies),
        first_repeated=copies[:NAMED],
        largest=[_named(file) for file in heapq.nlargest(NAMED, files, key=lambda file: (file.size, file.path))],
        seconds=0,
    )
    try:
        found.images = _images([*images, *damaged_names], lambda done: report(len(here) + done, len(here) * 2))
    except MissingExtra as error:
        notes.append(f"Images were not decoded: {error.hint}")
    found.texts = _texts(texts)
    found.notes = notes
    found.seconds = round(time.monotonic() - started, 3)
    return found


def _called_image(file: Listed) -> bool:
    return any(file.ending in kinds.ENDINGS.get(kind, ()) for kind in kinds.IMAGES)


def _named(file: Listed, note: str = "") -> FileNamed:
    return FileNamed(path=file.path, size=file.size, note=note)


def _sizes(files: Sequence[Listed]) -> list[SizeBin]:
    edges = [0, *BOUNDS]
    counts = Counter(sum(file.size >= bound for bound in BOUNDS) for file in files)
    last = max(counts, default=0)
    first = min(counts, default=0)
    return [
        SizeBin(low=edges[place], high=edges[place + 1] if place + 1 < len(edges) else None, files=counts[place])
        for place in range(first, last + 1)
    ]


def _groups(given: Iterable[tuple[str, int]]) -> list[Group]:
    files: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for name, bytes_ in given:
        files[name] += 1
        size[name] += bytes_
    most = files.most_common()
    shown = [Group(name=name, files=count, bytes=size[name]) for name, count in most[:GROUPS]]
    rest = most[GROUPS:]
    if rest:
        shown.append(
            Group(name="others", files=sum(count for _, count in rest), bytes=sum(size[name] for name, _ in rest))
        )
    return shown


def _copies(files: Sequence[Listed]) -> list[Repeated]:
    """Return the sets of files with the same bytes, those that waste most first; empty files are not told."""
    by_mark: dict[str, list[Listed]] = {}
    for file in files:
        if file.mark and file.size:
            by_mark.setdefault(file.mark, []).append(file)
    same = [group for group in by_mark.values() if len(group) > 1]
    same.sort(key=lambda group: (-(len(group) - 1) * group[0].size, group[0].path))
    return [Repeated(paths=[file.path for file in group[:5]], files=len(group), size=group[0].size) for group in same]


def _some(files: Sequence[Listed]) -> list[Listed]:
    """Return at most so many, evenly chosen."""
    step = max(1.0, len(files) / LOOKED)
    return [files[int(place * step)] for place in range(min(len(files), LOOKED))]


def _images(files: Sequence[Listed], report: Callable[[int], None]) -> Images | None:
    if not files:
        return None
    chosen = _some(files)
    formats: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    widths: list[int] = []
    heights: list[int] = []
    damaged: list[FileNamed] = []
    for number, file in enumerate(chosen):
        assert file.place
        found = pictures.look(file.place, small=False)
        if found.error:
            damaged.append(_named(file, found.error))
        if found.width and found.height:
            widths.append(found.width)
            heights.append(found.height)
            formats[found.format or "unknown"] += 1
            modes[found.mode or "unknown"] += 1
        if number % 50 == 0:
            report(number)
    return Images(
        files=len(files),
        looked=len(chosen),
        damaged=len(damaged),
        first_damaged=damaged[:NAMED],
        formats=dict(formats.most_common()),
        modes=dict(modes.most_common()),
        width=_range(widths),
        height=_range(heights),
    )


def _texts(files: Sequence[Listed]) -> Texts | None:
    if not files:
        return None
    from studiolo.studio.datasets.reading.encoding import detect_piece

    encodings: Counter[str] = Counter()
    lines: list[int] = []
    characters: list[int] = []
    chosen = _some(files)
    for file in chosen:
        assert file.place
        with file.place.open("rb") as stream:
            data = stream.read(READ)
        try:
            data.decode("ascii")
            encoding = "ascii"
        except UnicodeDecodeError:
            encoding = detect_piece(data, cut=len(data) < file.size) or UNKNOWN
        encodings[encoding] += 1
        if len(data) == file.size and encoding != UNKNOWN:
            text = data.decode(encoding, "replace")
            characters.append(len(text))
            lines.append(text.count("\n") + (not text.endswith("\n")))
    return Texts(
        files=len(files),
        looked=len(chosen),
        encodings=dict(encodings.most_common()),
        lines=_range(lines),
        characters=_range(characters),
    )


def _range(values: Sequence[int]) -> Range | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Range(low=ordered[0], median=median, high=ordered[-1])
