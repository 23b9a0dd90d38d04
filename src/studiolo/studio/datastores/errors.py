"""What can go wrong with datastores."""

from studiolo.kernel.errors import NotFound


class DatastoreNotFound(NotFound):
    """No datastore has this name."""

    code, title = "datastores.not_found", "Datastore not found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no datastore '{name[:80]}'.", "List them: studiolo datastores list", field="datastore"
        )
