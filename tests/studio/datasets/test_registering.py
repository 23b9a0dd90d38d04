"""Registering from elsewhere: what becomes of folders, patterns, archives, runs and addresses, and of what is wrong with them."""

import gzip
import io
import os
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.actor import SYSTEM
from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.storage import manifests
from studiolo.studio.datasets import referenced, service, versions
from studiolo.studio.datasets.errors import (
    ArchiveRefused,
    BadFilePath,
    DatasetChanged,
    FileChanging,
    FilesNotRead,
    NoFiles,
)
from studiolo.studio.datasets.registration_schemas import (
    FromDatastore,
    FromRun,
    FromUrl,
    Registration,
    RegistrationCreate,
)
from studiolo.studio.datasets.registrations import collecting, orders, paths, unpacking
from studiolo.studio.datasets.registrations.sources import InStore
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.errors import DatastoreInUse
from studiolo.studio.experiments import artifacts
from tests.studio.datasets.registering import a_folder, finish, order_of, work_on
from tests.studio.experiments.runs import a_run

API = "/w/default/api/datasets"


def ask(ctx: Context, name: str = "d", **more: object) -> Registration:
    source = more.pop("source", None) or FromDatastore(datastore="data", path=str(more.pop("path", "")))
    return orders.start(
        ctx, RegistrationCreate.model_validate({"name": name, "kind": "file", "source": source, **more})
    )


def write(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


FILES = {"a/1.txt": b"one", "a/b/2.txt": b"two", "ü/日本.csv": b"x\n1\n", ".hidden": b"h"}


def test_a_folder_becomes_a_version_and_again_the_same_one(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "src", FILES | {"a/.DS_Store": b"noise"})
    a_folder(ctx, tmp_path / "src")
    asked = ask(ctx, tags={"origin": "share"}, description="of the share")
    assert asked.state == "queued"
    controller = replace(ctx, actor=SYSTEM)
    done = finish(controller, asked, tmp_path)
    assert (done.state, done.version, done.existing) == ("done", 1, False)
    made = service.get(ctx, "d", 1)
    assert [entry.path for entry in service.manifest(ctx, made)] == sorted(FILES)
    assert (made.tags, made.source, made.run_id) == (
        {"origin": "share"},
        {"type": "datastore", "datastore": "data", "path": "", "glob": None},
        asked.run_id,
    )
    assert service.get_dataset(ctx, "d").description == "of the share"
    assert made.created_by == ctx.actor.name
    assert {e.path: ctx.blobs.path(str(e.digest)).read_bytes() for e in service.manifest(ctx, made)} == FILES
    again = finish(ctx, ask(ctx), tmp_path)
    assert (again.state, again.version, again.existing) == ("done", 1, True)
    assert "no new version" in again.note
    assert [found.run_id for found in orders.list_registrations(ctx).items] == [again.run_id, done.run_id]


def test_an_appended_folder_costs_its_new_files(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studiolo.studio.datasets.registrations.stat_cache.RACY_SECONDS", -1.0)
    write(tmp_path / "src", {f"{n}.txt": b"%d" % n for n in range(50)})
    a_folder(ctx, tmp_path / "src")
    assert work_on(ctx, ask(ctx).run_id, tmp_path).reused == 0
    write(tmp_path / "src", {"new.txt": b"new", "7.txt": b"changed"})
    opened: list[str] = []
    plain = InStore.open
    monkeypatch.setattr(InStore, "open", lambda self, found: opened.append(found.path) or plain(self, found))
    assert work_on(ctx, ask(ctx).run_id, tmp_path).reused == 49
    assert sorted(opened) == ["7.txt", "new.txt"]
    for blob in ctx.blobs.root.glob("??/*"):  # a swept store: the cache is not believed
        blob.unlink()
    opened.clear()
    result = work_on(ctx, ask(ctx).run_id, tmp_path)
    assert len(opened) == 51
    assert manifests.keep(ctx.blobs, result.manifest) == []


def test_a_file_written_a_moment_ago_is_not_remembered(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "src", {"a": b"1"})
    a_folder(ctx, tmp_path / "src")
    work_on(ctx, ask(ctx).run_id, tmp_path)
    assert work_on(ctx, ask(ctx).run_id, tmp_path).reused == 0


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("a/**/*.txt", ["1.txt", "b/2.txt"]),
        ("**/*.{csv,txt}", ["a/1.txt", "a/b/2.txt", "ü/日本.csv"]),
        ("a/?.txt", ["1.txt"]),
    ],
)
def test_patterns_choose_files(ctx: Context, tmp_path: Path, glob: str, found: list[str]) -> None:
    write(tmp_path / "src", FILES)
    a_folder(ctx, tmp_path / "src")
    source = FromDatastore(datastore="data", glob=glob)
    done = finish(ctx, ask(ctx, source=source), tmp_path)
    assert [file.path for file in versions.files(ctx, "d", done.version).items] == found


