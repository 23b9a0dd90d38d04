"""What an MLflow recorded is here after an import, the same; a second import adds nothing.

`sources/mlflow-2.tar.xz` and `-3.tar.xz` were recorded by `sources/make.py` with the real MLflow 2.22 and 3.17: a file store and a
SQLite database each, with their artifacts.
"""

import hashlib
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Remote
from studiolo.kernel.mlflow.values import millis
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import client_runs
from studiolo.studio.experiments.importing.errors import BadSource
from studiolo.studio.experiments.importing.folder import Folder
from studiolo.studio.experiments.importing.sending import Sender
from studiolo.studio.experiments.importing.server import Server
from studiolo.studio.experiments.importing.transfer import Transfer
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import metrics
from studiolo.testing.client import make_client, make_transport
from studiolo.testing.context import context_in, make_services
from tests.studio.live import Live

SOURCES = Path(__file__).parent / "sources"
ALL = ["2/folder/mlruns", "2/database/mlflow.db", "3/folder/mlruns", "3/database/mlflow.db"]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sources")
    for version in ("2", "3"):
        with tarfile.open(SOURCES / f"mlflow-{version}.tar.xz") as archive:
            archive.extractall(root / version)
    return root


@pytest.fixture
def source(unpacked: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy that a test may change."""
    shutil.copytree(unpacked, tmp_path / "sources")
    return tmp_path / "sources"


def _states(report: dict[str, Any], kind: str) -> dict[str, int]:
    return report["counts"].get(kind, {})


def _recorded(client: Any) -> dict[str, Any]:
    """Everything that MLflow's client tells of the runs, by their ids."""
    from mlflow.entities import ViewType

    found = {}
    for experiment in client.search_experiments(view_type=ViewType.ALL):
        for run in client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL):
            tags = {key: value for key, value in run.data.tags.items() if key != "mlflow.user"}
            found[run.info.run_id] = {
                "experiment": (experiment.name, experiment.lifecycle_stage),
                "info": (run.info.run_name, run.info.status, run.info.lifecycle_stage, run.info.user_id),
                "times": (run.info.start_time, run.info.end_time),
                "params": run.data.params,
                "tags": tags,
                "histories": {
                    key: sorted(
                        {(m.step, m.timestamp, repr(m.value)) for m in client.get_metric_history(run.info.run_id, key)}
                    )
                    for key in run.data.metrics
                },
                "inputs": [
                    (used.dataset.name, used.dataset.digest, used.dataset.schema, [(t.key, t.value) for t in used.tags])
                    for used in run.inputs.dataset_inputs
                ],
                "models": sorted(
                    (made.model_id, made.step) for made in (run.outputs.model_outputs if run.outputs else [])
                ),
            }
    return found


