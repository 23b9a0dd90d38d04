"""A new master key: only the keys of the envelopes are sealed anew, not the secrets.

First the file gets the new key, in one step, with the old one below it: from then on everybody seals under the new one and opens
with either. Then envelopes follow in small transactions, each written only when it is still what was read. The old key leaves
the file when no row is sealed under it and it is older than any request that may still seal with it. Killed at any point, every
secret opens, and whoever looks next (the command, or the controller) goes on with what is left.
"""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Conflict
from studiolo.kernel.secrets import references
from studiolo.kernel.secrets.envelope import SecretUnreadable, rewrap
from studiolo.kernel.secrets.master import MasterKey, forget, master_key, new_key, place, succeed
from studiolo.kernel.storage.references import unknown_tables
from studiolo.studio.workspace.errors import HouseOnly
from studiolo.studio.workspace.vault.schemas import MasterKeyState, OlderKey

log = logging.getLogger(__name__)
BATCH = 200
LATE = timedelta(minutes=10)  # longer than a request lives between reading the key and its commit
_PATIENCE = 20.0  # seconds that the one who asks waits for the envelopes


class RotationUnderWay(Conflict):
    """Another process makes a new key at this moment."""

    code, title = "secrets.rotation_under_way", "A rotation is under way"


def state(ctx: Context) -> MasterKeyState:
    """Say which key seals, and what older keys are still needed for."""
    _in_the_house(ctx)
    return _state(ctx)


def rotate(ctx: Context) -> MasterKeyState:
    """Make a new master key and seal the keys of all envelopes under it; what takes long is finished by the controller.

    An earlier rotation that was broken off, or a key file that somebody else extended, is finished instead. Raises
    MasterKeyUnusable when the key's place cannot be written.
    """
    _in_the_house(ctx)
    with _alone(ctx):
        present = master_key(ctx.settings)
        unfinished = bool(present.older) and _left(ctx, present)
        if not unfinished:
            succeed(ctx.settings, new_key(), ctx.clock.now())
        follow(ctx, time.monotonic() + _PATIENCE)
        done = _state(ctx)
        with ctx.db.begin() as tx:
            detail = {"finished_earlier": unfinished, "left": sum(key.left for key in done.older)}
            auth.audit(tx, ctx.clock, None, ctx.actor.id, "master_key.rotated", done.id, detail)
    return done


def keep_on(ctx: Context) -> None:
    """Finish what a rotation left; costs the reading of a small file when there is nothing."""
    if not place_is_there(ctx) or not master_key(ctx.settings).older:
        return
    follow(ctx, time.monotonic() + 1.0)
    _forget_unneeded(ctx)


def place_is_there(ctx: Context) -> bool:
    """Say whether a key was ever made or named: looking must not make one."""
    if ctx.settings.master_key_file or ctx.settings.master_key_keyring:
        return True
    return (ctx.settings.home / "secrets" / "master.key").exists()


def follow(ctx: Context, until: float) -> bool:
    """Seal envelopes of older keys anew until a moment of time.monotonic(); True when none is left."""
    master = master_key(ctx.settings)
    for column in references.columns():
        after: tuple[object, ...] | None = None
        while True:
            with ctx.db.read() as tx:
                found = list(references.others(tx, column, master.id, after, BATCH))
            if not found:
                break
            anew = [(held, _rewrapped(master, held, str(column))) for held in found]
            with ctx.db.begin() as tx:
                for held, envelope in anew:
                    if envelope is not None:
                        references.replace(tx, column, held, envelope)
            after = found[-1].key
            if time.monotonic() > until:
                return False
    return True


def _rewrapped(master: MasterKey, held: references.Held, column: str) -> bytes | None:
    """Return the new envelope, None for one that opens under no key that we have: it stays as it is, and is told of."""
    try:
        return rewrap(master, held.envelope, held.about)
    except SecretUnreadable as error:
        log.warning("an envelope of %s cannot be sealed anew: %s", column, error.detail)
        return None


def _forget_unneeded(ctx: Context) -> None:
    """Take older keys out of the file that seal nothing any more; never while a table or column is unknown to us."""
    master = master_key(ctx.settings)
    ripe = [key for key in master.older if key.retired is None or ctx.clock.now() - key.retired > LATE]
    if not ripe:
        return
    with ctx.db.read() as tx:
        strange = unknown_tables(tx)
        needed = {key.id for key in ripe if _count(tx, key.id)}
    if strange or references.undeclared():
        log.warning("older master keys stay: there are tables or columns that this version does not know: %s", strange)
        return
    for key in ripe:
        if key.id not in needed:
            forget(ctx.settings, key.id)
            log.info("the master key %s is not needed any more and was removed", key.id.hex())


def _left(ctx: Context, master: MasterKey) -> bool:
    with ctx.db.read() as tx:
        return any(_count(tx, key.id) for key in master.older)


def _state(ctx: Context) -> MasterKeyState:
    master = master_key(ctx.settings)
    with ctx.db.read() as tx:
        older = [OlderKey(id=key.id.hex(), retired_at=key.retired, left=_count(tx, key.id)) for key in master.older]
        sealed = _count(tx, master.id)
    return MasterKeyState(id=master.id.hex(), source=place(ctx.settings).name, sealed=sealed, older=older)


def _count(tx: Connection, key_id: bytes) -> int:
    return sum(references.sealed_by(tx, column, key_id) for column in references.columns())


def _in_the_house(ctx: Context) -> None:
    if ctx.workspace != auth.DEFAULT_WORKSPACE:
        raise HouseOnly(ctx.workspace)


@contextmanager
def _alone(ctx: Context) -> Iterator[None]:
    """Let one process at a time make a key; the lock ends with the process."""
    path = ctx.settings.home / "rotate.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RotationUnderWay("Somebody makes a new master key just now.", "Look again in a minute.") from None
        yield
