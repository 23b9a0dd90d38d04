"""What has arrived: of files between two looks, of versions after those that are settled. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from studiolo.studio.schedules.schemas import CatchUp

State = Literal["seen", "arrived", "taken"]
_LEFT_OUT = ("held", "rejected")  # by a rule: no version that anybody is to work with


class Seen(NamedTuple):
    """A file as a look found it. mark: what the store gives to tell one state of it from another."""

    path: str
    size: int
    mark: str
    modified: datetime | None = None


class Known(NamedTuple):
    """What is remembered of a file. late: it came while nothing looked."""

    state: State
    size: int
    mark: str
    late: bool = False


@dataclass(slots=True)
class Changes:
    """What a look comes to. seen: new or changed, to be looked at again; arrived: in the order in which they run; gone: not there any more.

    missed: stable, and passed over, since they came while nothing looked.
    """

    seen: list[Seen] = field(default_factory=list)
    arrived: list[Seen] = field(default_factory=list)
    missed: list[Seen] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def compare(known: Mapping[str, Known], there: Sequence[Seen], most: int, catch_up: CatchUp) -> Changes:
    """Return what has changed since the last look. A file has arrived when it is as it was then; at most `most` do at once."""
    found = Changes()
    stable: list[Seen] = []
    for one in there:
        before = known.get(one.path)
        same = before is not None and (before.size, before.mark) == (one.size, one.mark)
        if before is None or (not same and before.state != "arrived"):
            found.seen.append(one)
        elif same and before.state == "seen":
            stable.append(one)
    late = [one for one in stable if known[one.path].late]
    if late and catch_up != "all":
        late.sort(key=_age)
        found.missed = late[:-1] if catch_up == "one" else late
        passed = {one.path for one in found.missed}
        stable = [one for one in stable if one.path not in passed]
    found.arrived = sorted(stable, key=_age)[:most]
    paths = {one.path for one in there}
    found.gone = [path for path, one in known.items() if one.state == "seen" and path not in paths]
    return found


def _age(one: Seen) -> tuple[float, str]:
    return (one.modified.timestamp() if one.modified else 0.0, one.path)


class Version(NamedTuple):
    """A version of a dataset. quality: how it stands with the dataset's rules; late: it came while nothing looked."""

    number: int
    quality: str | None
    late: bool = False


class Step(NamedTuple):
    """What is to be done about versions. fire: the one to run now; missed: to be passed over; position: up to where all are settled then."""

    fire: int | None
    missed: list[int]
    position: int


def step(position: int, versions: Sequence[Version], fired: Collection[int], catch_up: CatchUp) -> Step:
    """Return what is next. versions: those above the position; fired: those among them that had their turn.

    One that a rule holds back is waited for, and those after it do not wait for it.

    >>> step(1, [Version(2, "held"), Version(3, None)], (), "all")
    Step(fire=3, missed=[], position=1)
    """
    open_ = [one for one in sorted(versions) if one.number not in fired and one.quality not in _LEFT_OUT]
    late = [one.number for one in open_ if one.late]
    missed = [] if catch_up == "all" else late[:-1] if catch_up == "one" else late
    coming = [one.number for one in open_ if one.number not in missed]
    fire = coming[0] if coming else None
    settled = {*fired, *missed, *([fire] if fire is not None else [])}
    for one in sorted(versions):
        if one.number not in settled and one.quality != "rejected":
            break
        position = max(position, one.number)
    return Step(fire, missed, position)