def test_what_is_asked_wrongly_is_refused_at_once(ctx: Context, tmp_path: Path) -> None:
    a_folder(ctx, tmp_path / "src")
    for source, more, field in [
        (FromDatastore(datastore="data", path="a", glob="*"), {}, "source.glob"),
        (FromDatastore(datastore="data", glob="{a"), {}, "source.glob"),
        (FromUrl(url="https://example.org/a.csv"), {"mode": "referenced"}, "mode"),
        (FromDatastore(datastore="nowhere"), {}, "datastore"),
        (FromUrl(url="http://127.0.0.1/a.csv"), {}, "source.url"),
        (FromDatastore(datastore="data"), {"name": "../x"}, "name"),
    ]:
        with pytest.raises(Exception) as told:
            ask(ctx, source=source, **more)
        assert told.value.field == field  # type: ignore[attr-defined]
    failed = finish(ctx, ask(ctx, path="nowhere"), tmp_path)
    assert (failed.state, failed.version) == ("failed", None)
    assert "nowhere" in failed.error
    empty = finish(ctx, ask(ctx), tmp_path)
    assert (empty.code, empty.field) == (NoFiles.code, "source.path")


def test_files_that_cannot_be_read_are_named_or_left_out(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "src", FILES)
    a_folder(ctx, tmp_path / "src")
    plain = InStore.open

    def open_(self: InStore, found: object) -> object:
        if found.path.startswith("a/"):  # type: ignore[attr-defined]
            raise PermissionError(13, "Permission denied")
        return plain(self, found)  # type: ignore[arg-type]

    monkeypatch.setattr(InStore, "open", open_)
    refused = finish(ctx, ask(ctx), tmp_path)
    assert (refused.state, refused.code) == ("failed", FilesNotRead.code)
    assert "a/1.txt: the studio may not read it" in refused.error
    left = finish(ctx, ask(ctx, unreadable="skip"), tmp_path)
    assert left.state == "done"
    assert [item.path for item in left.skipped] == ["a/1.txt", "a/b/2.txt"]
    assert service.get(ctx, "d").file_count == 2


def test_a_file_that_changes_while_it_is_read_is_noticed(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "src", {"a.bin": b"x" * (3 << 20), "b.txt": b"b"})
    a_folder(ctx, tmp_path / "src")
    grown: list[int] = []
    plain = collecting.Progress.moved

    def moved(self: collecting.Progress, files: int, size: int) -> None:
        if not grown:
            grown.append(1)
            with (tmp_path / "src/a.bin").open("ab") as file:
                file.write(b"more")
        plain(self, files, size)

    monkeypatch.setattr(collecting.Progress, "moved", moved)
    with pytest.raises(FileChanging, match=r"a\.bin: it changed while it was read"):
        work_on(ctx, ask(ctx).run_id, tmp_path)


def test_links_that_go_round_end_and_those_that_lead_out_are_left(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "src", {"a/1.txt": b"1"})
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "src/a/loop").symlink_to(tmp_path / "src")
    (tmp_path / "src/out").symlink_to(tmp_path / "secret")
    a_folder(ctx, tmp_path / "src")
    result = work_on(ctx, ask(ctx).run_id, tmp_path)
    found = [entry.path for entry in manifests.Manifest(ctx.blobs, result.manifest).entries()]
    assert "a/1.txt" in found
    assert not any("secret" in path or path == "out" for path in found)


def test_names_are_judged(ctx: Context, tmp_path: Path) -> None:
    for bad in ("a\nb", "a\u2028b", "../x", "/x", "a//b", "a/./b", "C:/x", "a\\b", "", "x" * 256, "\udcff"):
        with pytest.raises(BadFilePath):
            paths.judged(bad)
    for good in ("données/été.csv", "数据/文件", "a b/c.d", "مرحبا.csv", "-x", "🙂.txt"):
        assert paths.judged(good)
    write(tmp_path / "src", {"line\nend.csv": b"x"})
    a_folder(ctx, tmp_path / "src")
    with pytest.raises(BadFilePath, match=r"line\\nend.csv"):
        work_on(ctx, ask(ctx).run_id, tmp_path)


