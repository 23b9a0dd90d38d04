"""Dataset versions of many files, with tags, a bin and where they came from; uploads that can be gone on with."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add columns and three tables. A version made before has no manifest: its one file stands in its row, and stays there."""
    for column in (
        sa.Column("numbered", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tags", Json, nullable=False, server_default="{}"),
        sa.Column("retention", Json, nullable=True),
        sa.Column("lifecycle", sa.String(length=10), nullable=False, server_default="active"),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("datasets", column)
    op.execute("UPDATE datasets SET numbered = latest")
    for column in (
        sa.Column("kind", sa.String(length=10), nullable=False, server_default="tabular"),
        sa.Column("mode", sa.String(length=12), nullable=False, server_default="managed"),
        sa.Column("manifest", sa.String(length=64), nullable=True),
        sa.Column("file_count", sa.BigInteger(), nullable=False, server_default="1"),
        sa.Column("description", sa.Text(), nullable=False, server_default=""),
        sa.Column("tags", Json, nullable=False, server_default="{}"),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("source", Json, nullable=True),
        sa.Column("datastore", sa.String(length=100), nullable=True),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("lifecycle", sa.String(length=10), nullable=False, server_default="active"),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("dataset_versions", column)
    op.create_index("ix_dataset_versions_bin", "dataset_versions", ["workspace_id", "lifecycle", "deleted_at"])
    op.execute("UPDATE dataset_versions SET parent = version - 1 WHERE version > 1")
    op.create_table(
        "dataset_uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("spec", Json, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("touched_at", UtcDateTime(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_uploads")),
    )
    op.create_index("ix_dataset_uploads_list", "dataset_uploads", ["workspace_id", "state", "touched_at"])
    op.create_table(
        "dataset_upload_files",
        sa.Column("upload_id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["dataset_uploads.id"],
            name=op.f("fk_dataset_upload_files_upload_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "path", name=op.f("pk_dataset_upload_files")),
    )
    pending = sa.text("digest IS NULL")
    op.create_index(
        "ix_dataset_upload_files_pending",
        "dataset_upload_files",
        ["upload_id", "path"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_table(
        "dataset_registrations",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("about", Json, nullable=False),
        sa.Column("given", sa.String(length=64), nullable=True),
        sa.Column("upload_id", sa.String(length=32), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("existing", sa.Boolean(), nullable=False),
        sa.Column("skipped", Json, nullable=False),
        sa.Column("problem", Json, nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_dataset_registrations")),
    )
    op.create_index("ix_dataset_registrations_list", "dataset_registrations", ["workspace_id", "created_at", "run_id"])
