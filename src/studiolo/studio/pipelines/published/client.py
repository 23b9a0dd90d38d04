"""The SDK part of published pipelines."""

import builtins  # `list` is a verb here
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.kernel.http import Transport
from studiolo.studio.pipelines.published.schemas import (
    MadeKey,
    Published,
    PublishedDetail,
    PublishedMade,
    PublishedRun,
    Slot,
)
from studiolo.studio.pipelines.schemas import PipelineSpec

if TYPE_CHECKING:
    from studiolo.studio.pipelines.client import Pipelines


class PublishedPipelines:
    """Published pipelines of a workspace: names with versions, started over HTTP with a key."""

    def __init__(self, transport: Transport, pipelines: "Pipelines") -> None:
        self._http = transport
        self._pipelines = pipelines

    def publish(self, name: str, pipeline: PipelineSpec | str | Path, **how: Any) -> PublishedMade:
        """Publish a pipeline: a file of Azure ML, a spec, or the id of a run whose like it is.

        how: description, note, default (whether calls without a version get it). The keys of a new name are in `new_keys`, this once.

        >>> made = studio.pipelines.published.publish("score", "pipeline.yml")  # doctest: +SKIP
        """
        spec = self._pipelines.spec_of(pipeline)
        return PublishedMade.model_validate(
            self._http.post("pipelines/published", json={"name": name, "spec": spec, **how})
        )

    def list(self, limit: int = 100) -> builtins.list[Published]:
        """Return published pipelines by name."""
        return [Published.model_validate(one) for one in self._http.get("pipelines/published", limit=limit)["items"]]

    def get(self, name: str) -> PublishedDetail:
        """Return a published pipeline with its versions and keys."""
        return PublishedDetail.model_validate(self._http.get(f"pipelines/published/{name}"))

    def change(self, name: str, **changes: Any) -> PublishedDetail:
        """Change a published pipeline: description, enabled, default_version."""
        return PublishedDetail.model_validate(self._http.patch(f"pipelines/published/{name}", json=changes))

    def start(self, name: str, version: int | None = None, **inputs: Any) -> PublishedRun:
        """Start a published pipeline, its default version unless one is named."""
        asked = {"inputs": inputs, "version": version}
        return PublishedRun.model_validate(self._http.post(f"pipelines/published/{name}/runs", json=asked))

    def runs(self, name: str, limit: int = 50) -> builtins.list[PublishedRun]:
        """Return the runs that a published pipeline started, newest first."""
        found = self._http.get(f"pipelines/published/{name}/runs", limit=limit)["items"]
        return [PublishedRun.model_validate(one) for one in found]

    def rotate(self, name: str, slot: Slot = "primary") -> MadeKey:
        """Make a key anew; the one before opens nothing any more."""
        return MadeKey.model_validate(self._http.post(f"pipelines/published/{name}/keys/{slot}"))

    def delete(self, name: str) -> None:
        """Remove a published pipeline; its runs stay."""
        self._http.delete(f"pipelines/published/{name}")
