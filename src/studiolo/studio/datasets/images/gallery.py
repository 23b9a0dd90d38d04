"""The verbs of folders of images; the table of images is read by a child process."""

from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets import inspection, repository
from studiolo.studio.datasets.images.schemas import Gallery
from studiolo.studio.datasets.versions import find_row, table_input

MODULE = "studiolo.studio.datasets.images.gallery_process"
MOST = 200


def page(
    ctx: Context,
    name: str,
    version: int | None,
    *,
    label: str | None = None,
    split: str | None = None,
    damaged: bool = False,
    offset: int = 0,
    limit: int = 60,
) -> Gallery:
    """Return some images with small pictures, and the classes of all. label, split: the empty one means those without.

    Raises Invalid for a version that is no folder of images.
    """
    row = find_row(ctx, name, version)
    if row.format != "images":
        raise Invalid(
            f"{repository.reference(name, row.version)} is no folder of images.",
            "Register it as one: studiolo datasets create FOLDER --format images",
            field="dataset",
        )
    table = table_input(ctx, row)
    request: dict[str, Any] = {
        "file": str(table.files[0]),
        "label": label,
        "split": split,
        "damaged": damaged,
        "offset": offset,
        "limit": min(limit, MOST),
    }
    with inspection.work_folder(ctx) as work:
        return Gallery.model_validate(inspection.ask(ctx, request, work, MODULE))
