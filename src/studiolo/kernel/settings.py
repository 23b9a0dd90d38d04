"""Every setting: its default, its doc line, its environment name (`STUDIOLO_` + the field in capitals)."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studiolo.kernel.errors import StudioloError

PREFIX = "STUDIOLO_"


class BadSetting(StudioloError):
    """An environment variable whose value cannot be used."""

    code, status, title = "settings.invalid", 500, "A setting cannot be used"


class Settings(BaseModel):
    """What an owner may change; read once, at the start of a process."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    home: Path = Field(Path("~/.studiolo"), description="Folder of everything the studio keeps.")
    host: str = Field("127.0.0.1", description="Address the server listens on; other than loopback needs accounts.")
    port: int = Field(8585, ge=0, le=65535, description="Port of the server; 0 takes a free one.")
    content_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port of the second origin, which shows HTML that users wrote; 0 takes a free one near the first.",
    )
    content_url: str = Field(
        "", description="Address of the second origin that browsers use, when a proxy stands in front."
    )
    url: str = Field("", description="Address under which CLI, SDK and jobs find the server; empty: as started.")
    public_url: str = Field("", description="Address that people use, when a proxy stands in front.")
    database_url: str = Field("", description="SQLAlchemy address of PostgreSQL; empty: SQLite in the home folder.")
    durability: Literal["full", "normal"] = Field(
        "full",
        description="`full`: a write is on disk before it is answered. `normal`: a power cut may lose the last second.",
    )
    token: str = Field("", description="API token of CLI and SDK; empty: the one in the home folder.")
    session_hours: float = Field(24 * 14, gt=0, le=24 * 3650, description="How long a sign-in lasts.")
    login_link_minutes: float = Field(
        60, gt=0, le=60 * 24 * 30, description="How long the one-time login link is good."
    )
    job_token_hours: float = Field(24 * 7, gt=0, le=24 * 3650, description="How long the token of a job is good.")
    upload_limit_bytes: int = Field(50 * 2**30, gt=0, description="Largest file that may be uploaded.")
    request_limit_bytes: int = Field(16 * 2**20, gt=0, description="Largest JSON body of the API.")
    score_limit_bytes: int = Field(16 * 2**20, gt=0, description="Largest body of a scoring request.")
    upload_keep_hours: float = Field(
        72, gt=0, le=24 * 365, description="How long an upload of many files stays that nothing is sent to."
    )
    line_limit_bytes: int = Field(16 * 2**20, gt=0, description="Longest line of a delimited or JSON lines file.")
    inspect_seconds: float = Field(120, gt=0, description="Longest time that looking into an uploaded file may take.")
    inspect_memory_bytes: int = Field(4 * 2**30, gt=0, description="Most memory that looking into a file may take.")
    sql_seconds: float = Field(60, gt=0, le=3600, description="Longest time that a query of a user may take.")
    sql_memory_bytes: int = Field(2 * 2**30, ge=2**28, description="Most memory that the process of a query may take.")
    sql_rows: int = Field(1_000_000, gt=0, description="Most rows of a query's answer that are kept to be looked at.")
    sql_result_bytes: int = Field(256 * 2**20, gt=0, description="Most bytes of a query's answer that are kept.")
    sql_result_hours: float = Field(2, gt=0, le=24 * 30, description="How long the answer to a query is kept unused.")
    sql_concurrent: int = Field(
        2, ge=1, description="Queries that one account may run at once; four times as many run in all."
    )
    sql_save_seconds: float = Field(
        600, gt=0, description="Longest time that a query may take whose answer becomes a dataset."
    )
    sql_save_bytes: int = Field(8 * 2**30, gt=0, description="Most bytes of an answer that becomes a dataset.")
    explore_cache_bytes: int = Field(
        20 * 2**30, gt=0, description="Disk that copies of tables by columns, for looking at any row at once, may take."
    )
    explore_sessions: int = Field(4, ge=1, description="Tables that are kept open, each by a process of its own.")
    explore_idle_seconds: float = Field(300, gt=0, description="Time after which the process of an unused table ends.")
    explore_memory_bytes: int = Field(
        2 * 2**30, ge=2**28, description="Most memory that the process of a table may take."
    )
    arrow_streams: int = Field(
        8, ge=1, description="Streams of rows that are sent at the same time, each by a child process."
    )
    cores: int = Field(0, ge=0, description="Cores that jobs may use; 0: what this process may use.")
    memory_bytes: int = Field(0, ge=0, description="Memory that jobs may use; 0: 80 % of the machine.")
    cgroup: str = Field(
        "", description="Folder of a control group (version 2) whose shares jobs are given; empty: looked for."
    )
    container_engine: str = Field(
        "",
        description="Program of the container engine, docker or podman; empty: the one that answers; none: containers are not used.",
    )
    container_network: str = Field(
        "host",
        description="Network of the containers of jobs; in another one than the host's they do not reach 127.0.0.1.",
    )
    container_options: str = Field(
        "", description="More words for the engine's `run`, as for a shell: --add-host=…, --ulimit=…."
    )
    cancel_grace_seconds: float = Field(10, ge=0, description="Time a job has to end after it is told to stop.")
    attempts_keep_days: float = Field(
        30, gt=0, description="How long the folder of an ended job stays; its log is kept as an artifact."
    )
    environment_keep_days: float = Field(
        30, gt=0, description="How long a built environment stays that no job uses; it is built again when one does."
    )
    environment_bytes: int = Field(
        40 * 2**30,
        gt=0,
        description="Disk that built environments may take, files that they share counted for each; with uv's cache, once.",
    )
    retention_days: float = Field(
        30, ge=0, le=36500, description="How long what was deleted can be restored; then it is removed for good."
    )
    warm_processes: int = Field(
        4,
        ge=0,
        description="Processes that hold the modules of warm jobs, each for one account and environment; 0: all start in the usual way.",
    )
    warm_idle_seconds: float = Field(
        300, gt=0, description="Time after which such a process ends that no job has used."
    )
    warm_memory_bytes: int = Field(
        4 * 2**30,
        gt=0,
        description="Memory that these processes may hold together; the one used longest ago goes first.",
    )
    lease_seconds: float = Field(30, gt=0, description="How long a controller holds a claim without renewing it.")
    tick_ms: float = Field(100, gt=0, description="Pause of the controller while there is work.")
    idle_tick_ms: float = Field(400, gt=0, description="Pause of the controller while there is none.")
    endpoint_host: str = Field("127.0.0.1", description="Address that endpoints listen on.")
    endpoint_ports: str = Field("8600-8999", description="Ports given to endpoints, first-last.")
    endpoint_start_seconds: float = Field(120, gt=0, description="Longest time a scorer may take to load its model.")
    master_key_file: str = Field(
        "",
        description="File of the key that seals stored secrets; empty: `secrets/master.key` in the home, made when needed.",
    )
    master_key_keyring: str = Field(
        "",
        description="Entry of the operating system's keyring that holds that key instead (extra `keyring`); a named file goes before it.",
    )
    webhook_private: bool = Field(
        False, description="Let webhooks go to private, loopback and link-local addresses, and over plain http."
    )
    webhook_seconds: float = Field(10, gt=0, le=120, description="Longest time that a receiver of a webhook may take.")
    webhook_attempts: int = Field(
        8, ge=1, le=20, description="How often a delivery is tried: after 1, 4, 16, … seconds, at most an hour apart."
    )
    mail_private: bool = Field(
        False, description="Let mail be sent through servers at private, loopback and link-local addresses."
    )
    fetch_private: bool = Field(
        False, description="Let models be fetched from private and loopback addresses, and over plain http."
    )
    datastore_private: bool = Field(
        True,
        description="Let datastores be at private and loopback addresses, as those of a company are; link-local ones never.",
    )
    datastore_folders: str = Field(
        "",
        description="Folders that others than owners may make datastores of, separated by `:`; owners may name any.",
    )
    datastore_seconds: float = Field(
        30, gt=0, le=3600, description="Longest time that a datastore may take for one answer."
    )
    datastore_query_seconds: float = Field(
        3600, gt=0, le=7 * 24 * 3600, description="Longest time that a query of a job may take on a database."
    )
    compute_private: bool = Field(
        True,
        description="Let attached machines be at private and loopback addresses, as those of a company are; link-local ones never.",
    )
    fetch_seconds: float = Field(
        3600, gt=0, le=24 * 3600, description="Longest time that fetching a model from a web address may take."
    )
    events_keep_hours: float = Field(24 * 7, gt=0, le=24 * 3650, description="How long events stay in the feed.")

    @property
    def sqlite_path(self) -> Path:
        """Where the database is when it is SQLite."""
        return self.home / "studiolo.db"

    @property
    def attempts(self) -> Path:
        """Folder of all attempt directories."""
        return self.home / "attempts"


def env_name(field: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + field.upper()


def load(environ: dict[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings from the environment; keyword arguments win.

    Raises BadSetting, which names the variable and what it may be.
    """
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {
        field: env[env_name(field)] for field in Settings.model_fields if env.get(env_name(field), "") != ""
    }
    values |= {key: value for key, value in overrides.items() if value is not None}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        raise BadSetting(
            f"{env_name(field)}={values.get(field)!r} cannot be used: {first['msg']}.",
            f"{Settings.model_fields[field].description}" if field in Settings.model_fields else "",
            field=field,
        ) from None
    return settings.model_copy(update={"home": settings.home.expanduser().resolve()})
