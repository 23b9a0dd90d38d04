"""Reads the database of an MLflow tracking server of any version: SQLite, PostgreSQL or MySQL.

Tables and columns are found by looking, since MLflow 1.0 there have been more with almost every version; what is not there is empty.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from studiolo.studio.experiments.importing.database_registry import read_registered
from studiolo.studio.experiments.importing.database_traces import DatabaseTraces
from studiolo.studio.experiments.importing.errors import BadSource
from studiolo.studio.experiments.importing.found_traces import FoundTrace
from studiolo.studio.experiments.importing.places import Places, files_below, stamp_of
from studiolo.studio.experiments.importing.source import (
    NOT_TAKEN,
    FoundExperiment,
    FoundFile,
    FoundModel,
    FoundRegistered,
    FoundRun,
    Leftover,
    Listed,
    integer,
    model_status,
    run_status,
    stamp,
)
from studiolo.studio.experiments.importing.wire import ModelPoint, Points, SentModel, SentRun, UsedDataset

_NEEDED = {"experiments", "runs", "metrics", "params", "tags"}
_AT_ONCE = 200
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}
# what stands in tables of their own that an import does not take, by the word that people use
_OTHERS = {
    "evaluation_datasets": "evaluation datasets",
    "scorers": "scorers",
    "webhooks": "webhooks",
    "review_queues": "review queues",
    "endpoints": "gateway endpoints",
    "mcp_servers": "MCP servers",
}


class Tables:
    """Reads rows of tables that may lack columns, or not be there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        looker = inspect(connection)
        self.columns = {name: {c["name"] for c in looker.get_columns(name)} for name in looker.get_table_names()}
        self._quote = connection.dialect.identifier_preparer.quote

    def rows(self, table: str, columns: Sequence[str], key: str = "", values: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield rows with the columns asked for, None where the table has no such column; key: only those in `values`."""
        has = self.columns.get(table)
        if has is None or (key and (key not in has or not values)):
            return
        named = [f"{self._quote(name) if name in has else 'NULL'} AS {self._quote(name)}" for name in columns]
        sql = f"SELECT {', '.join(named)} FROM {self._quote(table)}"
        if not key:
            yield from self._connection.execution_options(yield_per=5000).execute(text(sql))
            return
        query = text(f"{sql} WHERE {self._quote(key)} IN :wanted").bindparams(bindparam("wanted", expanding=True))
        for first in range(0, len(values), _AT_ONCE):
            yield from self._connection.execute(query, {"wanted": list(values[first : first + _AT_ONCE])})

    def count(self, table: str) -> int:
        """Return the number of rows, 0 for no table."""
        if table not in self.columns:
            return 0
        return int(self._connection.execute(text(f"SELECT count(*) FROM {self._quote(table)}")).scalar_one())

    def counts(self, table: str, key: str, values: Sequence[Any]) -> dict[Any, int]:
        """Return how many rows each value of a column has."""
        if key not in self.columns.get(table, ()):
            return {}
        column = self._quote(key)
        sql = f"SELECT {column}, count(*) FROM {self._quote(table)} WHERE {column} IN :wanted GROUP BY {column}"
        query = text(sql).bindparams(bindparam("wanted", expanding=True))
        found: dict[Any, int] = {}
        for first in range(0, len(values), _AT_ONCE):
            found.update(
                (row[0], row[1])
                for row in self._connection.execute(query, {"wanted": list(values[first : first + _AT_ONCE])})
            )
        return found


class DatabaseSource:
    """The database of a tracking server; artifacts are read where it says, or below `artifacts`."""

    def __init__(self, url: str, artifacts: Path | None = None) -> None:
        self._engine = _engine(url)
        address = self._engine.url
        self.label = address.render_as_string(hide_password=True)
        self.identity = f"database:{address.set(username=None, password=None).render_as_string()}"
        try:
            self._connection = self._engine.connect()
            self._tables = Tables(self._connection)
        except DBAPIError as error:
            raise BadSource(
                f"{self.label} cannot be opened: {str(error.orig).splitlines()[0]}.",
                "Check the address.",
                field="source",
            ) from None
        missing = _NEEDED - self._tables.columns.keys()
        if missing:
            raise BadSource(
                f"{self.label} is no database of MLflow: it has no table {', '.join(sorted(missing))}.",
                "Give the --backend-store-uri of the tracking server.",
                field="source",
            )
        beside = [Path(address.database).parent] if address.drivername.startswith("sqlite") and address.database else []
        self._places = Places(artifacts, [*beside, Path.cwd()])
        self._traces = DatabaseTraces(self._tables, self._pairs, self._places)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()

    def experiments(self) -> list[FoundExperiment]:
        """Return all experiments."""
        tags = self._pairs("experiment_tags", "experiment_id", None)
        columns = ("experiment_id", "name", "lifecycle_stage", "creation_time", "last_update_time")
        return [
            FoundExperiment(
                str(row.experiment_id),
                str(row.name),
                tags.get(row.experiment_id, {}),
                row.lifecycle_stage == "deleted",
                integer(row.creation_time),
                integer(row.last_update_time),
            )
            for row in self._tables.rows("experiments", columns)
        ]

    def runs(self, experiment: str) -> list[Listed]:
        """List the runs of an experiment: by what their row says, their tags, and how much they recorded."""
        columns = ("run_uuid", "status", "end_time", "start_time", "lifecycle_stage", "name", "artifact_uri")
        rows = list(self._tables.rows("runs", columns, "experiment_id", [int(experiment)]))
        ids = [row.run_uuid for row in rows]
        amounts = [self._tables.counts(table, "run_uuid", ids) for table in ("metrics", "params")]
        amounts.append(self._tables.counts("inputs", "destination_id", ids))
        amounts.append(self._tables.counts("inputs", "source_id", ids))
        tags = self._pairs("tags", "run_uuid", ids)
        found = []
        for row in rows:
            parts = (tuple(row), [amount.get(row.run_uuid, 0) for amount in amounts])
            files = stamp_of(self._places.folder(row.artifact_uri or ""))
            tagged = sorted(tags.get(row.run_uuid, {}).items())
            found.append(Listed(row.run_uuid, stamp(parts, tagged, files), integer(row.start_time) or 0))
        return found

    def read_runs(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundRun]:
        """Read runs in full, each table once for all of them."""
        columns = ("run_uuid", "name", "user_id", "status", "start_time", "end_time", "lifecycle_stage", "deleted_time")
        rows = list(self._tables.rows("runs", (*columns, "artifact_uri"), "run_uuid", ids))
        tags, params = self._pairs("tags", "run_uuid", ids), self._pairs("params", "run_uuid", ids)
        metrics = self._metrics(ids)
        datasets, used, made = self._inputs(ids)
        measured = self._model_points(ids)
        for row in sorted(rows, key=lambda row: (row.start_time or 0, row.run_uuid)):
            own = tags.get(row.run_uuid, {})
            run = SentRun(
                id=row.run_uuid,
                source_id=row.run_uuid,
                experiment=experiment,
                stamp="",
                name=str(own.get("mlflow.runName") or row.name or ""),
                user=str(row.user_id or ""),
                status=run_status(row.status),
                start=integer(row.start_time),
                end=integer(row.end_time),
                deleted=row.lifecycle_stage == "deleted",
                deleted_at=integer(row.deleted_time),
                params=params.get(row.run_uuid, {}),
                tags=own,
                metrics=metrics.get(row.run_uuid, []),
                datasets=datasets.get(row.run_uuid, []),
                models_used=used.get(row.run_uuid, []),
                models_made=made.get(row.run_uuid, {}),
                model_points=measured.get(row.run_uuid, []),
            )
            found = FoundRun(run)
            found.files, lost = self._files(row.artifact_uri or "")
            found.lost += lost
            yield found

    def _files(self, uri: str) -> tuple[list[FoundFile], list[str]]:
        folder = self._places.folder(uri)
        if folder is not None:
            return list(files_below(folder)), []
        if not uri or self._places.reachable(uri):
            return [], []
        return [], [f"its files are at {uri}, which is not on this machine: give them by --artifacts"]

    def _metrics(self, ids: Sequence[str]) -> dict[str, list[Points]]:
        series: dict[tuple[str, str], Points] = {}
        columns = ("run_uuid", "key", "step", "timestamp", "value", "is_nan")
        for row in self._tables.rows("metrics", columns, "run_uuid", ids):
            run, key, step, time, value, nan = row
            points = series.get((run, key))
            if points is None:
                points = series[run, key] = Points(key, [], [], [])
            points.steps.append(int(step or 0))
            points.timestamps.append(int(time))
            points.values.append(float("nan") if nan or value is None else float(value))
        found: dict[str, list[Points]] = defaultdict(list)
        for (run, _), points in series.items():
            found[run].append(points)
        return found

    def _inputs(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, list[UsedDataset]], dict[str, list[str]], dict[str, dict[str, int]]]:
        columns = ("input_uuid", "source_type", "source_id", "destination_type", "destination_id", "step")
        datasets: dict[str, list[UsedDataset]] = defaultdict(list)
        used: dict[str, list[str]] = defaultdict(list)
        made: dict[str, dict[str, int]] = defaultdict(dict)
        into = list(self._tables.rows("inputs", columns, "destination_id", ids))
        described = {
            row.dataset_uuid: row
            for row in self._tables.rows(
                "datasets",
                (
                    "dataset_uuid",
                    "name",
                    "digest",
                    "dataset_source_type",
                    "dataset_source",
                    "dataset_schema",
                    "dataset_profile",
                ),
                "dataset_uuid",
                sorted({row.source_id for row in into}),
            )
        }
        tags: dict[str, dict[str, str]] = defaultdict(dict)
        for row in self._tables.rows(
            "input_tags", ("input_uuid", "name", "value"), "input_uuid", [row.input_uuid for row in into]
        ):
            tags[row.input_uuid][row.name] = row.value
        for row in into:
            about = described.get(row.source_id)
            if about is not None:
                datasets[row.destination_id].append(
                    UsedDataset(
                        name=about.name,
                        digest=about.digest,
                        source_type=about.dataset_source_type or "",
                        source=about.dataset_source or "",
                        schema=about.dataset_schema,
                        profile=about.dataset_profile,
                        tags=tags[row.input_uuid],
                    )
                )
            elif str(row.source_id).startswith("m-"):
                used[row.destination_id].append(row.source_id)
        for row in self._tables.rows("inputs", columns, "source_id", ids):
            if row.destination_type == "MODEL_INPUT":
                used[row.source_id].append(row.destination_id)
            elif row.destination_type == "MODEL_OUTPUT":
                made[row.source_id][row.destination_id] = int(row.step or 0)
        return datasets, used, made

    def _model_points(self, ids: Sequence[str]) -> dict[str, list[ModelPoint]]:
        columns = ("model_id", "metric_name", "metric_value", "metric_timestamp_ms", "metric_step")
        names = (*columns, "run_id", "dataset_name", "dataset_digest")
        found: dict[str, list[ModelPoint]] = defaultdict(list)
        for row in self._tables.rows("logged_model_metrics", names, "run_id", ids):
            value = float("nan") if row.metric_value is None else float(row.metric_value)
            time, step = int(row.metric_timestamp_ms), int(row.metric_step or 0)
            dataset = (row.dataset_name, row.dataset_digest)
            found[row.run_id].append(ModelPoint(row.model_id, row.metric_name, value, time, step, *dataset))
        return found

    def models(self, experiment: str) -> list[Listed]:
        """List the logged models of an experiment."""
        columns = ("model_id", "last_updated_timestamp_ms", "status", "lifecycle_stage", "artifact_location")
        rows = list(
            self._tables.rows("logged_models", (*columns, "creation_timestamp_ms"), "experiment_id", [int(experiment)])
        )
        tags = self._pairs("logged_model_tags", "model_id", [row.model_id for row in rows], ("tag_key", "tag_value"))
        return [
            Listed(
                row.model_id,
                stamp(
                    tuple(row),
                    sorted(tags.get(row.model_id, {}).items()),
                    stamp_of(self._places.folder(row.artifact_location)),
                ),
                int(row.creation_timestamp_ms or 0),
            )
            for row in rows
        ]

    def read_models(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundModel]:
        """Read logged models in full."""
        columns = ("model_id", "name", "model_type", "source_run_id", "status", "lifecycle_stage", "artifact_location")
        times = ("creation_timestamp_ms", "last_updated_timestamp_ms")
        tags = self._pairs("logged_model_tags", "model_id", ids, ("tag_key", "tag_value"))
        params = self._pairs("logged_model_params", "model_id", ids, ("param_key", "param_value"))
        for row in list(self._tables.rows("logged_models", (*columns, *times), "model_id", ids)):
            files, lost = self._files(row.artifact_location or "")
            model = SentModel(
                id=row.model_id,
                source_id=row.model_id,
                experiment=experiment,
                stamp="",
                name=row.name or row.model_id,
                model_type=row.model_type or "",
                source_run_id=row.source_run_id,
                status=model_status(row.status),
                created=int(row.creation_timestamp_ms or 0),
                updated=int(row.last_updated_timestamp_ms or 0),
                deleted=row.lifecycle_stage == "deleted",
                params=params.get(row.model_id, {}),
                tags=tags.get(row.model_id, {}),
            )
            yield FoundModel(model, files, lost)

    def traces(self, experiment: str) -> list[Listed]:
        """List the traces of an experiment."""
        return self._traces.listed(experiment)

    def read_traces(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundTrace]:
        """Read traces in full."""
        return self._traces.read(experiment, ids)

    def registered(self) -> Iterator[FoundRegistered]:
        """Read the registry."""
        return read_registered(self._tables)

    def leftovers(self) -> list[Leftover]:
        """Count the rows of tables that are not taken."""
        counted = [(word, self._tables.count(table)) for table, word in _OTHERS.items()]
        return [Leftover(word, many, NOT_TAKEN) for word, many in counted if many]

    def read(self, file: FoundFile) -> Iterator[bytes]:
        """Not needed: what can be read is on this machine."""
        raise BadSource(f"'{file.path}' is not on this machine.")

    def _pairs(
        self, table: str, key: str, ids: Sequence[str] | None, names: tuple[str, str] = ("key", "value")
    ) -> dict[Any, dict[str, str]]:
        found: dict[Any, dict[str, str]] = defaultdict(dict)
        where: tuple[Any, ...] = () if ids is None else (key, ids)
        for row in self._tables.rows(table, (key, *names), *where):
            owner, name, value = row
            found[owner][str(name)] = "" if value is None else str(value)
        return found


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        driver = _DRIVERS.get(address.drivername.partition("+")[0])  # whichever the tracking server uses
        engine = create_engine(address.set(drivername=driver) if driver else address)
    except (ArgumentError, ValueError) as error:
        raise BadSource(f"The address cannot be used: {error}.", "Write sqlite:///mlflow.db.", field="source") from None
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise BadSource(
            f"The driver of this database is not installed: {error}.",
            "For PostgreSQL: pip install 'studiolo[postgres]'; for MySQL: pip install pymysql.",
            field="source",
        ) from None
    if engine.dialect.name == "sqlite":
        if not address.database or not Path(address.database).is_file():
            raise BadSource(f"There is no file {address.database}.", "Check the path.", field="source")
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    return engine
