"""What differs between two versions of a dataset: columns, rows, what the profiles say, files. Equal parts are not read."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice
from typing import Any, Literal

from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.storage.manifests import Entry, Manifest
from studiolo.studio.datasets import contents
from studiolo.studio.datasets.profile_schemas import ColumnProfile, Profile
from studiolo.studio.datasets.schemas import TableSchema
from studiolo.studio.datasets.version_schemas import (
    ColumnChange,
    ColumnFigures,
    ColumnPair,
    FileChange,
    FileCounts,
    RowCounts,
    VersionComparison,
)

Change = Literal["added", "removed", "changed"]


def compare(ctx: Context, left: Any, right: Any) -> VersionComparison:
    """Compare two rows of versions."""
    tables = TableSchema.model_validate(left.table), TableSchema.model_validate(right.table)
    profiles = [_profile(ctx, row) for row in (left, right)]
    counts = FileCounts()
    for change in differences(ctx, left, right):
        setattr(counts, change.change, getattr(counts, change.change) + 1)
        counts.bytes_added += change.right_size or 0
        counts.bytes_removed += change.left_size or 0
    counts.same = right.file_count - counts.added - counts.changed
    return VersionComparison(
        name=right.name,
        left=left.version,
        right=right.version,
        same=left.digest == right.digest,
        columns_changed=column_changes(*tables),
        rows=RowCounts(left=left.rows, right=right.rows),
        columns=column_pairs(*profiles),
        profiles=all(profiles),
        files=counts,
    )


def changes(
    ctx: Context, left: Any, right: Any, kind: Change | None, cursor: str | None, limit: int
) -> Page[FileChange]:
    """Return some files that two versions do not share, by path. kind: only those."""
    limit = bounded(limit)
    keys = decode(cursor, 1)
    found = differences(ctx, left, right, str(keys[0]) if keys else "")
    some = list(islice((change for change in found if kind in (None, change.change)), limit + 1))
    return Page(items=some[:limit], next=encode(some[limit - 1].path) if len(some) > limit else None)


def differences(ctx: Context, left: Any, right: Any, after: str = "") -> Iterator[FileChange]:
    """Yield the files that differ, by path; parts that both manifests have are left out of both without being read."""
    shared = frozenset(_parts(ctx, left) & _parts(ctx, right))
    sides = (_side(ctx, left, 0, after, shared), _side(ctx, right, 1, after, shared))
    for path, group in groupby(merge(*sides, key=lambda item: item[:2]), key=lambda item: item[0]):
        pair: list[Entry | None] = [None, None]
        for _, place, entry in group:
            pair[place] = entry
        old, new = pair
        if old is None and new is not None:
            yield FileChange(path=path, change="added", right_size=new.size)
        elif old is not None and new is None:
            yield FileChange(path=path, change="removed", left_size=old.size)
        elif old is not None and new is not None and _content(old) != _content(new):
            yield FileChange(path=path, change="changed", left_size=old.size, right_size=new.size)


def _side(ctx: Context, row: Any, place: int, after: str, shared: frozenset[str]) -> Iterator[tuple[str, int, Entry]]:
    for entry in contents.of(ctx, row).entries(after, shared):
        yield entry.path, place, entry


def _content(entry: Entry) -> tuple[Any, ...]:
    return entry.digest, entry.fingerprint, entry.size


def _parts(ctx: Context, row: Any) -> set[str]:
    if not row.manifest:
        return set()
    return {part.manifest for part in Manifest(ctx.blobs, row.manifest).parts()} | {row.manifest}


def column_changes(left: TableSchema, right: TableSchema) -> list[ColumnChange]:
    """Return columns that came, went, or changed their type, in the order of the tables."""
    old = {column.name: column.type for column in left.columns}
    new = {column.name: column.type for column in right.columns}
    found = [
        ColumnChange(column=name, change="type", left=old[name], right=kind)
        if name in old
        else ColumnChange(column=name, change="added", right=kind)
        for name, kind in new.items()
        if old.get(name) != kind
    ]
    return found + [ColumnChange(column=name, change="removed", left=old[name]) for name in old if name not in new]


def column_pairs(left: Profile | None, right: Profile | None) -> list[ColumnPair]:
    """Return the figures of each column of both profiles, in the order of the newer one."""
    sides = [{column.name: column for column in profile.columns} if profile else {} for profile in (left, right)]
    names = [*sides[1], *(name for name in sides[0] if name not in sides[1])]
    return [ColumnPair(column=n, left=_figures(sides[0].get(n)), right=_figures(sides[1].get(n))) for n in names]


def _figures(column: ColumnProfile | None) -> ColumnFigures | None:
    if column is None:
        return None
    kept = ("type", "missing_share", "distinct", "mean", "std", "min", "max")
    return ColumnFigures.model_validate({name: getattr(column, name) for name in kept})


def _profile(ctx: Context, row: Any) -> Profile | None:
    if not row.profile:
        return None
    return Profile.model_validate_json(ctx.blobs.path(row.profile).read_bytes())
