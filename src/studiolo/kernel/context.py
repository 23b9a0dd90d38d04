"""What every verb is given first: who asks, in which workspace, and the means to do it."""

from dataclasses import dataclass, replace

from studiolo.kernel.auth.actor import Actor
from studiolo.kernel.clock import Clock
from studiolo.kernel.db.engine import Database
from studiolo.kernel.events.outbox import Events
from studiolo.kernel.settings import Settings
from studiolo.kernel.storage.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class Context:
    """Bound once per request or tick; `workspace_id` is never passed by hand."""

    db: Database
    settings: Settings
    blobs: BlobStore
    clock: Clock
    actor: Actor
    workspace_id: str
    workspace: str = "default"

    @property
    def events(self) -> Events:
        """The outbox of this workspace."""
        return Events(self.workspace_id, self.actor.id, self.clock)

    def within(self, workspace_id: str, workspace: str) -> "Context":
        """Return the same context in another workspace (the controller serves all)."""
        return replace(self, workspace_id=workspace_id, workspace=workspace)
