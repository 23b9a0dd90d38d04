"""The SDK part of drafts."""

import builtins  # `list` is a verb here
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.kernel.http import Transport
from studiolo.studio.pipelines.drafts.schemas import Draft, DraftDetail
from studiolo.studio.pipelines.schemas import PipelineRun, PipelineSpec

if TYPE_CHECKING:
    from studiolo.studio.pipelines.client import Pipelines


class Drafts:
    """Pipelines that are kept until somebody submits them."""

    def __init__(self, transport: Transport, pipelines: "Pipelines") -> None:
        self._http = transport
        self._pipelines = pipelines

    def save(
        self, name: str, pipeline: PipelineSpec | str | Path, *, description: str = "", replace: bool = False
    ) -> DraftDetail:
        """Keep a pipeline as a draft: a file of Azure ML with what it sends along, a spec, or the id of a run whose like it is.

        replace: take the place of a draft of this name. Raises BadDraft, DraftExists, DraftChanged.

        >>> studio.pipelines.drafts.save("nightly", "pipeline.yml")  # doctest: +SKIP
        """
        body: dict[str, Any] = {"spec": self._pipelines.spec_of(pipeline), "description": description}
        if replace:
            body["version"] = next((one.version for one in self.list() if one.name == name), None)
        return DraftDetail.model_validate(self._http.put(f"pipelines/drafts/{name}", json=body))

    def list(self, limit: int = 1000) -> builtins.list[Draft]:
        """Return drafts by name."""
        return [Draft.model_validate(one) for one in self._http.get("pipelines/drafts", limit=limit)["items"]]

    def get(self, name: str) -> DraftDetail:
        """Return a draft with what it holds. Raises DraftNotFound."""
        return DraftDetail.model_validate(self._http.get(f"pipelines/drafts/{name}"))

    def submit(self, name: str) -> PipelineRun:
        """Submit a draft, which stays. Raises DraftNotFound, BadPipeline."""
        return PipelineRun.model_validate(self._http.post(f"pipelines/drafts/{name}/runs"))

    def delete(self, name: str) -> None:
        """Remove a draft; what was submitted of it stays."""
        self._http.delete(f"pipelines/drafts/{name}")
