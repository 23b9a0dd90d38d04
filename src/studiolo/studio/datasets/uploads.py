"""Bytes of a dataset on their way in."""

from collections.abc import AsyncIterator

from studiolo.kernel.context import Context
from studiolo.kernel.storage import receiving
from studiolo.kernel.storage.blobs import BlobWriter
from studiolo.studio.datasets.errors import UploadCutOff, UploadTooLarge


async def receive(ctx: Context, stream: AsyncIterator[bytes], announced: int | None) -> BlobWriter:
    """Write a stream to the spool; raises UploadTooLarge, DiskFull, UploadCutOff; then nothing is kept."""
    return await receiving.receive(ctx, stream, announced, too_large=UploadTooLarge, cut_off=UploadCutOff)
