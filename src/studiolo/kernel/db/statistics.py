"""What PostgreSQL's planner knows of tables that have grown: counted soon, since its own workers look once a minute."""

from sqlalchemy import bindparam, text

from studiolo.kernel.db.engine import Database

CHANGED = (
    1000  # rows that were written since a table was counted, and a tenth of the table beside: PostgreSQL's own measure
)
_GROWN = text(
    "SELECT quote_ident(relname) FROM pg_stat_user_tables"
    " WHERE schemaname = current_schema() AND n_mod_since_analyze > :changed + n_live_tup / 10 ORDER BY relname"
).bindparams(bindparam("changed", CHANGED))


def refresh(db: Database) -> list[str]:
    """Count the tables that have grown much since they were counted, and return their names; nothing on SQLite.

    A planner that takes a table for empty joins ten thousand runs row by row where it would have walked an index for twenty.
    A table that somebody works on as a whole is left for the next time.
    """
    if db.dialect == "sqlite":
        return []
    with db.read() as tx:
        grown = [str(name) for (name,) in tx.execute(_GROWN)]
    for name in grown:
        with db.begin() as tx:
            tx.execute(text(f"ANALYZE (SKIP_LOCKED) {name}"))
    return grown
