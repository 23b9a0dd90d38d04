"""The SDK part of endpoints."""

import time
from typing import Any, Literal

from studiolo.kernel.http import Transport
from studiolo.studio.endpoints.errors import DeploymentFailed, NotLive
from studiolo.studio.endpoints.schemas import (
    Deployment,
    Endpoint,
    EndpointDeployed,
    EndpointLog,
    EndpointSample,
    EndpointStats,
    Key,
    NewKey,
)

Deployments = list[Deployment]
Keys = list[Key]


class Endpoints:
    """Models that answer over HTTP."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def deploy(
        self, model: str, name: str, *, wait: bool = False, timeout: float = 300, **options: Any
    ) -> EndpointDeployed:
        """Deploy `MODEL`, `MODEL:VERSION` or `MODEL@ALIAS`; options: workers, tier, port, description,
        accept_risk.

        The keys of a new endpoint are in the answer, this once. wait: until it is live; raises DeploymentFailed.

        >>> studio.endpoints.deploy("titanic:1", "titanic", wait=True)  # doctest: +SKIP
        """
        spec = {"model": model, "name": name, **options}
        made = EndpointDeployed.model_validate(self._transport.post("endpoints", json=spec))
        if not wait:
            return made
        assert made.latest is not None
        live = self.wait(name, made.latest.number, timeout)
        return EndpointDeployed(**live.model_dump(), keys=made.keys)

    def wait(self, name: str, number: int, timeout: float = 300) -> Endpoint:
        """Wait until a deployment is live; raises DeploymentFailed with what the model raised."""
        deadline = time.monotonic() + timeout
        while True:
            found = next((item for item in self.deployments(name) if item.number == number), None)
            if found is None:
                raise DeploymentFailed(f"Deployment {number} of '{name}' is gone.")
            if found.state == "Live":
                return self.get(name)
            if found.state in ("Failed", "Stopped"):
                raise _failed(found)
            if time.monotonic() > deadline:
                raise DeploymentFailed(
                    f"Deployment {number} of '{name}' is still {found.state} after {timeout:g} s: {found.message}.",
                    f"Look at its log: studiolo endpoints logs {name}",
                )
            time.sleep(0.1)

    def list(self) -> list[Endpoint]:
        """Return all endpoints by name."""
        items: list[Any] = []
        cursor: str | None = None
        while True:
            page = self._transport.get("endpoints", cursor=cursor)
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return [Endpoint.model_validate(item) for item in items]

    def get(self, name: str) -> Endpoint:
        """Return an endpoint."""
        return Endpoint.model_validate(self._transport.get(f"endpoints/{name}"))

    def deployments(self, name: str) -> Deployments:
        """Return the deployments of an endpoint, newest first."""
        return [Deployment.model_validate(item) for item in self._transport.get(f"endpoints/{name}/deployments")]

    def score(self, name: str, rows: Any) -> dict[str, Any]:
        """Predict rows through the studio: a list of objects, or a whole body as `/score` takes it."""
        body = {"data": rows} if isinstance(rows, list) else rows
        found: dict[str, Any] = self._transport.post(f"//w/{self._transport.workspace}/serve/{name}/score", json=body)
        return found

    def sample(self, name: str) -> EndpointSample:
        """Return rows to try the endpoint with."""
        return EndpointSample.model_validate(self._transport.get(f"endpoints/{name}/sample"))

    def stats(self, name: str) -> EndpointStats:
        """Return request rate, durations and errors."""
        return EndpointStats.model_validate(self._transport.get(f"endpoints/{name}/stats"))

    def log(
        self,
        name: str,
        kind: Literal["requests", "process"] = "process",
        deployment: int | None = None,
        lines: int = 200,
    ) -> EndpointLog:
        """Return the end of a log, by default of the newest deployment."""
        found = self._transport.get(f"endpoints/{name}/logs", kind=kind, deployment=deployment, lines=lines)
        return EndpointLog.model_validate(found)

    def keys(self, name: str) -> Keys:
        """Return which keys there are."""
        return [Key.model_validate(item) for item in self._transport.get(f"endpoints/{name}/keys")]

    def regenerate_key(self, name: str, key: Literal["primary", "secondary"]) -> NewKey:
        """Replace a key; the answer has it, this once."""
        return NewKey.model_validate(self._transport.post(f"endpoints/{name}/keys/{key}"))

    def delete(self, name: str, *, wait: bool = False, timeout: float = 60) -> Endpoint:
        """Stop an endpoint and remove it; wait: until nothing of it is left."""
        found = Endpoint.model_validate(self._transport.delete(f"endpoints/{name}"))
        deadline = time.monotonic() + timeout
        while wait and any(endpoint.id == found.id for endpoint in self.list()):
            if time.monotonic() > deadline:
                raise NotLive(f"Endpoint '{name}' is still being deleted after {timeout:g} s.", "See the studio's log.")
            time.sleep(0.1)
        return found


def _failed(found: Deployment) -> DeploymentFailed:
    if found.failure is None:
        return DeploymentFailed(f"Deployment {found.number} of '{found.endpoint}' was stopped before it went live.")
    trace = found.failure.traceback
    return DeploymentFailed(
        f"Deployment {found.number} of '{found.endpoint}' failed to {found.failure.stage}: {found.failure.error}",
        f"See its traceback: studiolo endpoints logs {found.endpoint}",
        extra={"traceback": trace} if trace else None,
    )
