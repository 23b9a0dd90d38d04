"""The part of the SDK that reads what runs recorded; recording itself is MLflow's client."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.curve_schemas import Curve
from studiolo.studio.experiments.schemas import Artifact, Edge, ExperimentSummary, RunOverview, Series

Groups = list[ExperimentSummary]
SeriesList = list[Series]
CurveList = list[Curve]
Artifacts = list[Artifact]
Edges = list[Edge]


class Tracked:
    """What runs recorded."""

    _transport: Transport

    def groups(self, *, deleted: bool = False, limit: int = 1000) -> Groups:
        """Return the experiments, newest first, with the number of their runs."""
        lifecycle = "deleted" if deleted else "active"
        found = self._transport.get("experiments", lifecycle=lifecycle, limit=limit)
        return [ExperimentSummary.model_validate(item) for item in found["items"]]

    def overview(self, run_id: str) -> RunOverview:
        """Return a run with its params, latest metrics, tags, inputs and models."""
        return RunOverview.model_validate(self._transport.get(f"experiments/runs/{run_id}/overview"))

    def history(self, run_id: str, *keys: str, limit: int = 2000) -> SeriesList:
        """Return the histories of metrics, thinned to at most `limit` logged points that keep the peaks."""
        found = self._transport.get(f"experiments/runs/{run_id}/history", key=list(keys), limit=limit)
        return [Series.model_validate(item) for item in found]

    def curves(self, run_ids: Sequence[str], metrics: Sequence[str], **more: Any) -> CurveList:
        """Return metrics of up to 200 runs, thinned for a chart; more: x (step, time, relative), low, high, points."""
        body = {"run_ids": list(run_ids), "metrics": list(metrics), **more}
        found = self._transport.post("experiments/curves", json=body)
        return [Curve.model_validate(item) for item in found["curves"]]

    def artifacts(self, run_id: str, path: str = "") -> Artifacts:
        """Return the files and folders directly below a folder of a run."""
        found = self._transport.get(f"experiments/runs/{run_id}/artifacts", path=path)
        return [Artifact.model_validate(item) for item in found]

    def lineage(self, run_id: str) -> Edges:
        """Return what a run was made from, and what was made from it."""
        return [Edge.model_validate(item) for item in self._transport.get(f"experiments/runs/{run_id}/lineage")]

    def download(self, run_id: str, path: str, target: str | Path) -> Path:
        """Fetch an artifact of a run into a file."""
        return self._transport.download(f"experiments/runs/{run_id}/artifacts/content", Path(target), path=path)
