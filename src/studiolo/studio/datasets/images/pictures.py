"""One image: what it is by its bytes, how large, whether it can be decoded to its end, and a small picture of it."""

import io
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.errors import MissingExtra

if TYPE_CHECKING:
    from PIL import Image

SMALL = 160  # pixels of the longer side
MOST = 120_000_000  # pixels that are decoded
FORMATS = (
    "JPEG",
    "MPO",
    "PNG",
    "GIF",
    "BMP",
    "WEBP",
    "TIFF",
    "ICO",
    "PPM",
    "AVIF",
)  # others start programs, as EPS does Ghostscript
ENDINGS = {"JPEG": (".jpg", ".jpeg", ".jfif", ".jpe"), "PNG": (".png", ".apng"), "TIFF": (".tif", ".tiff"), "PPM": (".ppm", ".pgm", ".pbm"),
           "MPO": (".jpg", ".jpeg", ".mpo")}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """format: by its bytes; mode: of its pixels, such as RGB; error: why it cannot be shown; small: a JPEG, None where there is none."""

    size: int
    format: str | None = None
    width: int | None = None
    height: int | None = None
    mode: str | None = None
    error: str | None = None
    small: bytes | None = None

    def fits(self, name: str) -> bool:
        """Say whether the name ends as its bytes say."""
        if self.format is None:
            return True
        return name.lower().endswith(ENDINGS.get(self.format, (f".{self.format.lower()}",)))


def library() -> Any:
    """Return Pillow's Image; raises MissingExtra."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra(
            "Looking into images needs the package Pillow, which is not installed.",
            "Install it: pip install 'studiolo[images]'.",
            field="format",
        ) from None
    return Image


@cache
def _formats() -> tuple[str, ...]:
    """Return those of the formats that this build of Pillow knows; it fails at the name of another."""
    opener = library()
    opener.init()
    return tuple(name for name in FORMATS if name in opener.OPEN)


def look(path: Path, *, small: bool = True) -> Picture:
    """Decode an image once; whatever is wrong with it is in the answer. Images of too many pixels are not decoded."""
    opener = library()
    size = path.stat().st_size
    if not size:
        return Picture(0, error="the file is empty")
    opener.MAX_IMAGE_PIXELS = None  # judged below, with a word about it
    found: dict[str, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with opener.open(path, formats=_formats()) as image:
                found = {"format": image.format, "width": image.width, "height": image.height, "mode": image.mode}
                if image.width * image.height > MOST:
                    return Picture(
                        size, **found, error=f"{image.width:,} × {image.height:,} pixels are too many to decode"
                    )
                if small:
                    return Picture(size, **found, small=_small(image))
                _decoded(image)
                return Picture(size, **found)
    except MemoryError:
        return Picture(size, **found, error="there is not enough memory to decode it")
    except Exception as error:  # noqa: BLE001 - decoders of thirty formats raise anything for damaged files
        return Picture(size, **found, error=_said(error))


def _decoded(image: "Image.Image") -> None:
    """Decode an image to its end; JPEG in few pixels."""
    image.draft(None, (SMALL, SMALL))
    image.load()


def _small(image: "Image.Image") -> bytes:
    from PIL import ImageOps

    image.draft(
        "RGB" if image.mode in ("RGB", "YCbCr") else None, (2 * SMALL, 2 * SMALL)
    )  # JPEG: fewer pixels, all of its bytes
    image.load()
    turned = ImageOps.exif_transpose(image) or image
    if turned.mode not in ("RGB", "L"):
        turned = turned.convert("RGBA" if "A" in turned.mode or "transparency" in turned.info else "RGB")
    if turned.mode == "RGBA":
        ground = library().new("RGB", turned.size, (255, 255, 255))
        ground.paste(turned, mask=turned.getchannel("A"))
        turned = ground
    turned.thumbnail((SMALL, SMALL))
    out = io.BytesIO()
    turned.save(out, "JPEG", quality=75)
    return out.getvalue()


def _said(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "cannot identify" in text:
        return "its bytes are no image"
    return text[:200]
