"""The nouns of folders of images."""

from pydantic import BaseModel


class ImageItem(BaseModel):
    """An image of a version. small: a data URL of a JPEG of at most 160 pixels; None where it cannot be shown, which error says why."""

    path: str
    label: str | None
    split: str | None
    format: str | None
    width: int | None
    height: int | None
    mode: str | None
    bytes: int
    error: str | None = None
    small: str | None = None


class ImageClass(BaseModel):
    """Images with the same label. label: None of those without one; damaged: that cannot be shown."""

    label: str | None
    images: int
    damaged: int


class Gallery(BaseModel):
    """Some images of a version, in order of their paths. total: that fit what was asked for; classes, splits: of the whole version."""

    items: list[ImageItem]
    offset: int
    total: int
    images: int
    damaged: int
    classes: list[ImageClass]
    splits: dict[str, int]