def test_a_killed_registration_goes_on_where_it_was(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.studio.datasets.registrations.stat_cache.RACY_SECONDS", -1.0)
    write(tmp_path / "src", {f"{n:02}.txt": b"%d" % n for n in range(30)})
    a_folder(ctx, tmp_path / "src")
    plain, count = InStore.open, [0]

    def open_(self: InStore, found: object) -> object:
        count[0] += 1
        if count[0] > 20:
            raise Invalid("The credential has expired.")
        return plain(self, found)  # type: ignore[arg-type]

    monkeypatch.setattr(InStore, "open", open_)
    failed = finish(ctx, ask(ctx), tmp_path)
    assert (failed.state, failed.error) == ("failed", "The credential has expired.")
    assert service.list_datasets(ctx).items == []
    monkeypatch.setattr(InStore, "open", plain)
    result = work_on(ctx, ask(ctx).run_id, tmp_path)
    assert result.reused >= 15
    assert result.file_count == 30


def test_referenced_files_stay_and_their_change_is_told(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "src", {"a/1.csv": b"one", "a/2.csv": b"two", "a/3.csv": b"three"})
    a_folder(ctx, tmp_path / "src")
    before = len(list(ctx.blobs.root.glob("??/*")))
    done = finish(ctx, ask(ctx, path="a", mode="referenced"), tmp_path)
    made = service.get(ctx, "d", done.version)
    assert (made.mode, made.datastore, made.file_count) == ("referenced", "data", 3)
    assert all(file.digest is None for file in made.files)
    assert len(list(ctx.blobs.root.glob("??/*"))) - before <= 3  # the list, the first rows, the result: no file
    assert service.secrets(made) == {"STUDIOLO_STORE_DATA": "datastore:data"}
    with pytest.raises(DatastoreInUse, match="dataset d"):
        datastores.delete(ctx, "data")
    assert [path.read_bytes() for path in service.open_files(ctx, made)] == [b"one", b"two", b"three"]
    assert versions.check_files(ctx, "d", 1).unchanged
    write(tmp_path / "src", {"a/2.csv": b"changed", "a/4.csv": b"new"})
    (tmp_path / "src/a/3.csv").unlink()
    told = versions.check_files(ctx, "d", 1)
    assert [(change.path, change.change) for change in told.changes] == [
        ("2.csv", "changed"), ("3.csv", "removed"), ("4.csv", "added")
    ]  # fmt: skip
    store = datastores.store(ctx, "data")
    entries = list(service.manifest(ctx, made))
    for use in (referenced.verify, lambda *given: referenced.bring(*given, tmp_path / "elsewhere")):
        with pytest.raises(DatasetChanged, match="1 changed, 1 removed, 1 added") as error:
            use(entries, store, made.source or {}, ctx.workspace_id)
        assert error.value.extra["count"] == 3
    second = finish(ctx, ask(ctx, path="a", mode="referenced"), tmp_path)
    assert second.version == 2


def test_what_a_run_left_becomes_a_version_with_its_lineage(ctx: Context, tmp_path: Path) -> None:
    run_id, _ = a_run(ctx, "first")
    with ctx.db.begin() as tx:
        for path, data in {"out/a.txt": b"a", "out/b/c.txt": b"c", "other": b"o"}.items():
            artifacts.put(tx, ctx, run_id, path, ctx.blobs.put(data))
    done = finish(ctx, ask(ctx, source=FromRun(run_id=run_id, path="out")), tmp_path)
    assert [file.path for file in service.get(ctx, "d", done.version).files] == ["a.txt", "b/c.txt"]
    assert [(edge.source, edge.target) for edge in service.around(ctx, "d", 1)] == [(f"run:{run_id}", "dataset:d:1")]
    with pytest.raises(NoFiles):
        ask(ctx, source=FromRun(run_id=a_run(ctx, "empty")[0]))


def test_a_table_is_read_and_profiled(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "src", {"t.csv": "name;n\nZoë;1,5\nBob;2\n".encode("utf-16")})
    a_folder(ctx, tmp_path / "src")
    done = finish(ctx, ask(ctx, "t", kind="tabular", path="t.csv"), tmp_path)
    made = service.get(ctx, "t", done.version)
    assert (made.rows, [column.type for column in made.table.columns]) == (2, ["text", "number"])
    assert made.profile.state == "queued"
    assert service.preview(ctx, "t", 1, 10).rows[0] == ["Zoë", 1.5]
    bad = finish(ctx, ask(ctx, "bad", kind="tabular", path="t.csv", reading={"encoding": "ascii"}), tmp_path)
    assert bad.state == "failed"
    assert bad.error


def packed(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/1.txt", "one")
            archive.writestr("b.txt", "two")
            archive.writestr("__MACOSX/._b.txt", "noise")
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w:gz" if kind == "tar.gz" else "w") as tape:
        for name, data in (("./a/1.txt", b"one"), ("b.txt", b"two")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tape.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_archives_are_unpacked(ctx: Context, tmp_path: Path, kind: str) -> None:
    write(tmp_path / "src", {f"x.{kind}": packed(kind)})
    a_folder(ctx, tmp_path / "src")
    alone = finish(ctx, ask(ctx, "alone", unpack=True), tmp_path)
    assert [file.path for file in service.get(ctx, "alone", alone.version).files] == ["a/1.txt", "b.txt"]
    write(tmp_path / "src", {"y.csv.gz": gzip.compress(b"n\n1\n"), "z.txt": b"z"})
    several = finish(ctx, ask(ctx, "several", unpack=True), tmp_path)
    found = [file.path for file in service.get(ctx, "several", several.version).files]
    assert found == ["x/a/1.txt", "x/b.txt", "y.csv", "z.txt"]


def test_zstd_is_unpacked(tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "x.csv.zst"
    with pa.OSFile(str(path), "wb") as raw, pa.CompressedOutputStream(raw, "zstd") as stream:
        stream.write(b"n\n1\n")
    got: dict[str, bytes] = {}
    unpacking.unpack(path, "x.csv.zst", 1 << 20, lambda name, stream: got.update({name: stream.read()}))
    assert got == {"x.csv": b"n\n1\n"}


def test_bombs_and_tricks_are_refused(ctx: Context, tmp_path: Path) -> None:
    a_folder(ctx, tmp_path / "src")

    def refused(data: bytes, says: str) -> None:
        write(tmp_path / "src", {"x.bin": data})
        with pytest.raises(ArchiveRefused, match=says):
            work_on(ctx, ask(ctx, unpack=True, path="x.bin").run_id, tmp_path)

    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("big", "w", force_zip64=True) as file,
    ):
        for _ in range(200):
            file.write(b"\0" * (1 << 20))
    refused(bomb.getvalue(), "unpacks to more than")
    refused(gzip.compress(b"\0" * (200 << 20)), "unpacks to more than")
    escaping = io.BytesIO()
    with zipfile.ZipFile(escaping, "w") as archive:
        archive.writestr("../../etc/passwd", "x")
    refused(escaping.getvalue(), r"leaves its folder by '\.\.'")
    linked = io.BytesIO()
    with tarfile.open(fileobj=linked, mode="w") as tape:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tape.addfile(info)
    refused(linked.getvalue(), "is a link")
    refused(packed("zip")[:-30], "cannot be read")
    refused(gzip.compress(os.urandom(100_000))[:50_000], "cannot be read")


def test_a_signed_address_is_sealed_and_only_its_job_opens_it(
    services: Services, ctx: Context, client: TestClient, tmp_path: Path
) -> None:
    private = context_like(ctx, fetch_private=True)
    made = orders.start(
        private,
        RegistrationCreate(name="web", kind="file", source=FromUrl(url="http://127.0.0.1:9/a.csv?sig=canary-7")),
    )
    assert order_of(ctx, made.run_id).source == FromUrl(url="http://127.0.0.1:9/a.csv")
    assert made.source["url"] == "http://127.0.0.1:9/a.csv"
    assert client.get(f"{API}/registrations/{made.run_id}/order").status_code == 403
    for path in services.settings.home.rglob("*"):
        assert not path.is_file() or b"canary-7" not in path.read_bytes()
    job = replace(ctx, actor=replace(ctx.actor, run_id=made.run_id))
    assert orders.secret_order(job, made.run_id) == {"url": "http://127.0.0.1:9/a.csv?sig=canary-7"}


def context_like(ctx: Context, **settings: object) -> Context:
    return replace(ctx, settings=ctx.settings.model_copy(update=settings))


def test_a_file_of_the_web_is_fetched_with_its_tag(ctx: Context, tmp_path: Path) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "8")
            self.send_header("ETag", '"v1"')
            self.end_headers()
            self.wfile.write(b"a,b\n1,2\n")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        private = context_like(ctx, fetch_private=True)
        url = f"http://127.0.0.1:{server.server_address[1]}/my%20table.csv"
        made = orders.start(private, RegistrationCreate(source=FromUrl(url=url)))
        assert made.name == "my-20table"
        order = order_of(ctx, made.run_id).model_copy(update={"sealed": False})
        from studiolo.runner.journal import Journal
        from studiolo.studio.datasets.registrations.job import Registering

        work = tmp_path / "web"
        work.mkdir()
        result = Registering(order, ctx.settings.home, work, Journal(tmp_path / "j")).run()
        assert (result.file_count, result.table.rows) == (1, 1)
        assert result.source["headers"]["etag"] == '"v1"'
        assert result.only is not None
        assert result.only["path"] == "my_table.csv"
    finally:
        server.shutdown()
        server.server_close()


def test_registering_over_http_and_canceling(client: TestClient, ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "src", FILES)
    a_folder(ctx, tmp_path / "src")
    body = {"name": "d", "kind": "file", "source": {"type": "datastore", "datastore": "data"}}
    reply = client.post(f"{API}/registrations", json=body)
    assert reply.status_code == 202, reply.text
    run = reply.json()["run_id"]
    assert client.get(f"{API}/registrations/{run}").json()["state"] == "queued"
    assert client.get(f"{API}/registrations").json()["items"][0]["run_id"] == run
    assert client.delete(f"{API}/registrations/{run}").status_code == 200
    assert client.get(f"{API}/registrations/{'0' * 32}").json()["code"] == "datasets.registration_not_found"
    odd = client.post(f"{API}/registrations", json=body | {"source": {"type": "ftp", "url": "x"}})
    assert (odd.status_code, odd.json()["field"]) == (422, "source")


def a_table(ctx: Context, tmp_path: Path, **more: object) -> Registration:
    return finish(
        ctx, ask(ctx, "t", kind="tabular", source=FromDatastore(datastore="data", glob="*.csv"), **more), tmp_path
    )


def test_a_table_of_many_files_is_read_together_and_an_append_reads_the_new_ones(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studiolo.studio.datasets import looking

    write(tmp_path / "src", {f"{n}.csv": b"n,s\n%d,a\n%d,b\n" % (n, n + 1) for n in range(3)})
    a_folder(ctx, tmp_path / "src")
    first = a_table(ctx, tmp_path)
    assert (first.state, first.version) == ("done", 1), first.error
    made = service.get(ctx, "t", 1)
    assert (made.rows, made.file_count, made.columns, made.profile.state) == (6, 3, 2, "queued")
    assert [row[0] for row in service.preview(ctx, "t", 1, 4).rows] == [0, 1, 1, 2]
    looked: list[str] = []
    plain = looking.inspect_files

    def inspect_files(files: object, *rest: object, **named: object) -> object:
        looked.extend(name for _, name in files)  # type: ignore[attr-defined]
        return plain(files, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(looking, "inspect_files", inspect_files)
    write(tmp_path / "src", {"3.csv": b"n,s\n7,c\n"})
    assert a_table(ctx, tmp_path).version == 2
    assert (looked, service.get(ctx, "t").rows) == (["3.csv"], 7)
    write(tmp_path / "src", {"4.csv": b"n,s\nseven\n"})
    bad = a_table(ctx, tmp_path)
    assert bad.state == "failed"
    assert "4.csv" in bad.error
    assert "kept as they are with the kind `file`" in bad.hint


def test_a_job_fetches_referenced_files_and_is_told_when_they_changed(ctx: Context, tmp_path: Path) -> None:
    from studiolo.runner import inputs
    from studiolo.studio.datasets import table_file

    write(tmp_path / "src", {"1.csv": b"n\n1\n", "2.csv": b"n\n2\n"})
    a_folder(ctx, tmp_path / "src")
    assert a_table(ctx, tmp_path, mode="referenced").state == "done"
    made = service.get(ctx, "t")

    def placed(name: str) -> Path:
        place = tmp_path / name
        for file in service.as_input(ctx, made):
            if not file.manifest:
                ctx.blobs.link(file.digest, place / file.path)
                continue
            target = place / file.path
            given = {"manifest": file.digest, "into": str(target), "listing": f"{target}.json"}
            inputs.place({"blobs": str(ctx.blobs.root), "manifests": [given]}, lambda: True)
        return place

    table = table_file.open_input(placed("one"))
    assert table_file.to_arrow(table).column("n").to_pylist() == [1, 2]
    assert table_file.open_input(tmp_path / "one").names == ("1.csv", "2.csv")
    write(tmp_path / "src", {"2.csv": b"n\n222\n"})
    with pytest.raises(DatasetChanged, match="1 changed"):
        table_file.open_input(placed("two"))
