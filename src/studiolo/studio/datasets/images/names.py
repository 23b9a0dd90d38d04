"""What paths of images tell: is it one, of which class, in which part of a split."""

from collections.abc import Sequence
from pathlib import PurePosixPath

ENDINGS = frozenset(
    (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".jfif", ".ppm", ".pgm", ".ico", ".avif")
)
SPLITS = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip


def is_image(name: str) -> bool:
    """Say whether a file is called as an image is.

    >>> is_image("a/B.JPG"), is_image("labels.csv"), is_image("a/._b.jpg")
    (True, False, False)
    """
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and not path.name.startswith(("._", "."))


def told(names: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Return label and split of each image, from its folders; where all lie in one folder, it is no label.

    >>> told(["train/cat/1.jpg", "val/dog/2.jpg"])
    [('cat', 'train'), ('dog', 'validation')]
    >>> told(["images/1.jpg", "images/2.jpg"])
    [(None, None), (None, None)]
    """
    found: list[tuple[str | None, str | None]] = []
    for name in names:
        folders = list(PurePosixPath(name).parts[:-1])
        split = next((SPLITS[folder.lower()] for folder in folders if folder.lower() in SPLITS), None)
        label = next((folder for folder in reversed(folders) if folder.lower() not in SPLITS), None)
        found.append((label, split))
    labels = {label for label, _ in found}
    return [(None, split) for _, split in found] if len(labels) == 1 else found
