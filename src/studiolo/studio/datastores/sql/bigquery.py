"""Google BigQuery by its own library. No server of it runs in our tests: see the docs page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    DatabaseMissing,
    DatastoreInvalid,
    QueryTooSlow,
    StoreFull,
    StoreReadOnly,
    WrongCredential,
)
from studiolo.studio.datastores.sql.base import (
    Attribute,
    Auth,
    Field,
    KindSpec,
    Relation,
    SqlDatabase,
    Surroundings,
    failed,
    library,
)

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = KindSpec(
    name="bigquery",
    title="Google BigQuery",
    description="The data sets of a Google Cloud project. They are read, not written.",
    family="sql",
    fields=(
        Field(
            "project",
            "Project",
            "Its ID: where the data is, and what pays for the queries.",
            required=True,
            example="acme-shop",
            pattern=r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
        ),
        Field("location", "Location", "Such as `EU`; empty: where the data is."),
        Field(
            "most_gigabytes",
            "Most gigabytes of a query",
            "A query that would read more is refused before it costs anything; 0: no bound.",
            type="integer",
            default=100,
        ),
        Field(
            "key", "Service account key", "The JSON file of a service account.", type="lines", required=True, secret=True,
            auth=("service_account",),
        ),
    ),
    auth=(
        Auth("service_account", "Key of a service account"),
        Auth("identity", "Identity of this machine", "Application default credentials of the account that runs the studio."),
    ),
    extra="bigquery",
    modules=("google.cloud.bigquery",),
    writable=False,
    place="{project}",
)  # fmt: skip


def open_database(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "BigQuery":
    """Return the database; nothing is asked over the network yet. Raises DatastoreInvalid for a text that is no key."""
    return BigQuery(config, key(credentials["key"]) if credentials.get("key") else None, about)


def key(text: str) -> dict[str, Any]:
    """Read the key of a service account; raises DatastoreInvalid."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("type") != "service_account" or "private_key" not in found:
        raise DatastoreInvalid(
            "The key is no JSON of a service account.", "Give the whole file that Google made.", field="credentials.key"
        )
    return found


class BigQuery(SqlDatabase):
    """Tables of a BigQuery project. A dry run says before a query whether it reads, and how much."""

    strict = True
    escapes = True
    where = "bigquery.googleapis.com"

    def __init__(self, config: Mapping[str, Any], account: dict[str, Any] | None, about: Surroundings) -> None:
        super().__init__(about, read_only=True)
        self._config, self._account = config, account

    def quote(self, name: str) -> str:
        """Write one name as BigQuery does."""
        return "`" + name.replace("`", "\\`") + "`"

    @contextmanager
    def _client(self) -> Iterator[Any]:
        (bigquery,) = library("BigQuery", "bigquery", "google.cloud.bigquery")
        given: dict[str, Any] = {"project": self._config["project"], "location": self._config.get("location") or None}
        if self._account is not None:
            client = bigquery.Client.from_service_account_info(self._account, **given)
        else:
            client = bigquery.Client(**given)
        try:
            yield client
        finally:
            client.close()

    def probe(self) -> None:
        """Sign in and list one data set."""
        with self._client() as client:
            next(iter(client.list_datasets(max_results=1, timeout=self.about.seconds, retry=None)), None)

    def find_schemas(self) -> list[str]:
        """Return the data sets."""
        with self._client() as client:
            return sorted(found.dataset_id for found in client.list_datasets(timeout=self.about.seconds, retry=None))

    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views; counting rows would cost a request each."""
        with self._client() as client:
            found = sorted(
                (table.table_id, "view" if "VIEW" in (table.table_type or "") else "table")
                for table in client.list_tables(schema, timeout=self.about.seconds, retry=None)
                if table.table_id > after
            )
        return [Relation(name, "view" if kind == "view" else "table") for name, kind in found[:limit]]

    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns with their types."""
        (problems,) = library("BigQuery", "bigquery", "google.api_core.exceptions")
        with self._client() as client:
            try:
                found = client.get_table(f"{client.project}.{schema}.{table}", timeout=self.about.seconds, retry=None)
            except problems.NotFound:
                return []
        return [
            Attribute(f.name, f"ARRAY<{f.field_type}>" if f.mode == "REPEATED" else f.field_type, f.mode != "REQUIRED")
            for f in found.schema
        ]

    @contextmanager
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Try the query without running it, run it, and stream its pages."""
        if parameters:
            raise failed("Parameters are not sent to BigQuery.", "Write the values into the query.")
        (bigquery,) = library("BigQuery", "bigquery", "google.cloud.bigquery")
        most = int(self._config.get("most_gigabytes") or 0) << 30
        with self._client() as client:
            tried = client.query(
                query,
                job_config=bigquery.QueryJobConfig(dry_run=True, use_query_cache=False),
                retry=None,
                job_retry=None,
            )
            if tried.statement_type != "SELECT":
                raise StoreReadOnly
            if most and (tried.total_bytes_processed or 0) > most:
                raise StoreFull(
                    f"The query would read {tried.total_bytes_processed >> 30:,} GiB.",
                    "Ask for fewer columns or days, or raise the bound in the datastore's settings.",
                )
            settings = bigquery.QueryJobConfig(
                maximum_bytes_billed=most or None, job_timeout_ms=round(self.about.query_seconds * 1000)
            )
            job = client.query(query, job_config=settings, job_retry=None)
            over = False
            try:
                result = job.result(page_size=batch_rows, timeout=self.about.query_seconds)
                empty = result.to_arrow() if result.total_rows == 0 else None
                if empty is not None:
                    over = True
                    yield empty.schema, iter(())
                    return
                batches = iter(result.to_arrow_iterable())
                first = next(batches)

                def made() -> "Iterator[pa.RecordBatch]":
                    nonlocal over
                    yield first
                    yield from batches
                    over = True

                yield first.schema, made()
            finally:
                if not over:
                    with suppress(Exception):  # it may be over already
                        job.cancel(retry=None)

    def name_cause(self, error: Exception) -> StudioloError | None:
        """Return our error by the status that Google answers."""
        if not type(error).__module__.startswith(("google.", "concurrent.futures")):
            return None
        if type(error).__name__ in ("RefreshError", "DefaultCredentialsError", "MalformedError"):
            if self._account is None:
                return WrongCredential(
                    "This machine has no identity for Google Cloud.",
                    "Choose a service account, or run: gcloud auth application-default login",
                )
            return WrongCredential("Google does not accept the key.", "Check it, or rotate it.")
        text = str(getattr(error, "message", "") or error)
        return cause(int(getattr(error, "code", 0) or 0), text, str(self._config["project"]), self.about.query_seconds)


def cause(status: int, text: str, project: str, seconds: float) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
    """Return our error of what Google answers."""
    words = text.lower()
    if status == 401:
        return WrongCredential("Google does not accept the credential.", "Check the key, or rotate it.")
    if status == 403 and ("quota" in words or "bytes billed" in words or "rate limit" in words):
        return StoreFull(text[:300], "Ask for less, or raise the bound in the datastore's settings.")
    if status == 403:
        return AccessDenied(
            text[:300], "Grant the account the roles BigQuery Data Viewer, Job User and Read Session User."
        )
    if status == 404:
        return DatabaseMissing(f"{text[:300] or project} is not there.", "Check project, location and data set.")
    if "timed out" in words or "timeout" in words or "job execution was cancelled: job timed out" in words:
        return QueryTooSlow(seconds)
    if status == 400:
        return failed(text)
    return None
