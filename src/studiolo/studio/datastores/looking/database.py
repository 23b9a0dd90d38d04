"""A database that the server does not open itself: a child process asks it."""

import json
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.looking.child import ask, work_folder
from studiolo.studio.datastores.ports import Check

_MODULE = "studiolo.studio.datastores.looking.database_process"


class AskedDatabase:
    """A database by what opens it in a job's process; see `opening.packed`."""

    def __init__(self, ctx: Context, packed: str) -> None:
        self._ctx, self._packed = ctx, packed

    def ask(self, request: dict[str, Any], work: Path) -> dict[str, Any]:
        """Return the child's answer; raises what the database raised there."""
        settings = self._ctx.settings
        given = {"datastore": self._packed, "private": settings.datastore_private, "barred": [str(settings.home)]}
        identity = json.loads(self._packed)["auth"] == "identity"
        return ask(self._ctx, _MODULE, {**request, **given}, work, identity=identity)

    def check(self) -> Check:
        """Try the connection; never raises a StoreError."""
        with work_folder(self._ctx) as work:
            try:
                return Check(**self.ask({"verb": "check"}, work))
            except StudioloError as error:
                return Check(False, error.detail, error.hint, 0.0, error.code)
