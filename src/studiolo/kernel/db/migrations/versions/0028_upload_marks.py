"""What tells states of a file that is being sent apart."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the column; files of open uploads have none, and go on by their size."""
    op.add_column("dataset_upload_files", sa.Column("mark", sa.String(length=100), nullable=True))
