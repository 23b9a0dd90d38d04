"""What can go wrong with an import."""

from studiolo.kernel.errors import Invalid, NotFound


class ImportNotFound(NotFound):
    """No import has this id."""

    code, title = "experiments.import_not_found", "Import not found"

    def __init__(self, import_id: str) -> None:
        super().__init__(f"There is no import '{import_id[:80]}'.", "Start it again.", field="import_id")


class BadBatch(Invalid):
    """A batch of runs that cannot be read."""

    code, title = "experiments.bad_batch", "The batch cannot be read"


class BadSource(Invalid):
    """A source that is no MLflow, or cannot be opened."""

    code, title = "experiments.bad_source", "The source cannot be read"
