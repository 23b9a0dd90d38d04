"""The part of the SDK that looks at files of versions: folders of images, files as they are, MLTables."""

import time
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import Remote
from studiolo.kernel.http import Transport
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.names import parse

if TYPE_CHECKING:
    from studiolo.studio.datasets.file_profile.schemas import FileProfile
    from studiolo.studio.datasets.images.schemas import Gallery


class AboutFiles:
    """Asks about the files of a version: an MLTable for them, small pictures of images, a profile of files as they are."""

    _transport: Transport

    def mltable(self, name: str, version: int | None = None) -> str:
        """Return an MLTable file for a version, to lie beside its files: what Azure ML needs to read it as a table."""
        with self._transport.stream("GET", f"{_path(name, version)}/mltable") as reply:
            return b"".join(reply.iter_bytes()).decode()

    def images(
        self,
        name: str,
        version: int | None = None,
        *,
        label: str | None = None,
        split: str | None = None,
        damaged: bool = False,
        offset: int = 0,
        limit: int = 60,
    ) -> "Gallery":
        """Return some images of a folder of images, small, and its classes. label, split: the empty one means those without."""
        from studiolo.studio.datasets.images.schemas import Gallery

        asked: dict[str, Any] = {
            "label": label,
            "split": split,
            "damaged": damaged or None,
            "offset": offset,
            "limit": limit,
        }
        return Gallery.model_validate(self._transport.get(f"{_path(name, version)}/images", **asked))

    def file_profile(self, name: str, version: int | None = None, *, timeout: float = 3600) -> "FileProfile":
        """Return what is known of files as they are, looking at them first when nobody did; raises ProfileNotReady."""
        from studiolo.studio.datasets.file_profile.schemas import FileProfile

        path, until = _path(name, version), time.monotonic() + timeout
        while True:
            try:
                return FileProfile.model_validate(self._transport.get(f"{path}/files/profile"))
            except Remote as error:
                if error.remote_code != ProfileNotReady.code:
                    raise
                state = error.remote.get("state")
                if state == "failed" or time.monotonic() > until:
                    raise ProfileNotReady(error.detail, error.hint) from None
                if state == "none":
                    self._transport.post(f"{path}/profile", json={})
            time.sleep(0.2)


def _path(name: str, version: int | None) -> str:
    name, number = parse(name)
    return f"datasets/{name}/versions/{version or number or 'latest'}"
