"""`Studio`: the way into a studio from Python, one attribute per slice."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from studiolo.kernel.http import Transport
from studiolo.studio.workspace.client import Workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studiolo.sdk.applying import Applied, Changes
    from studiolo.studio.automl.client import AutoML
    from studiolo.studio.compute.client import Computes
    from studiolo.studio.datasets.client import Datasets
    from studiolo.studio.datastores.client import Datastores
    from studiolo.studio.endpoints.client import Endpoints
    from studiolo.studio.experiments.client import Experiments
    from studiolo.studio.models.client import Models
    from studiolo.studio.pipelines.client import Pipelines
    from studiolo.studio.schedules.client import Schedules


class Studio:
    """A workspace of a running studio.

    url, token: of a studio elsewhere; on the same machine both are found through the home folder.
    Raises NotRunning when none answers.

    >>> studio = Studio()  # doctest: +SKIP
    >>> studio.datasets.create("titanic.csv", name="titanic")  # doctest: +SKIP
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        workspace: str | None = None,
        home: str | Path | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._transport = transport or Transport(url, token, workspace=workspace, home=Path(home) if home else None)
        self.workspace = Workspaces(self._transport)

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._transport.url

    @property
    def mlflow_uri(self) -> str:
        """What to give `mlflow.set_tracking_uri`."""
        return f"{self._transport.url}/w/{self._transport.workspace}"

    def apply(self, file: str | Path, changes: Changes = (), places: Mapping[str, str] | None = None) -> Applied:
        """Load a file of Azure ML, whatever it describes: a job, data, a model, a datastore, an environment, a deployment."""
        from studiolo.sdk.applying import apply

        return apply(self, file, changes, places)

    @cached_property
    def experiments(self) -> Experiments:
        """Runs and jobs."""
        from studiolo.studio.experiments.client import Experiments

        return Experiments(self._transport)

    @cached_property
    def automl(self) -> AutoML:
        """Automated ML."""
        from studiolo.studio.automl.client import AutoML

        return AutoML(self._transport)

    @cached_property
    def datasets(self) -> Datasets:
        """Tables and their versions."""
        from studiolo.studio.datasets.client import Datasets

        return Datasets(self._transport)

    @cached_property
    def datastores(self) -> Datastores:
        """Where bytes live."""
        from studiolo.studio.datastores.client import Datastores

        return Datastores(self._transport)

    @cached_property
    def models(self) -> Models:
        """The registry."""
        from studiolo.studio.models.client import Models

        return Models(self._transport)

    @cached_property
    def pipelines(self) -> Pipelines:
        """Steps that are jobs, joined by what they read and write."""
        from studiolo.studio.pipelines.client import Pipelines

        return Pipelines(self._transport)

    @cached_property
    def schedules(self) -> Schedules:
        """When jobs and pipelines run by themselves."""
        from studiolo.studio.schedules.client import Schedules

        return Schedules(self._transport)

    @cached_property
    def compute(self) -> Computes:
        """Where jobs run."""
        from studiolo.studio.compute.client import Computes

        return Computes(self._transport)

    @cached_property
    def endpoints(self) -> Endpoints:
        """Models that answer over HTTP."""
        from studiolo.studio.endpoints.client import Endpoints

        return Endpoints(self._transport)
