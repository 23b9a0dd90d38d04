"""Tables of attached machines and their credentials."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.secrets.references import holds_secret

machines = Table(
    "compute_machines",
    metadata,
    Column("id", String(32), primary_key=True),  # what holdings name
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(63), nullable=False),
    Column("kind", String(63), nullable=False),
    Column("config", Json, nullable=False),  # host, port, user, folder, python, host_key
    Column("cores", Integer),  # for jobs, where less than there are
    Column("memory_bytes", BigInteger),
    Column("facts", Json),  # what it said of itself when it was reached last
    Column("checked", Json),  # what the last try of the connection came to
    Column("silent_since", UtcDateTime),  # while it does not answer
    Column("silent_reason", Text),
    Column("description", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),  # of what somebody changed: connections are made anew then
    UniqueConstraint("workspace_id", "name"),
)

# one envelope per field, sealed for the row alone: moved to another row it does not open
machine_credentials = Table(
    "compute_machine_credentials",
    metadata,
    Column("machine", String(32), ForeignKey("compute_machines.id", ondelete="CASCADE"), primary_key=True),
    Column("field", String(63), primary_key=True),
    Column(
        "envelope",
        LargeBinary,
        nullable=False,
        info=holds_secret("{machine.workspace_id}|machine|{machine}|{field}"),
    ),
    Column("updated_at", UtcDateTime, nullable=False),
)
