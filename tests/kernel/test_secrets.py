"""Secrets at rest: the master key's file, and envelopes that open in one place only."""

import stat
import threading
from pathlib import Path

import pytest

from studiolo.kernel.secrets.envelope import SecretUnreadable, seal, unseal
from studiolo.kernel.secrets.master import MasterKeyUnusable, master_key
from studiolo.kernel.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({}, home=tmp_path)


def test_the_key_is_made_once_and_readable_by_its_owner_only(settings: Settings) -> None:
    found = master_key(settings)
    path = settings.home / "secrets" / "master.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert master_key(settings) == found
    assert found.key.hex() not in repr(found)
    assert list(path.parent.iterdir()) == [path]


def test_many_at_the_first_start_get_one_key(settings: Settings) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(master_key(settings).key)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_a_file_that_others_can_read_is_refused(settings: Settings) -> None:
    master_key(settings)
    path = settings.home / "secrets" / "master.key"
    path.chmod(0o640)
    with pytest.raises(MasterKeyUnusable, match="read by others"):
        master_key(settings)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(MasterKeyUnusable, match="holds no key"):
        master_key(settings)


def test_a_named_file_is_never_made(tmp_path: Path) -> None:
    settings = load({}, home=tmp_path, master_key_file=str(tmp_path / "elsewhere.key"))
    with pytest.raises(MasterKeyUnusable, match=r"elsewhere\.key"):
        master_key(settings)
    assert not (tmp_path / "elsewhere.key").exists()


def test_an_envelope_opens_where_it_was_sealed_only(settings: Settings, tmp_path: Path) -> None:
    key = master_key(settings)
    envelope = seal(key, "größe", "w|webhook|1")
    assert "größe".encode() not in envelope
    assert seal(key, "größe", "w|webhook|1") != envelope
    assert unseal(key, envelope, "w|webhook|1") == "größe"
    with pytest.raises(SecretUnreadable, match="this row"):
        unseal(key, envelope, "w|webhook|2")
    for broken in (envelope[:-1] + bytes([envelope[-1] ^ 1]), envelope[:40], b""):
        with pytest.raises(SecretUnreadable):
            unseal(key, broken, "w|webhook|1")
    other = master_key(load({}, home=tmp_path / "other"))
    with pytest.raises(SecretUnreadable, match="another master key"):
        unseal(other, envelope, "w|webhook|1")
