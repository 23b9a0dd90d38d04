"""Registering while the source is taken away: rights that go, a session that ends, a server that dies in the middle of a copy."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.storage import manifests
from studiolo.studio.datasets.errors import FilesNotRead, SourceWithdrawn
from studiolo.studio.datasets.registration_schemas import FromDatastore, Registration, RegistrationCreate
from studiolo.studio.datasets.registrations import collecting, orders, stat_cache
from studiolo.studio.datasets.registrations.sources import Found, InStore
from studiolo.studio.datastores import opening
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.errors import CredentialExpired, StoreUnreachable
from studiolo.studio.datastores.schemas import DatastoreCreate, DatastorePatch
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.sshd import Sshd
from studiolo.testing.stores import servers
from studiolo.testing.stores.checks import pattern
from studiolo.testing.stores.moto_server import USER_KEY, USER_SECRET, a_session
from tests.studio.datasets.registering import a_folder, finish, work_on

Opened = AbstractContextManager[BinaryIO]


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files that were written a moment ago be remembered: nobody writes them again."""
    monkeypatch.setattr(stat_cache, "RACY_SECONDS", -1.0)


def ask(ctx: Context, path: str = "", **more: str) -> Registration:
    source = FromDatastore(datastore="data", path=path)
    return orders.start(ctx, RegistrationCreate.model_validate({"name": "d", "kind": "file", "source": source, **more}))


def many(root: Path, folders: int = 3, files: int = 40) -> None:
    for folder in range(folders):
        (root / f"{folder}").mkdir(parents=True)
        for number in range(files):
            (root / f"{folder}/{number:02}.txt").write_bytes(b"%d %d" % (folder, number))


def taken_away(
    monkeypatch: pytest.MonkeyPatch, after: int, error: OSError, which: Callable[[Found, str], bool]
) -> None:
    """Let files fail to open once so many were opened; the tests may run as root, whom no right stops.

    which: of a file, and of the path that was being read when so many were opened: folders are read in the order of the disk.
    """
    plain, opened = InStore.open, []

    def open_(self: InStore, found: Found) -> Opened:
        opened.append(found.path)
        if len(opened) > after and which(found, opened[after - 1]):
            raise error
        return plain(self, found)

    monkeypatch.setattr(InStore, "open", open_)


@pytest.mark.parametrize(
    ("error", "folder_alone"),
    [
        (PermissionError(13, "Permission denied"), False),
        (PermissionError(13, "Permission denied"), True),  # of the folder that was being read
        (FileNotFoundError(2, "No such file or directory"), False),  # a mount that went away
    ],
)
def test_a_source_that_is_taken_away_leaves_no_emptied_version(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, folder_alone: bool
) -> None:
    many(tmp_path / "src")
    a_folder(ctx, tmp_path / "src")
    with monkeypatch.context() as patched:
        taken_away(
            patched, 60, error, lambda found, last: not folder_alone or Path(found.path).parent == Path(last).parent
        )
        failed = finish(ctx, ask(ctx, unreadable="skip"), tmp_path)
    assert (failed.state, failed.code) == ("failed", SourceWithdrawn.code)
    assert "was read and cannot be any more" in failed.error
    result = work_on(ctx, ask(ctx, unreadable="skip").run_id, tmp_path)  # it is back
    assert (result.file_count, result.skipped) == (120, [])
    assert result.reused >= 40, "what was read is not read twice"


