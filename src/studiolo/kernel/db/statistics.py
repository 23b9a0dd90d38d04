"""What PostgreSQL's planner knows of tables that have grown: counted soon, since its own workers look once a minute."""

from sqlalchemy import text

from studiolo.kernel.db.engine import Database

_SMALL_BYTES = (
    256 << 20
)  # to vacuum a larger table would hold the controller up: PostgreSQL's own workers do it within a minute
# rows that were written since a table was counted: PostgreSQL's own measure, with 1,000 in the place of 50
_GROWN = text(
    "SELECT quote_ident(relname), pg_relation_size(relid) FROM pg_stat_user_tables"
    " WHERE schemaname = current_schema() AND n_mod_since_analyze > 1000 + n_live_tup / 10 ORDER BY relname"
)


def refresh(db: Database) -> list[str]:
    """Count the tables that have grown much since they were counted, and return their names; nothing on SQLite.

    A planner that takes a table for empty joins ten thousand runs row by row where it would have walked an index for twenty. And what
    only an index is read for costs a look into the table for each row until the table is vacuumed: so small ones are, at once.
    A table that somebody works on as a whole is left for the next time.
    """
    if db.dialect == "sqlite":
        return []
    with db.glance() as tx:
        grown = {str(name): int(size) for name, size in tx.execute(_GROWN)}
    for name, size in grown.items():
        with db.glance() as tx:  # in no transaction: where it is vacuumed, none may be open
            # to shorten the file would lock all out of the table
            whole = size <= _SMALL_BYTES
            tx.execute(text(f"{'VACUUM (ANALYZE, TRUNCATE FALSE,' if whole else 'ANALYZE ('} SKIP_LOCKED) {name}"))
    return list(grown)
