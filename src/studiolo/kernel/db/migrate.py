"""Brings a database to the schema of this version, and refuses one that is newer."""

import logging
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from studiolo.kernel.db.engine import Database
from studiolo.kernel.errors import StudioloError
from studiolo.version import __version__

log = logging.getLogger(__name__)
HEAD = "0031"  # the newest file of migrations/versions; a test compares
_FOLDER = Path(__file__).parent / "migrations"


class HomeTooNew(StudioloError):
    """The database was written by a later version of Studiolo."""

    code, status, title = "db.newer", 500, "This home belongs to a newer Studiolo"


def revision(db: Database) -> str | None:
    """Return the stored schema revision, None in an empty database."""
    try:
        with db.read() as connection:
            row = connection.execute(text("select version_num from alembic_version")).first()
    except DatabaseError:
        return None
    return str(row[0]) if row else None


def migrate(db: Database) -> None:
    """Run the migrations that are missing; costs one query when there are none.

    Raises HomeTooNew and changes nothing when the stored revision is unknown here.
    """
    stored = revision(db)
    if stored == HEAD:
        return
    known = {path.name.split("_", 1)[0] for path in (_FOLDER / "versions").glob("[0-9]*.py")}
    if stored is not None and stored not in known:
        raise HomeTooNew(
            f"The database has schema {stored}; Studiolo {__version__} knows schemas up to {HEAD}.",
            "Start the newer Studiolo, or choose another home with --home.",
        )
    from alembic import command  # costs 0.3 s, and is needed once
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    log.info("database schema %s -> %s", stored or "none", HEAD)
    with db.engine.begin() as connection:  # BEGIN IMMEDIATE: two processes at their first start do it one after another
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    db.close()  # what a connection keeps prepared, it prepared for the tables of before