def test_a_folder_of_which_nothing_can_be_read_is_no_version(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(tmp_path / "src")
    a_folder(ctx, tmp_path / "src")
    taken_away(monkeypatch, 0, PermissionError(13, "Permission denied"), lambda _found, _last: True)
    failed = finish(ctx, ask(ctx, unreadable="skip"), tmp_path)
    assert (failed.state, failed.code) == ("failed", FilesNotRead.code)
    assert "120 files cannot be read" in failed.error
    assert "unreadable=skip" not in failed.hint


def test_a_few_files_that_go_meanwhile_are_left_out(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody tidies up: what is gone is named, the rest is a version."""
    many(tmp_path / "src")
    a_folder(ctx, tmp_path / "src")
    gone = {f"1/{number:02}.txt" for number in range(10)}
    taken_away(monkeypatch, 0, FileNotFoundError(2, "No such file"), lambda found, _last: found.path in gone)
    result = work_on(ctx, ask(ctx, unreadable="skip").run_id, tmp_path)
    assert ({item.path for item in result.skipped}, result.file_count) == (gone, 110)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    try:
        with servers.moto(tmp_path_factory.mktemp("moto"), auth=True) as port:
            yield port
    except servers.ServerMissing as error:
        pytest.skip(str(error))


def a_bucket(port: int, key: str) -> dict[str, str]:
    return {"bucket": "data", "endpoint": f"http://127.0.0.1:{port}", "access_key_id": key}


@pytest.mark.parametrize("unreadable", ["refuse", "skip"])
def test_a_session_of_s3_that_ends_in_the_middle_of_a_copy(
    ctx: Context, tmp_path: Path, s3: int, unreadable: str
) -> None:
    """Against moto with STS: half of the objects arrive, the session ends, a new one goes on where it was."""
    whole = opening.open_store(
        "s", "s3", "access_key", a_bucket(s3, USER_KEY), {"secret_access_key": USER_SECRET}, Surroundings()
    )
    for number in range(100):
        whole.write(f"sts/{unreadable}/{number:02}.txt", pattern(1000 + number), 1000 + number)

    def keys(name: str) -> tuple[dict[str, str], dict[str, str]]:
        given = a_session(s3, name)
        secret = {"secret_access_key": given["SecretAccessKey"], "session_token": given["SessionToken"]}
        return a_bucket(s3, given["AccessKeyId"]), secret

    config, secret = keys("ends-after-60")
    datastores.create(ctx, DatastoreCreate(name="data", kind="s3", config=config, credentials=secret))
    with pytest.raises(CredentialExpired, match="ExpiredToken") as caught:
        work_on(ctx, ask(ctx, f"sts/{unreadable}", unreadable=unreadable).run_id, tmp_path)
    assert secret["session_token"] not in caught.value.detail + caught.value.hint
    config, secret = keys("lasts")
    datastores.update(ctx, "data", DatastorePatch(config=config, credentials=secret))
    result = work_on(ctx, ask(ctx, f"sts/{unreadable}", unreadable=unreadable).run_id, tmp_path)
    assert (result.file_count, result.skipped) == (100, [])
    assert 40 <= result.reused < 100, "what was copied before is not fetched again"
    assert manifests.keep(ctx.blobs, result.manifest) == []


def test_a_session_of_s3_that_ends_in_the_middle_of_an_upload(s3: int) -> None:
    given = a_session(s3, "ends-after-5")
    secret = {"secret_access_key": given["SecretAccessKey"], "session_token": given["SessionToken"]}
    store = opening.open_store("s", "s3", "access_key", a_bucket(s3, given["AccessKeyId"]), secret, Surroundings())
    with pytest.raises(CredentialExpired, match="ExpiredToken"):
        store.write("sts/large.bin", pattern(64 << 20), 64 << 20)
    whole = opening.open_store(
        "s", "s3", "access_key", a_bucket(s3, USER_KEY), {"secret_access_key": USER_SECRET}, Surroundings()
    )
    assert [entry.path for entry in whole.list("sts")[0] if entry.path == "sts/large.bin"] == []


@pytest.mark.parametrize("unreadable", ["refuse", "skip"])
def test_a_server_of_sftp_that_dies_in_the_middle_of_a_copy(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unreadable: str
) -> None:
    """Against OpenSSH: killed with its connections after half of the files, and back for the next attempt."""
    many(tmp_path / "src")
    (tmp_path / "sshd").mkdir()
    try:
        server = Sshd(tmp_path / "sshd")
    except servers.ServerMissing as error:
        pytest.skip(str(error))
    server.start()
    config = {
        "host": "127.0.0.1", "port": server.port, "user": getpass.getuser(), "folder": str(tmp_path / "src"),
        "host_key": server.host_key,
    }  # fmt: skip
    created = DatastoreCreate(
        name="data", kind="sftp", auth="private_key", config=config, credentials={"private_key": server.key}
    )
    datastores.create(ctx, created)
    plain = collecting.Progress.moved

    def moved(self: collecting.Progress, files: int, size: int) -> None:
        plain(self, files, size)
        if self.files == 60:
            server.kill()

    try:
        with monkeypatch.context() as patched:
            patched.setattr(collecting.Progress, "moved", moved)
            with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1") as caught:
                work_on(ctx, ask(ctx, unreadable=unreadable).run_id, tmp_path)
        assert caught.value.hint
        server.start()
        result = work_on(ctx, ask(ctx, unreadable=unreadable).run_id, tmp_path)
    finally:
        server.kill()
    assert (result.file_count, result.skipped) == (120, [])
    assert 60 <= result.reused < 120
