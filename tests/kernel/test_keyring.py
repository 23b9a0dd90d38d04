"""The master key in the operating system's keyring, by the real library with a backend in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.kernel.clock import Clock
from studiolo.kernel.secrets.envelope import seal, unseal
from studiolo.kernel.secrets.master import MasterKeyUnusable, forget, master_key, new_key, succeed
from studiolo.kernel.settings import Settings, load

keyring = pytest.importorskip("keyring", reason="the package keyring is not installed")

from keyring.backend import KeyringBackend  # noqa: E402 - after the skip
from keyring.errors import KeyringError  # noqa: E402


class InMemory(KeyringBackend):
    """What a desktop's keyring does, without a desktop."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringError("the keyring is locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringError("the keyring is locked")
        self.entries[service, username] = password


@pytest.fixture
def backend() -> Iterator[InMemory]:
    before = keyring.get_keyring()
    found = InMemory()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({}, home=tmp_path, master_key_keyring="studio-a")


def test_the_key_is_made_in_the_keyring_and_nowhere_else(backend: InMemory, settings: Settings) -> None:
    found = master_key(settings)
    assert list(backend.entries) == [("studiolo", "studio-a")]
    assert backend.entries["studiolo", "studio-a"].strip() == found.key.hex()
    assert master_key(settings) == found
    assert [path for path in settings.home.rglob("*") if path.is_file()] == []


def test_a_new_key_follows_and_the_old_one_goes(backend: InMemory, settings: Settings) -> None:
    old = master_key(settings)
    sealed = seal(old, "value", "here")
    now = succeed(settings, new_key(), Clock().now())
    assert unseal(now, sealed, "here") == "value"
    forget(settings, old.id)
    assert master_key(settings).older == ()
    assert len(backend.entries["studiolo", "studio-a"].splitlines()) == 1


def test_a_keyring_that_is_locked_says_what_to_do(backend: InMemory, settings: Settings) -> None:
    backend.locked = True
    with pytest.raises(MasterKeyUnusable, match="keyring entry 'studio-a' cannot be used: the keyring is locked") as it:
        master_key(settings)
    assert "STUDIOLO_MASTER_KEY_KEYRING" in str(it.value.hint)


def test_an_entry_of_another_program_is_not_replaced(backend: InMemory, settings: Settings) -> None:
    backend.entries["studiolo", "studio-a"] = "a password of somebody"
    with pytest.raises(MasterKeyUnusable, match="holds no key"):
        master_key(settings)
    assert backend.entries["studiolo", "studio-a"] == "a password of somebody"
