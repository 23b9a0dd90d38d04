"""Brings what an attempt on another machine writes into its directory here: piece by piece while it runs, whole at its end."""

import base64
import contextlib
import logging
from typing import Any

from studiolo.runner import attempt
from studiolo.studio.compute.remote.session import Session, Unable
from studiolo.studio.compute.remote.watched import PLACE, QUEUE, USAGE, Watched, replace, size

log = logging.getLogger(__name__)
_PIECES = 64  # of log and journal in one round


def look(session: Session, one: Watched) -> dict[str, Any]:
    """Look at an attempt there, and write down here what its log and journal have gained, and where it stands in a queue."""
    for _ in range(_PIECES):
        sizes = {name: size(one.folder / name) for name in (attempt.LOG, attempt.JOURNAL)}
        answer = session.ask("look", name=one.name, log=sizes[attempt.LOG], journal=sizes[attempt.JOURNAL])
        for name, key in ((attempt.LOG, "log"), (attempt.JOURNAL, "journal")):
            if piece := base64.b64decode(answer[key]):
                with (one.folder / name).open("ab") as file:
                    file.write(piece)
        if not answer["more"]:
            break
    queued = answer.get("queue")
    if queued is not None and queued != one.queued:
        replace(one.folder, QUEUE, queued)
        one.queued = queued
    place = answer.get("place")
    if place is not None and place != one.place:
        replace(one.folder, PLACE, place)
        one.place = place
    return answer


def bring(session: Session, one: Watched, answer: dict[str, Any]) -> None:
    """Bring what an attempt has left, then write its end: who reads that finds all of it."""
    end: dict[str, Any] = dict(answer["exit"])
    while look(session, one)["more"]:
        pass
    if answer["brought"]:  # by another studio that shares the machine's account, or one restored from a backup
        end |= {"class": "environment", "error": "Its outputs have been brought elsewhere already."}
    try:
        left = session.fetch(one.name, "outputs", one.folder)
        if left:
            log.warning("attempt %s: %s paths of its outputs cannot be kept: %s", one.name, len(left), left[:5])
    except Unable as error:
        if not end.get("class"):
            end |= {"class": "environment", "error": f"Its outputs could not be brought back: {error}"}
    if answer["failure"]:
        replace(one.folder, attempt.FAILURE, answer["failure"])
    for name in (USAGE, QUEUE):
        with contextlib.suppress(OSError):
            (one.folder / name).unlink(missing_ok=True)
    attempt.write_json(str(one.folder), attempt.EXIT, end)
    session.ask("tidy", name=one.name)
