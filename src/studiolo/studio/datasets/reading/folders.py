"""What the folders of files tell where each file is a row: of which class it is, in which part of a split."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from studiolo.studio.datasets.schemas import ColumnSchema

SPLITS = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip
LABEL, SPLIT = "label", "split"
FIRST = "first_folder"  # among the options of a schema: the label of its first file, whether or not it is a column yet
Told = tuple[str | None, str | None]


def of(name: str) -> Told:
    """Return the last folder of a file that is no part of a split, and the part.

    >>> of("reviews/train/pos/1.txt"), of("1.txt")
    (('pos', 'train'), (None, None))
    """
    folders = PurePosixPath(name).parts[:-1]
    split = next((SPLITS[folder.lower()] for folder in folders if folder.lower() in SPLITS), None)
    return next((folder for folder in reversed(folders) if folder.lower() not in SPLITS), None), split


def told(names: Iterable[str]) -> list[Told]:
    """Return label and split of each file, from its folders; where all lie in one folder, it is no label.

    >>> told(["train/cat/1.jpg", "val/dog/2.jpg"])
    [('cat', 'train'), ('dog', 'validation')]
    >>> told(["images/1.jpg", "images/2.jpg"])
    [(None, None), (None, None)]
    """
    found = [of(name) for name in names]
    labels = {label for label, _ in found}
    return [(None, split) for _, split in found] if len(labels) == 1 else found


def columns(names: Sequence[str], options: dict[str, Any], *, begun: bool) -> list[ColumnSchema]:
    """Return the columns that the folders of files tell: a label where not all lie in one folder, a split where one is called so.

    options: of the schema; the folder of its first file is kept there, for files that come later. begun: there were files before, and
    without that folder nothing is known of theirs.
    """
    if not names or (begun and FIRST not in options):
        return []
    found = [of(name) for name in names]
    first = options.setdefault(FIRST, found[0][0])
    there = {LABEL: any(label != first for label, _ in found), SPLIT: any(split for _, split in found)}
    return [
        ColumnSchema(name=name, type="text", sql_type="VARCHAR", origin="folder", field=[name])
        for name, is_told in there.items()
        if is_told
    ]
