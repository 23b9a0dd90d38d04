"""What PostgreSQL's planner knows of tables that have grown: counted soon, since its own workers look once a minute."""

from sqlalchemy import text

from studiolo.kernel.db.engine import Database

# rows that were written since a table was counted: PostgreSQL's own measure, with 1,000 in the place of 50
_GROWN = text(
    "SELECT quote_ident(relname) FROM pg_stat_user_tables"
    " WHERE schemaname = current_schema() AND n_mod_since_analyze > 1000 + n_live_tup / 10 ORDER BY relname"
)


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
