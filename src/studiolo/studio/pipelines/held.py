"""What an input or output came to: a literal, files of the store, or data that is found when a job starts."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from studiolo.kernel.fields import fresh
from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.blobs import BlobMissing, BlobStore
from studiolo.studio.experiments.job_schemas import DataInput
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines import typing_rules
from studiolo.studio.pipelines.schemas import Content, PortType, Scalar, StepInput

ALL = "."  # the path of a manifest that is the whole input


class Held(BaseModel):
    """value: of a literal type; files: of the store; data: by its address, pinned where it has versions.

    label: what to read; source: as lineage names it; step, output: that it is an output of; count, bytes: of its files.
    """

    type: PortType
    value: Scalar | None = None
    files: list[InputFile] = fresh(list)
    data: DataInput | None = None
    label: str = ""
    source: str = ""
    step: str = ""
    output: str = ""
    count: int = 0
    bytes: int = 0

    @property
    def literal(self) -> bool:
        """Whether it is a value."""
        return self.type in typing_rules.LITERALS

    @property
    def digest(self) -> str:
        """Name of its bytes: of the manifest, or of the file; empty where there is neither."""
        return self.files[0].digest if len(self.files) == 1 else ""


def literal(value: Scalar, kind: str) -> Held:
    """Hold a value."""
    return Held.model_validate({"type": kind, "value": value, "label": typing_rules.text(value)[:200]})


def folder(blobs: BlobStore, kind: str, entries: Iterable[manifests.Entry], **about: Any) -> Held:
    """Hold files as one folder. entries: in order of their paths."""
    with blobs.in_passing():
        written = manifests.write(blobs, entries)
    file = InputFile(path=ALL, digest=written.digest, manifest=True)
    return Held.model_validate({"type": kind, "files": [file], "count": written.files, "bytes": written.bytes, **about})


def file(kind: str, path: str, digest: str, size: int, **about: Any) -> Held:
    """Hold one file."""
    given = {"type": kind, "files": [InputFile(path=path, digest=digest)], "count": 1, "bytes": size}
    return Held.model_validate({**given, **about})


def there(blobs: BlobStore, held: Sequence[Held]) -> bool:
    """Say whether all bytes of outputs are in the store, and hold them for the grace time of the sweep."""
    alone = [one.digest for item in held for one in item.files if not one.manifest]
    if alone and blobs.keep_all(alone):
        return False
    try:
        return not any(manifests.keep(blobs, one.digest) for item in held for one in item.files if one.manifest)
    except (manifests.ManifestUnreadable, BlobMissing):
        return False


def entries(blobs: BlobStore, held: Held) -> list[manifests.Entry]:
    """Return the files of an output, by path."""
    found: list[manifests.Entry] = []
    for one in held.files:
        if one.manifest:
            found += manifests.listed(blobs, one.digest)
        else:
            found.append(manifests.Entry(one.path, blobs.path(one.digest).stat().st_size, one.digest))
    return found


def content(held: Held) -> Content:
    """Return an output as it is shown."""
    return Content(type=held.type, digest=held.digest, files=held.count, bytes=held.bytes, value=held.value)


def shown(name: str, held: Held) -> StepInput:
    """Return an input as it is shown."""
    return StepInput(
        name=name,
        type=held.type,
        label=held.label,
        source_step=held.step or None,
        source_output=held.output or None,
        digest=held.digest,
        value=held.value,
    )
