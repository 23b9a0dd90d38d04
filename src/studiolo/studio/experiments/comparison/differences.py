"""One file of two runs, line by line."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from studiolo.kernel.context import Context
from studiolo.studio.experiments.comparison import files, service
from studiolo.studio.experiments.comparison.errors import NotText
from studiolo.studio.experiments.comparison.schemas import DiffLine, DiffRequest, FileDiff
from studiolo.studio.experiments.errors import ArtifactNotFound, RunNotFound

MOST_BYTES = 512 * 1024
MOST_LINES = 5000  # of the answer
AROUND = 3  # same lines that stand around a change
_WIDEST = 2000  # characters of a line


class _Side(NamedTuple):
    digest: str | None
    size: int | None
    lines: list[str]
    cut: bool


def diff(ctx: Context, wanted: DiffRequest) -> FileDiff:
    """Compare a file of two runs; a run without it counts as having an empty one.

    Raises RunNotFound, ArtifactNotFound when neither has it, and NotText for what is no text.
    """
    with ctx.db.read() as tx:
        rows = {row.id: row for row in service.found(tx, ctx, wanted.run_ids)}
        for run_id in wanted.run_ids:
            if run_id not in rows:
                raise RunNotFound(run_id)
        held = [
            (files.code_of(rows[run_id]) | files.artifacts_of(tx, ctx, rows[run_id])).get(wanted.path)
            for run_id in wanted.run_ids
        ]
    if held == [None, None]:
        raise ArtifactNotFound(wanted.path)
    first, second = (_read(ctx, wanted.path, file) for file in held)
    lines = list(compared(first.lines, second.lines)) if first.digest != second.digest else []
    return FileDiff(
        path=wanted.path,
        sizes=[first.size, second.size],
        same=first.digest == second.digest,
        added=sum(line.op == "added" for line in lines),
        removed=sum(line.op == "removed" for line in lines),
        cut=first.cut or second.cut or len(lines) > MOST_LINES,
        lines=lines[:MOST_LINES],
    )


def _read(ctx: Context, path: str, file: files.Held | None) -> _Side:
    if file is None:
        return _Side(None, None, [], cut=False)
    with ctx.blobs.open(file.digest) as stream:
        content = stream.read(MOST_BYTES + 1)
    size = file.size if file.size is not None else ctx.blobs.path(file.digest).stat().st_size
    if b"\0" in content[:8192]:
        raise NotText(
            f"'{path[:200]}' is not text ({size} bytes): it cannot be compared line by line.",
            "Download it from both runs, or compare the pictures side by side.",
            field="path",
        )
    text = content[:MOST_BYTES].decode("utf-8", "replace")
    return _Side(file.digest, size, [line[:_WIDEST] for line in text.splitlines()], cut=len(content) > MOST_BYTES)


def compared(first: Sequence[str], second: Sequence[str]) -> Iterator[DiffLine]:
    """Yield the changed lines with those around them; what is the same in between is one gap that says how much it is.

    >>> [(line.op, line.text) for line in compared(["a", "b"], ["a", "c"])]
    [('same', 'a'), ('removed', 'b'), ('added', 'c')]
    """
    matcher = SequenceMatcher(None, first, second)  # popular lines are left out of the search: the cost stays bounded
    shown = (0, 0)
    for group in matcher.get_grouped_opcodes(AROUND):
        if gap := group[0][1] - shown[0]:
            yield DiffLine(op="gap", text=f"{gap} same lines")
        for op, a1, a2, b1, b2 in group:
            if op == "equal":
                yield from (
                    DiffLine(op="same", first=a1 + n + 1, second=b1 + n + 1, text=first[a1 + n]) for n in range(a2 - a1)
                )
                continue
            yield from (DiffLine(op="removed", first=n + 1, text=first[n]) for n in range(a1, a2))
            yield from (DiffLine(op="added", second=n + 1, text=second[n]) for n in range(b1, b2))
        shown = (group[-1][2], group[-1][4])
    if (gap := len(first) - shown[0]) and shown != (0, 0):
        yield DiffLine(op="gap", text=f"{gap} same lines")
