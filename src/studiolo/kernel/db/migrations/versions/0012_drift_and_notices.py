"""Drift monitors, and notices with the outbox of mail."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create seven tables; no row changes."""
    _notices()
    _monitors()


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("href", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_notices_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("workspace_id", "account_id", "key", name=op.f("uq_notices_workspace_id_account_id_key")),
    )
    op.create_index(op.f("ix_notices_created_at"), "notices", ["created_at"], unique=False)
    op.create_index("ix_notices_list", "notices", ["workspace_id", "account_id", "id"], unique=False)
    op.create_table(
        "mail_outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_outbox")),
        sa.UniqueConstraint("workspace_id", "recipient", "key", name=op.f("uq_mail_outbox_workspace_id_recipient_key")),
    )
    op.create_index("ix_mail_outbox_due", "mail_outbox", ["workspace_id", "state", "next_at"], unique=False)
    op.create_table(
        "mail_settings",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=254), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(length=10), nullable=False),
        sa.Column("username", sa.String(length=254), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_mail_settings")),
    )


def _monitors() -> None:
    op.create_table(
        "drift_monitors",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_since", UtcDateTime(), nullable=True),
        sa.Column("judged", UtcDateTime(), nullable=True),
        sa.Column("position", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "name", name=op.f("pk_drift_monitors")),
        sa.UniqueConstraint("id", name=op.f("uq_drift_monitors_id")),
    )
    op.create_index("ix_drift_monitors_dataset", "drift_monitors", ["workspace_id", "dataset"], unique=False)
    op.create_index("ix_drift_monitors_due", "drift_monitors", ["workspace_id", "enabled", "due_at"], unique=False)
    op.create_table(
        "drift_settings",
        sa.Column("monitor", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("sample", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["monitor"], ["drift_monitors.id"], name=op.f("fk_drift_settings_monitor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("monitor", "version", name=op.f("pk_drift_settings")),
    )
    op.create_table(
        "drift_windows",
        sa.Column("monitor", sa.String(length=32), nullable=False),
        sa.Column("start", UtcDateTime(), nullable=False),
        sa.Column("settings", sa.Integer(), nullable=False),
        sa.Column("end", UtcDateTime(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("backfill", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("magnitude", sa.Double(), nullable=True),
        sa.Column("floor", sa.Double(), nullable=True),
        sa.Column("drifting", sa.Boolean(), nullable=True),
        sa.Column("drifting_features", sa.Integer(), nullable=True),
        sa.Column("features", Json, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["monitor"], ["drift_monitors.id"], name=op.f("fk_drift_windows_monitor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("monitor", "start", "settings", name=op.f("pk_drift_windows")),
    )
    op.create_index(op.f("ix_drift_windows_run_id"), "drift_windows", ["run_id"], unique=False)
    op.create_index("ix_drift_windows_state", "drift_windows", ["monitor", "state"], unique=False)
    op.create_table(
        "drift_backfills",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("monitor", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.Integer(), nullable=False),
        sa.Column("start", UtcDateTime(), nullable=False),
        sa.Column("end", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("position", UtcDateTime(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["monitor"], ["drift_monitors.id"], name=op.f("fk_drift_backfills_monitor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_backfills")),
    )
    op.create_index(op.f("ix_drift_backfills_monitor"), "drift_backfills", ["monitor"], unique=False)
    op.create_index("ix_drift_backfills_state", "drift_backfills", ["workspace_id", "state"], unique=False)
