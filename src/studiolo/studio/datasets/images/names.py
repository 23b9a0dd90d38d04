"""Whether a path is one of an image; its class and part of a split are those of any file's folders (`reading/folders`)."""

from pathlib import PurePosixPath

ENDINGS = frozenset(
    (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".jfif", ".ppm", ".pgm", ".ico", ".avif")
)


def is_image(name: str) -> bool:
    """Say whether a file is called as an image is.

    >>> is_image("a/B.JPG"), is_image("labels.csv"), is_image("a/._b.jpg")
    (True, False, False)
    """
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and not path.name.startswith(("._", "."))
