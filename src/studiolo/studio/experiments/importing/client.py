"""The part of the SDK that imports from MLflow."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.importing.schemas import Import

if TYPE_CHECKING:
    from studiolo.studio.experiments.importing.transfer import Progress

Imports = list[Import]


class Importing:
    """Bringing over what was recorded elsewhere."""

    _transport: Transport

    def import_mlflow(
        self,
        source: str | Path,
        *,
        artifacts: str | Path | None = None,
        token: str | None = None,
        full: bool = False,
        progress: "Progress | None" = None,
    ) -> dict[str, Any]:
        """Import an MLflow: an `mlruns` folder, a SQLite file, a database URL or the address of a tracking server.

        Again is no harm: what is here is not sent, what is new is added. artifacts: folder of files that the source names
        by a place that is not on this machine. full: read also what looks unchanged, since a server's lists do not show
        points that were added before the latest, nor new files. Returns the report; raises BadSource.
        """
        from studiolo.studio.experiments.importing.opening import open_source
        from studiolo.studio.experiments.importing.transfer import Transfer

        opened = open_source(str(source), Path(artifacts) if artifacts else None, token)
        try:
            return Transfer(self._transport, opened, progress, full=full).run().document()
        finally:
            opened.close()

    def imports(self) -> Imports:
        """Return what was imported from where, with the report of each."""
        return [Import.model_validate(item) for item in self._transport.get("experiments/imports")]
