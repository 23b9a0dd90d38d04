"""A look at what a schedule waits for: files of a datastore, versions of a dataset. Reads, and changes nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.errors import PathNotFound
from studiolo.studio.datastores.ports import Entry
from studiolo.studio.schedules.arriving import Seen
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.globs import Glob
from studiolo.studio.schedules.schemas import (
    Cause,
    Cron,
    FilesCause,
    NewFiles,
    NewVersion,
    Recurrence,
    RunAsked,
    Trigger,
    VersionCause,
)

MOST = 20_000  # files that fit
_WALKED = 500_000  # files that a look passes on its way
_SHOWN, _LONGEST = 10, 200
READS = {"dataset": "datasets.read", "files": "datastores.read"}


class There(NamedTuple):
    """What is there. names: the newest of it; newest: what a run at once is for, None when there is nothing yet.

    files: all that fit; position: the highest number of a version.
    """

    names: Sequence[str] = ()
    total: int = 0
    newest: Cause | None = None
    files: Sequence[Seen] = ()
    position: int = 0


def files(ctx: Context, trigger: NewFiles) -> list[Seen]:
    """Return the files that fit, with the actor's rights; raises what the datastore raises. A path that is not there yet has none."""
    ctx.actor.must(READS["files"])
    glob, found, walked = Glob(trigger.path), [], 0
    store = datastores.store(ctx, trigger.datastore)
    try:
        for entry in store.walk(glob.root):
            walked += 1
            if not entry.folder and glob.fits(entry.path):
                found.append(Seen(entry.path, entry.size, mark(entry), entry.modified))
            if len(found) > MOST or walked > _WALKED:
                raise BadSchedule(
                    f"More than {MOST:,} files fit, or more than {_WALKED:,} lie there.",
                    "Let the path name fewer, such as incoming/2026/*.csv.",
                    field="trigger.path",
                )
    except PathNotFound:
        store.list("", None, 1)  # a folder that is not there yet is empty; a store that is not there says so
        return []
    finally:
        store.close()
    return found


def there(ctx: Context, trigger: Trigger) -> There:
    """Return what is there now; raises what is wrong with the trigger, with its field."""
    if isinstance(trigger, Cron | Recurrence):
        return There()
    if isinstance(trigger, NewVersion):
        ctx.actor.must(READS["dataset"])
        try:
            versions = datasets.list_versions(ctx, trigger.dataset)
        except StudioloError as error:
            error.field = "trigger.dataset"
            raise
        newest = VersionCause(dataset=trigger.dataset, version=datasets.get(ctx, trigger.dataset).version)
        names = [one.reference for one in versions[:_SHOWN]]
        return There(names, len(versions), newest, position=versions[0].version)
    try:
        found = sorted(files(ctx, trigger), key=lambda one: (_time(one.modified), one.path), reverse=True)
    except StudioloError as error:
        error.field = error.field if error.field.startswith("trigger.") else "trigger.datastore"
        raise
    newest_file = cause(trigger, found[:1]) if found else None
    return There([one.path for one in found[:_SHOWN]], len(found), newest_file, found)


def stand_in(trigger: Trigger) -> Cause | None:
    """Return what a trigger by files would fire for, before there is any."""
    if not isinstance(trigger, NewFiles):
        return None
    return cause(trigger, [Seen(Glob(trigger.path).sample(), 0, "")])


def chosen(ctx: Context, trigger: Trigger, asked: RunAsked) -> Cause | None:
    """Return what a run at once is for; raises BadSchedule for what the trigger does not have."""
    if asked.version is not None and not isinstance(trigger, NewVersion):
        raise BadSchedule("It waits for no versions of a dataset.", "Leave the version out.", field="version")
    if asked.path and not isinstance(trigger, NewFiles):
        raise BadSchedule("It waits for no files.", "Leave the path out.", field="path")
    if isinstance(trigger, NewVersion) and asked.version is not None:
        ctx.actor.must(READS["dataset"])
        return VersionCause(dataset=trigger.dataset, version=datasets.get(ctx, trigger.dataset, asked.version).version)
    if isinstance(trigger, NewFiles) and asked.path:
        ctx.actor.must(READS["files"])
        store = datastores.store(ctx, trigger.datastore)
        try:
            entry = store.stat(asked.path)
        finally:
            store.close()
        if entry.folder:
            raise BadSchedule(f"'{asked.path[:200]}' is a folder.", "Name one of its files.", field="path")
        return cause(trigger, [Seen(entry.path, entry.size, mark(entry))])
    found = there(ctx, trigger).newest
    if found is None and isinstance(trigger, NewFiles):
        raise BadSchedule("No file that fits is there.", "Name a file with `path`.", field="path")
    return found


def mark(entry: Entry) -> str:
    """Return what tells one state of a file from another: the store's fingerprint, else its time."""
    found = entry.fingerprint
    return (f"{found.kind}:{found.value}" if found else str(entry.modified or ""))[:_LONGEST]


def cause(trigger: NewFiles, found: list[Seen]) -> FilesCause:
    """Return files as what a schedule fires for."""
    given = [{"path": one.path, "size": one.size, "mark": one.mark} for one in found]
    folder = Glob(trigger.path).root if trigger.batch else found[0].path.rpartition("/")[0]
    if folder == found[0].path:  # the path names one file
        folder = folder.rpartition("/")[0]
    made = {"datastore": trigger.datastore.lower(), "folder": folder, "batch": trigger.batch, "files": given}
    return FilesCause.model_validate(made)


def _time(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