def _files(client: Any, run_id: str, folder: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for item in client.list_artifacts(run_id, folder):
        if item.is_dir:
            found |= _files(client, run_id, item.path)
        else:
            found[item.path] = hashlib.sha256(
                Path(client.download_artifacts(run_id, item.path)).read_bytes()
            ).hexdigest()
    return found


def _files_on_disk(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", ["2/folder/mlruns", "3/folder/mlruns", "3/database/mlflow.db"])
def test_the_client_reads_here_what_it_reads_there(
    name: str, unpacked: Path, tracked: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    services = make_services(tmp_path / "home")
    place = unpacked / name
    shutil.copy(
        place, tmp_path / "copy.db"
    ) if place.is_file() else None  # MLflow's own store writes into what it reads
    there = MlflowClient(f"sqlite:///{tmp_path}/copy.db" if place.is_file() else place.as_uri())
    try:
        report = Studio(transport=make_transport(tracked.services)).experiments.import_mlflow(place)
        expected, got = _recorded(there), _recorded(MlflowClient())
        ids = [run_id for run_id, run in expected.items() if run["experiment"][0] in ("churn", "old")]
        assert len(ids) == 6
        for run_id in ids:
            assert got[run_id] == expected[run_id]
        assert report["lost"] == []
        folders = [path for path in place.parent.rglob("artifacts") if path.parent.name in ids]
        for folder in folders:
            run = got[folder.parent.name]
            if run["info"][2] == "active":
                assert _files(MlflowClient(), folder.parent.name) == _files_on_disk(folder)
    finally:
        services.db.close()


@pytest.mark.parametrize("name", ALL)
def test_all_of_it_is_here_once(name: str, unpacked: Path, any_services: Services) -> None:
    studio = Studio(transport=make_transport(any_services))
    first = studio.experiments.import_mlflow(unpacked / name)
    assert _states(first, "runs") == {"added": 6}
    assert _states(first, "versions") == {"added": 3}
    assert first["lost"] == []
    assert _states(first, "traces") == {"added": 1}
    assert first["not_taken"] == []
    model = studio.models.get("titanic")
    assert (model.description, model.tags, model.aliases) == ("about ships", {"owner": "me"}, {"champion": 1})
    version = studio.models.version("titanic:1")
    assert version.stage == "Production"
    assert "sklearn" in version.flavors
    assert version.files >= 4
    assert studio.models.version("titanic:2").tags == {"x": "y"}
    ctx = context_in(any_services)
    before = _counts(ctx)
    second = studio.experiments.import_mlflow(unpacked / name)
    assert {state for counts in second["counts"].values() for state in counts} == {"there"}
    assert second["sent"] == {"points": 0, "files": 0, "bytes": 0}
    assert _counts(ctx) == before
    deleted = {run.name for run in studio.experiments.list(lifecycle="deleted")}
    assert "gone" in deleted
    assert [item.name for item in studio.experiments.groups(deleted=True)] == ["old"]
    assert len(studio.experiments.imports()) == 1


def _counts(ctx: Context) -> list[int]:
    with ctx.db.read() as tx:
        return [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in (runs, metrics)]


def _run_folder(source: Path, name: str) -> Path:
    for meta in (source / "3/folder/mlruns").rglob("meta.yaml"):
        if f"run_name: {name}\n" in meta.read_text():
            return meta.parent
    raise AssertionError(name)


def test_a_run_that_went_on_gets_its_new_points_and_a_new_run_is_added(source: Path, studio: Studio) -> None:
    place = source / "3/folder/mlruns"
    studio.experiments.import_mlflow(place)
    child = _run_folder(source, "child")
    with (child / "metrics/loss").open("a") as file:
        file.write("1700000000000 1.5 1\n")
    (child / "artifacts").mkdir(exist_ok=True)
    (child / "artifacts/late.txt").write_text("late")
    fresh = child.parent / ("f" * 32)
    shutil.copytree(child, fresh)
    again = studio.experiments.import_mlflow(place)
    assert _states(again, "runs") == {"there": 5, "updated": 1, "added": 1}
    assert studio.experiments.history(child.name, "loss")[0].values == [2.0, 1.5]
    assert [item.path for item in studio.experiments.artifacts(child.name)] == ["late.txt"]
    assert studio.experiments.get("f" * 32).parent_id == studio.experiments.get(child.name).parent_id


def test_a_killed_import_goes_on_where_it_stopped(
    unpacked: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after each number of runs in turn; the last import ends the work, and nothing is twice."""
    monkeypatch.setattr("studiolo.studio.experiments.importing.sending.MOST_RUNS", 1)

    class Killed(BaseException):
        pass

    place = unpacked / "3/folder/mlruns"
    real = Sender._send
    for most in range(8):
        sent = 0

        def send(self: Sender, batch: Any, most: int = most) -> None:
            nonlocal sent
            sent += 1
            if sent > most:
                raise Killed
            real(self, batch)

        monkeypatch.setattr(Sender, "_send", send)
        try:
            Studio(transport=make_transport(services)).experiments.import_mlflow(place)
        except Killed:
            continue
    monkeypatch.setattr(Sender, "_send", real)
    last = Studio(transport=make_transport(services)).experiments.import_mlflow(place)
    assert {state for counts in last["counts"].values() for state in counts} == {"there"}
    assert _counts(context_in(services))[0] == 6


def test_a_long_history_is_sent_in_parts(source: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studiolo.studio.experiments.importing.sending.MOST_POINTS", 7)
    studio.experiments.import_mlflow(source / "3/folder/mlruns")
    parent = _run_folder(source, "parent").name
    assert studio.experiments.overview(parent).metrics[1].points == 50
    assert _states(studio.experiments.import_mlflow(source / "3/folder/mlruns"), "runs") == {"there": 6}


def test_what_is_removed_here_stays_removed(source: Path, ctx: Context, studio: Studio) -> None:
    place = source / "3/folder/mlruns"
    studio.experiments.import_mlflow(place)
    child = _run_folder(source, "child").name
    client_runs.move(ctx, [child], "deleted")
    studio.experiments.clean_up(0)
    again = studio.experiments.import_mlflow(place)
    assert {
        "kind": "run",
        "id": child,
        "reason": "it was imported before and has been removed from the studio since",
    } in again["lost"]
    assert "added" not in _states(again, "runs")


def test_an_experiment_of_the_same_name_is_one_with_it(unpacked: Path, ctx: Context, studio: Studio) -> None:
    from studiolo.studio.experiments import catalog

    number = catalog.create(ctx, "churn", {"team": "red"})
    report = studio.experiments.import_mlflow(unpacked / "3/database/mlflow.db")
    merged = [item for item in report["experiments"] if item["state"] == "merged"]
    assert [(item["name"], item["id"]) for item in merged] == [("churn", number)]
    assert len(studio.experiments.list(experiment="churn")) == 4


def test_versions_of_a_taken_name_come_after_those_that_are_there(unpacked: Path, studio: Studio) -> None:
    studio.experiments.import_mlflow(unpacked / "3/database/mlflow.db")
    report = studio.experiments.import_mlflow(unpacked / "2/database/mlflow.db")
    assert _states(report, "models") == {"updated": 2}
    assert {item["source"]: item["here"] for item in report["mapped"]}["titanic:1"] == "3"
    assert studio.models.get("titanic").aliases == {"champion": 1}
    again = studio.experiments.import_mlflow(unpacked / "2/database/mlflow.db")
    assert _states(again, "versions") == {"there": 3}


def test_a_server_is_read_over_http(unpacked: Path, services: Services, tmp_path: Path) -> None:
    """The server is another studio, which speaks the protocol."""
    Studio(transport=make_transport(services)).experiments.import_mlflow(unpacked / "3/database/mlflow.db")
    target = make_services(tmp_path / "second")
    try:
        for expected in ("added", "there"):
            with make_client(services) as http:
                source = Server("http://testserver/w/default", client=http)
                report = Transfer(make_transport(target), source).run().document()
            assert {state for counts in report["counts"].values() for state in counts} == {expected}
            assert report["lost"] == []
        assert _counts(context_in(target)) == _counts(context_in(services))
        studio = Studio(transport=make_transport(target))
        parent = next(run for run in studio.experiments.list() if run.name == "parent")
        assert [item.path for item in studio.experiments.artifacts(parent.id)] == ["b.json", "notes", "models:/model"]
        assert studio.models.version("titanic:1").files >= 4
    finally:
        target.db.close()


def test_a_database_of_mlflow_1_0_is_read(tmp_path: Path, studio: Studio) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        db.executescript(
            """
            CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT, artifact_location TEXT, lifecycle_stage TEXT);
            CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT, user_id TEXT, status TEXT, start_time INTEGER,
                               end_time INTEGER, lifecycle_stage TEXT, artifact_uri TEXT, experiment_id INTEGER);
            CREATE TABLE metrics (key TEXT, value FLOAT, timestamp INTEGER, run_uuid TEXT);
            CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
            CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
            INSERT INTO experiments VALUES (0, 'Default', 's3://bucket/0', 'active');
            INSERT INTO runs VALUES ('my-own-run', 'n', 'ann', 'FINISHED', 1500000000000, NULL, 'active',
                                     's3://bucket/0/my-own-run/artifacts', 0);
            INSERT INTO metrics VALUES ('auc', 0.5, 1500000000001, 'my-own-run');
            INSERT INTO metrics VALUES ('au$c', 0.5, 1500000000001, 'my-own-run');
            INSERT INTO params VALUES ('depth', '3', 'my-own-run');
            """
        )
    db.close()
    report = studio.experiments.import_mlflow(path)
    here = report["mapped"][0]["here"]
    run = studio.experiments.get(here)
    assert (run.user, run.name, run.state, millis(run.created_at)) == ("ann", "n", "Completed", 1500000000000)
    assert studio.experiments.overview(here).params == {"depth": "3"}
    assert len(studio.experiments.overview(here).metrics) == 1
    reasons = " ".join(item["reason"] for item in report["lost"])
    assert "s3://bucket/0/my-own-run/artifacts" in reasons
    assert "au$c" in reasons
    files = tmp_path / "files/0/my-own-run/artifacts"
    files.mkdir(parents=True)
    (files / "a.txt").write_text("found")
    again = studio.experiments.import_mlflow(path, artifacts=tmp_path / "files")
    assert _states(again, "runs") == {"updated": 1}
    assert [item.path for item in studio.experiments.artifacts(here)] == ["a.txt"]


def test_bad_files_and_lines_are_left_out_and_told(source: Path, studio: Studio, tmp_path: Path) -> None:
    child = _run_folder(source, "child")
    with (child / "metrics/loss").open("a") as file:
        file.write("half a li")
    (child / "artifacts").mkdir(exist_ok=True)
    (child / "artifacts/a\nb").write_text("x")
    (child / "artifacts/secret").symlink_to("/etc/passwd")
    (child / "params/nul").write_text("a\x00b")
    (child / "meta.yaml").write_text((child / "meta.yaml").read_text().replace("status: 3", "status: 9"))
    parent = _run_folder(source, "parent")
    (parent / "artifacts/secret").symlink_to("/etc/passwd")
    report = studio.experiments.import_mlflow(source / "3/folder/mlruns")
    reasons = {item["reason"].split(":")[0] for item in report["lost"] if item["id"] == child.name}
    assert len(reasons) == 4
    assert _states(report, "runs") == {"added": 5, "refused": 1}
    assert [item.path for item in studio.experiments.artifacts(parent.name)] == ["b.json", "notes", "models:/model"]


def test_what_is_no_mlflow_is_refused_with_what_to_do(tmp_path: Path, studio: Studio) -> None:
    (tmp_path / "x.txt").write_text("x")
    with sqlite3.connect(tmp_path / "x.db") as db:
        db.execute("CREATE TABLE t (a)")
    db.close()
    for text in (
        "nowhere",
        str(tmp_path),
        str(tmp_path / "x.txt"),
        str(tmp_path / "x.db"),
        "sqlite:///no.db",
        "odd://x",
    ):
        with pytest.raises(BadSource) as caught:
            studio.experiments.import_mlflow(text)
        assert caught.value.field == "source"
        assert caught.value.hint


def test_a_batch_that_is_no_batch_is_refused(studio: Studio, unpacked: Path) -> None:
    report = studio.experiments.import_mlflow(unpacked / "2/folder/mlruns")
    transport = studio.experiments._transport
    for body in (b"", b"\xc1", b"\x81\xa4runs\x91\x01"):
        with pytest.raises(Remote, match="cannot be read"):
            transport.upload("POST", f"experiments/imports/{report['import_id']}/batches", iter([body]))
    with pytest.raises(Remote, match="no import"):
        transport.post("experiments/imports/x/known", json={"kind": "run", "stamps": {}})


def test_the_command_prints_and_writes_a_report(unpacked: Path, cli: Any, tmp_path: Path) -> None:
    done: Result = cli(
        "experiments", "import-mlflow", str(unpacked / "3/folder/mlruns"), "--report", str(tmp_path / "report.json")
    )
    assert done.exit_code == 0, done.output
    assert "runs" in done.output
    assert "traces" in done.output
    assert '"added": 6' in (tmp_path / "report.json").read_text()
    assert str(unpacked) in cli("experiments", "imports").output


def test_the_folder_above_mlruns_will_do(unpacked: Path) -> None:
    assert Folder(unpacked / "3/folder").root.name == "mlruns"
