"""The first schema."""

import importlib
import pkgutil

from alembic import op

from studiolo.kernel.db.metadata import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    names = ["studiolo.kernel.auth.tables", "studiolo.kernel.events.tables"]
    found = pkgutil.walk_packages(importlib.import_module("studiolo.studio").__path__, "studiolo.studio.")
    names += [info.name for info in found if info.name.rsplit(".", 1)[1].endswith("tables")]
    for name in names:
        importlib.import_module(name)
    metadata.create_all(op.get_bind())
