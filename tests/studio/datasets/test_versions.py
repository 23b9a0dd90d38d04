"""Versions of many files: what they show, what jobs get of them, the bin, retention, and that no byte of them is swept."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.storage import manifests
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import recycling, service, versions
from studiolo.studio.datasets.errors import DatasetNotFound, FileNotInVersion, NotATable, NotInTheBin
from studiolo.studio.datasets.quality import repository as checks
from studiolo.studio.datasets.quality import service as quality
from studiolo.studio.datasets.quality.rules import RowCount
from studiolo.studio.datasets.quality.schemas import QualitySettings
from studiolo.studio.datasets.rows import repository as about
from studiolo.studio.datasets.rows.schemas import SplitCreate, Traits
from studiolo.studio.datasets.schemas import DatasetCreate, DatasetPatch, Retention
from studiolo.studio.datasets.version_schemas import DatasetCleanupRequest
from studiolo.studio.experiments import lineage, sweeping
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import InputFile, JobSpec
from studiolo.testing.context import context_in
from tests.studio.datasets.many import a_version

API = "/w/default/api/datasets"
FILES = {"a/1.txt": b"one", "a/2.txt": b"two", "b.txt": b"three", "ä/日本.txt": b"four"}


def _old(ctx: Context, days: float = 3) -> None:
    moment = ctx.clock.now().timestamp() - days * 86400
    for path in ctx.blobs.root.glob("??/*"):
        os.utime(path, (moment, moment))


def _sweep(ctx: Context) -> int:
    listed = sweeping.named_in_json(ctx)
    return sum(sweeping.sweep(ctx, shard, listed).files for shard in sweeping.SHARDS)


def test_a_version_of_many_files_shows_them_and_pages_them(any_ctx: Context) -> None:
    ctx = any_ctx
    version = a_version(ctx, FILES)
    assert (version.kind, version.mode, version.file_count, version.size) == ("file", "managed", 4, 15)
    assert [file.path for file in version.files] == sorted(FILES)
    assert version.profile.state == "none"
    assert [entry.path for entry in service.manifest(ctx, version)] == sorted(FILES)
    first = versions.files(ctx, "many", 1, limit=3)
    rest = versions.files(ctx, "many", 1, limit=3, cursor=first.next)
    assert [file.path for file in [*first.items, *rest.items]] == sorted(FILES)
    assert rest.next is None
    top = versions.files(ctx, "many", 1, folder="", limit=1)
    assert [(f.path, f.folder, f.files, f.size) for f in top.items] == [("a", True, 2, 6)]
    others = versions.files(ctx, "many", 1, folder="", cursor=top.next)
    assert [(f.path, f.folder) for f in others.items] == [("b.txt", False), ("ä", True)]
    assert [f.path for f in versions.files(ctx, "many", 1, folder="a").items] == ["a/1.txt", "a/2.txt"]
    assert [f.path for f in versions.files(ctx, "many", 1, search="日本").items] == ["ä/日本.txt"]
    with pytest.raises(NotATable):
        service.preview(ctx, "many", 1, 10)
    with pytest.raises(NotATable):
        service.profile(ctx, "many")


def test_the_same_files_are_the_same_version_and_more_are_the_next(ctx: Context) -> None:
    assert a_version(ctx, FILES).version == 1
    assert a_version(ctx, FILES).version == 1
    second = a_version(ctx, FILES | {"c.txt": b"five"})
    assert (second.version, second.parent, second.file_count) == (2, 1, 5)


def test_one_file_versions_of_before_stay_readable(any_ctx: Context) -> None:
    ctx = any_ctx
    writer = ctx.blobs.writer()
    writer.write(b"a,b\n1,2\n")
    made = service.create(ctx, service.check(DatasetCreate(name="t", filename="t.csv")), writer).dataset
    assert made.manifest is None
    assert [entry.path for entry in service.manifest(ctx, made)] == ["t.csv"]
    assert [file.path for file in versions.files(ctx, "t", 1).items] == ["t.csv"]
    assert [file.path for file in service.as_input(ctx, made)] == ["table.csv", "schema.json"]
    with ctx.db.begin() as tx:  # as the migration leaves a row of 0.2.0
        tx.execute(text("UPDATE datasets SET numbered = latest"))
    assert versions.content(ctx, "t", 1)[0].read_bytes() == b"a,b\n1,2\n"


def test_files_are_sent_one_by_one_and_fetched_together(
    client: TestClient, ctx: Context, studio: Studio, tmp_path: Path
) -> None:
    a_version(ctx, FILES)
    reply = client.get(f"{API}/many/versions/1/files/content", params={"path": "ä/日本.txt"})
    assert reply.content == b"four"
    part = client.get(f"{API}/many/versions/1/files/content", params={"path": "b.txt"}, headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"hr")
    missing = client.get(f"{API}/many/versions/1/files/content", params={"path": "../etc/passwd"})
    assert (missing.status_code, missing.json()["code"]) == (404, FileNotInVersion.code)
    whole = client.get(f"{API}/many/versions/1/content")
    assert (whole.status_code, whole.json()["field"]) == (422, "path")
    studio.datasets.download("many", tmp_path / "here")
    assert {path: (tmp_path / "here" / path).read_bytes() for path in FILES} == FILES
    assert [file.path for file in studio.datasets.files("many", folder="a")] == ["a/1.txt", "a/2.txt"]


def test_a_job_gets_all_files_by_the_manifest(ctx: Context) -> None:
    plain = a_version(ctx, FILES)
    assert service.as_input(ctx, plain) == [InputFile(path=".", digest=str(plain.manifest), manifest=True)]
    table = a_version(ctx, FILES, name="table", kind="tabular")
    assert [(file.path, file.manifest) for file in service.as_input(ctx, table)] == [
        ("files", True),
        ("schema.json", False),
    ]
    run = experiments.submit(ctx, JobSpec(command=["true"], inputs={"data": service.as_input(ctx, table)}))
    assert experiments.spec(ctx, run.id).inputs["data"][0].manifest  # type: ignore[union-attr]


def test_words_about_a_version_change_and_its_bytes_do_not(any_client: TestClient, any_ctx: Context) -> None:
    made = a_version(any_ctx, FILES)
    path = f"{API}/many/versions/1"
    changed = any_client.patch(path, json={"tags": {"stage": "gold"}, "description": "checked by hand"}).json()
    assert (changed["tags"], changed["description"], changed["digest"]) == (
        {"stage": "gold"},
        "checked by hand",
        made.digest,
    )
    assert any_client.patch(path, json={"description": "x"}).json()["tags"] == {"stage": "gold"}
    assert any_client.patch(path, json={"size": 3}).status_code == 422
    assert any_client.patch(f"{API}/many", json={"tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    kept = any_client.patch(f"{API}/many", json={"retention": {"keep_last": 2}}).json()
    assert kept["retention"]["keep_last"] == 2
    assert any_client.patch(f"{API}/many", json={"retention": None}).json()["retention"] is None


def test_what_is_deleted_comes_back_and_numbers_never_mean_two_things(any_services: Services) -> None:
    clock = FakeClock()
    ctx = context_in(Services(any_services.db, any_services.settings, any_services.blobs, clock))
    for number in range(3):
        a_version(ctx, {"a": b"%d" % number})
    service.delete(ctx, "many", 3)
    assert service.get(ctx, "many").version == 2
    assert service.get_dataset(ctx, "many").version == 2
    clock.advance(5)
    gone = service.delete(ctx, "many")
    assert gone.versions == [1, 2]
    assert gone.remove_at == clock.now() + timedelta(days=30)
    with pytest.raises(DatasetNotFound):
        service.get(ctx, "many", 1)
    assert service.list_datasets(ctx).items == []
    binned = service.list_datasets(ctx, deleted=True).items
    assert [(item.name, item.lifecycle, item.remove_at) for item in binned] == [("many", "deleted", gone.remove_at)]
    service.restore(ctx, "many")
    assert [version.version for version in service.list_versions(ctx, "many")] == [2, 1]
    assert [version.version for version in service.list_versions(ctx, "many", deleted=True)] == [3]
    service.restore(ctx, "many", 3)
    assert service.get_dataset(ctx, "many").version == 3
    with pytest.raises(NotInTheBin):
        service.restore(ctx, "many", 3)
    service.delete(ctx, "many")
    assert a_version(ctx, {"a": b"new"}).version == 4  # the name is in use again, and 1 to 3 mean what they meant
    assert [version.version for version in service.list_versions(ctx, "many")] == [4]


def test_what_was_removed_for_good_goes_in_steps_and_frees_its_bytes(any_services: Services) -> None:
    clock = FakeClock()
    ctx = context_in(Services(any_services.db, any_services.settings, any_services.blobs, clock))
    a_version(ctx, FILES)
    a_version(ctx, FILES | {"more": b"more"})
    service.delete(ctx, "many", 1)
    assert service.clean_up(ctx, DatasetCleanupRequest()).versions == 0
    assert service.clean_up(ctx, DatasetCleanupRequest(older_than_days=0, dry_run=True)).versions == 1
    assert service.clean_up(ctx, DatasetCleanupRequest(older_than_days=0)).versions == 1
    with pytest.raises(NotInTheBin):
        service.restore(ctx, "many", 1)
    _tell_about(ctx)
    service.delete(ctx, "many")
    clock.advance(31 * 86400)
    while recycling.round_of(ctx):
        pass
    _old(ctx)
    # version 1 has gone with its own list; the row of 2 is out of sight, and still holds what a job may have asked for
    assert _sweep(ctx) == 1
    clock.advance(86400)
    while recycling.round_of(ctx):
        pass
    _old(ctx)
    assert _sweep(ctx) >= len(FILES) + 1
    assert not list(ctx.blobs.root.glob("??/*"))
    for number in (1, 2):  # the name is free, and what was said of the old ones is not said of these
        assert a_version(ctx, FILES | {"new": b"%d" % number}).version == number
        with ctx.db.read() as tx:
            assert about.get_splits(tx, ctx, "many", number) == []
            assert about.get_traits(tx, ctx, "many", number) is None
    assert quality.get(ctx, "many").rules == []
    assert quality.history(ctx, "many", None, None, 10).items == []


def _tell_about(ctx: Context) -> None:
    """Say what columns mean, split, and check version 2, which leaves a report."""
    with ctx.db.begin() as tx:
        about.set_traits(tx, ctx, "many", 2, Traits(target="y"))
        about.add_split(tx, ctx, "many", 2, SplitCreate(name="default", shares={"train": 0.8, "test": 0.2}))
        rows = RowCount(type="row_count", min=1)
        settings = QualitySettings(rules=[rows], frequency="hour").model_dump(mode="json")
        checks.keep(tx, ctx, "many", {"settings": settings, "version": 1})
        report = ctx.blobs.put(b"a report").digest
        check = {"id": "c" * 32, "dataset": "many", "version": 2, "rules_version": 1, "origin": "request", "rules": 1}
        checks.insert_check(tx, ctx, {**check, "result": report})


def test_retention_keeps_what_it_says_and_what_is_used(any_services: Services) -> None:
    clock = FakeClock()
    ctx = context_in(Services(any_services.db, any_services.settings, any_services.blobs, clock))
    for number in range(5):
        a_version(ctx, {"a": b"%d" % number})
        clock.advance(86400)
    with ctx.db.begin() as tx:
        lineage.link(tx, ctx, "dataset:many:1", "run:abc")
    service.update(ctx, "many", DatasetPatch(retention=Retention(keep_last=2)))
    done = recycling.apply_retention(ctx)
    assert (done.binned, done.held) == (2, 1)
    assert [version.version for version in service.list_versions(ctx, "many")] == [5, 4, 1]
    service.update(ctx, "many", DatasetPatch(retention=Retention(keep_days=1.5, used=True)))
    assert recycling.apply_retention(ctx).binned == 2
    assert [version.version for version in service.list_versions(ctx, "many")] == [5]
    clock.advance(86400 * 365)
    assert recycling.apply_retention(ctx).binned == 0  # the newest stays


def test_the_sweep_spares_what_a_manifest_names(ctx: Context) -> None:
    big = a_version(ctx, {f"d/{n:05}": b"%d" % n for n in range(3000)}, name="big")
    assert manifests.Manifest(ctx.blobs, str(big.manifest)).parts()
    service.delete(ctx, "big")
    job = JobSpec(command=["true"], inputs={"data": [InputFile(path=".", digest=str(big.manifest), manifest=True)]})
    with pytest.raises(DatasetNotFound):
        service.as_input(ctx, big)
    experiments.submit(ctx, job)
    lost = ctx.blobs.put(b"lost").digest
    _old(ctx)
    assert _sweep(ctx) == 1
    assert not ctx.blobs.exists(lost)
    assert manifests.keep(ctx.blobs, str(big.manifest)) == []


def test_a_damaged_manifest_stops_the_sweep(ctx: Context) -> None:
    made = a_version(ctx, FILES)
    ctx.blobs.path(str(made.manifest)).unlink()
    with pytest.raises(Exception, match="are not in"):
        sweeping.named_in_json(ctx)


def test_bytes_that_are_being_registered_survive_sweeps_and_kills(
    services: Services, ctx: Context, tmp_path: Path
) -> None:
    """A process names bytes that nobody has named for days, and is killed anywhere, while another sweeps them: none is lost."""
    root = Path(__file__).parents[3]
    script = tmp_path / "register.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\n"
        "from studiolo.testing.context import context_in, make_services\n"
        "from tests.studio.datasets.many import a_version\n"
        "ctx = context_in(make_services(Path(sys.argv[1])))\n"
        "print('ready', flush=True)\n"
        "for number in range(10_000):\n"
        "    name = f'd{sys.argv[2]}-{number}'\n"
        "    a_version(ctx, {f'{n}.txt': b'%d' % (number * 7 + n) for n in range(20)}, name=name)\n"
    )
    for turn in range(2):
        for number in range(600):
            ctx.blobs.put(b"%d" % number)
        for number in range(100):
            ctx.blobs.put(b"nobody's %d of turn %d" % (number, turn))
        _old(ctx)
        command = [sys.executable, str(script), str(services.settings.home), str(turn)]
        env = os.environ | {"PYTHONPATH": str(root)}
        child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=env, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        swept = _sweep(ctx)
        assert swept >= 100
        _sweep(ctx)
        child.send_signal(signal.SIGKILL)
        child.wait(30)
        child.stdout.close()
    _sweep(ctx)
    found = service.list_datasets(ctx, limit=1000).items
    assert len(found) > 2
    for item in found:
        assert manifests.keep(ctx.blobs, str(service.get(ctx, item.name).manifest)) == []


def test_the_command_line_deletes_restores_and_lists(cli: Callable[..., Result], ctx: Context) -> None:
    a_version(ctx, FILES)
    a_version(ctx, FILES | {"x": b"x"})
    assert "a/1.txt" in cli("datasets", "files", "many").stdout
    assert cli("datasets", "tag", "many:1", "stage=gold", "--description", "first").exit_code == 0
    assert service.get(ctx, "many", 1).tags == {"stage": "gold"}
    assert cli("datasets", "delete", "many:2").exit_code == 0
    assert "many" in cli("datasets", "list").stdout
    assert cli("datasets", "delete", "many").exit_code == 0
    assert "many" in cli("datasets", "list", "--deleted").stdout
    assert cli("datasets", "restore", "many").exit_code == 0
    assert cli("datasets", "keep", "many", "--last", "3").exit_code == 0
    assert service.get_dataset(ctx, "many").retention.keep_last == 3  # type: ignore[union-attr]
    assert '"versions": 0' in cli("datasets", "gc", "-o", "json").stdout


def test_versions_are_compared_by_columns_rows_and_files(any_client: TestClient, any_ctx: Context) -> None:
    ctx = any_ctx
    old = {f"d/{n:05}": b"%d" % n for n in range(3000)}
    a_version(ctx, old)
    new = {path: data for path, data in old.items() if path != "d/00007"} | {"d/00100": b"changed", "e": b"added"}
    a_version(ctx, new)
    found = any_client.get(f"{API}/many/compare", params={"left": 1, "right": 2}).json()
    assert found["files"] == {
        "added": 1, "removed": 1, "changed": 1, "same": 2998, "bytes_added": 12, "bytes_removed": 4
    }  # fmt: skip
    assert (found["same"], found["schema"], found["rows"]) == (False, [], {"left": 0, "right": 0})
    page = any_client.get(f"{API}/many/compare/files", params={"left": 1, "right": 2, "limit": 2}).json()
    rest = any_client.get(f"{API}/many/compare/files", params={"left": 1, "right": 2, "cursor": page["next"]}).json()
    changes = [(item["path"], item["change"]) for item in [*page["items"], *rest["items"]]]
    assert changes == [("d/00007", "removed"), ("d/00100", "changed"), ("e", "added")]
    only = any_client.get(f"{API}/many/compare/files", params={"left": 1, "right": 2, "change": "added"}).json()
    assert [item["path"] for item in only["items"]] == ["e"]
    assert any_client.get(f"{API}/many/compare", params={"left": 1, "right": 9}).status_code == 404


def test_columns_that_differ_are_named() -> None:
    from studiolo.studio.datasets.comparison import column_changes
    from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

    def table(**columns: str) -> TableSchema:
        made = [ColumnSchema(name=name, type=kind, sql_type="X") for name, kind in columns.items()]  # type: ignore[arg-type]
        return TableSchema(format="parquet", columns=made, rows=1)

    found = column_changes(table(a="integer", b="text", c="date"), table(b="number", c="date", d="text"))
    assert [(change.column, change.change, change.left, change.right) for change in found] == [
        ("b", "type", "text", "number"),
        ("d", "added", None, "text"),
        ("a", "removed", "integer", None),
    ]


def test_all_files_come_as_one_zip(client: TestClient, ctx: Context) -> None:
    import io
    import zipfile

    a_version(ctx, FILES)
    reply = client.get(f"{API}/many/versions/1/archive")
    assert reply.headers["content-disposition"] == 'attachment; filename="many-1.zip"'
    with zipfile.ZipFile(io.BytesIO(reply.content)) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == FILES
        assert packed.testzip() is None
