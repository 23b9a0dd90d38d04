"""Ready-made JSON of runs, and packed parts of finished series."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables; every run there is gets its JSON from the controller in time."""
    op.create_table(
        "run_docs",
        sa.Column("run", _SEQUENCE, nullable=False),
        sa.Column("changed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.seq"], name=op.f("fk_run_docs_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_run_docs")),
    )
    unready = sa.text("doc IS NULL")
    op.create_index("ix_run_docs_unready", "run_docs", ["run"], sqlite_where=unready, postgresql_where=unready)
    op.execute("INSERT INTO run_docs (run) SELECT seq FROM runs")
    op.create_table(
        "metric_parts",
        sa.Column("run", _SEQUENCE, nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("first_step", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("rollup", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.seq"], name=op.f("fk_metric_parts_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "key", "part", name=op.f("pk_metric_parts")),
    )
    op.add_column("metric_latest", sa.Column("sealed", sa.BigInteger(), server_default="0", nullable=False))
