"""PostgreSQL looks up the run of a logged point no more, which took longer than storing the point."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Drop one foreign key on PostgreSQL. SQLite keeps its: there it costs next to nothing, and the table would be copied."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_metrics_run", "metrics", type_="foreignkey")
