"""Keeps up one machine: a thread that connects, starts what is to start, and mirrors its attempts into their local directories.

What the controller asks is answered from what the thread saw last, so a machine that hangs delays nobody. A lost connection is
told (`Silent`) and made again; it ends nothing, here or there. All that must survive this process is in the directories: an
attempt is asked for anew by whoever polls it.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from studiolo.runner import attempt, inputs
from studiolo.runner.observe import look as look_here
from studiolo.studio.compute.backends.base import (
    Absent,
    Ended,
    Handed,
    Lost,
    Observation,
    Order,
    Refused,
    Running,
    Silent,
    Starting,
    Swept,
)
from studiolo.studio.compute.remote import mirroring, orders
from studiolo.studio.compute.remote.session import ContactLost, Session, Unable
from studiolo.studio.compute.remote.watched import (
    ASKED,
    BARRED,
    TAKEN,
    UNSEEN,
    USAGE,
    Watched,
    replace,
    swept,
)

log = logging.getLogger(__name__)
_FORGET_SECONDS = 600.0  # an attempt that nobody polls any more
_BUSY, CALM = 0.2, 1.0  # seconds between two looks: while something is starting or ending, and else
NEAR = 0.3  # of a machine that is this one
_FIRST_PAUSE, _WORST_PAUSE = 0.5, 20.0  # before connecting again
_ANSWER_SECONDS = 5.0  # that `bar` waits


class Link:
    """One machine. connect: opens a session, raising ContactLost; calm: seconds between two looks while nothing starts or ends."""

    def __init__(self, title: str, connect: Callable[[], Session], calm: float = CALM) -> None:
        self.title, self._calm = title, calm
        self.silent: str | None = None
        self._connect = connect
        self._session: Session | None = None
        self._watched: dict[Path, Watched] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._rounds = threading.Condition(self._lock)
        self._files = threading.Semaphore(3)  # attempts whose files pass at once
        self._closed = False
        self._thread: threading.Thread | None = None
        self._pause, self._not_before = _FIRST_PAUSE, 0.0

    # what the controller asks

    def start(self, folder: Path, order: Order, handed: Handed) -> bool:
        """Have an attempt shipped and started; False when it has an owner, as far as is known."""
        with self._lock:
            one = self._watch(folder)
            free = isinstance(one.seen, Absent | Silent | Refused) and one.wanted is None
            if not free or attempt.exists(str(folder), BARRED):
                return False
            if "before" in order or "after" in order:
                one.seen = Refused(
                    f"'{self.title}' runs plain commands: the job needs programs of the studio around it."
                )
                return True
            one.wanted, one.seen = (order, handed), Starting(0)
        self._wake.set()
        return True

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt, as it was seen last."""
        ended = look_here(folder)  # the end is written when all of it is here
        if isinstance(ended, Ended):
            with self._lock:
                self._watched.pop(folder, None)
            return ended
        with self._lock:
            if attempt.exists(str(folder), BARRED):
                return TAKEN
            one = self._watch(folder)
            if self.silent is None or isinstance(one.seen, Refused):
                return one.seen
            if attempt.exists(str(folder), attempt.CANCEL) and not attempt.exists(str(folder), ASKED):
                return Absent()  # it waits for the machine in vain, and nobody wants it any more
            return Silent(self.silent)

    def stop(self, folder: Path) -> None:
        """Ask for the end of an attempt, whether or not it runs yet."""
        folder.mkdir(parents=True, exist_ok=True)
        # survives this process, and travels with an attempt yet to be shipped
        attempt.touch(str(folder), attempt.CANCEL)
        with self._lock:
            self._watch(folder)
        self._wake.set()

    def preempt(self, folder: Path) -> None:
        """Ask for the end of an attempt, so that others have room."""
        with self._lock:
            self._watch(folder).wants_room = True
        self._wake.set()

    def bar(self, folder: Path, reason: str) -> bool:
        """Take an attempt that nobody owns; False when a runner was quicker, and while the machine does not answer."""
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            one = self._watch(folder)
            if attempt.exists(str(folder), BARRED):
                return False
            if self.silent is not None and not attempt.exists(str(folder), ASKED):
                attempt.write_json(str(folder), BARRED, {"reason": reason})
                one.wanted = None
                return True
            if not isinstance(one.seen, Absent | Silent):
                return False
            one.bar = reason
            self._await(lambda: not one.bar)
            return attempt.exists(str(folder), BARRED) and not one.bar

    def sweep(self, folder: Path, mark: str) -> list[Swept]:
        """Return what was found and ended of a lost attempt. The machine sweeps before it calls one lost; one whose directory is gone, now."""
        with self._lock:
            one = self._watch(folder)
            if isinstance(one.seen, Absent):
                one.mark = mark
                self._await(lambda: not one.mark)
            found, one.swept = one.swept, []
            return found

    def ask(self, verb: str, **values: Any) -> dict[str, Any]:
        """Ask the agent something that is of no attempt, once the thread has reached it; raises ContactLost and Unable."""
        with self._lock:
            session = self._session
            self._live_on()
        if session is None:
            raise ContactLost(self.silent or UNSEEN.reason)
        return session.ask(verb, **values)

    def _await(self, done: Callable[[], bool]) -> None:
        """Wait for the thread, a moment; the lock is held before and after."""
        self._wake.set()
        deadline = time.monotonic() + _ANSWER_SECONDS
        while not done() and self.silent is None and (left := deadline - time.monotonic()) > 0:
            self._rounds.wait(left)

    def close(self) -> None:
        """End the thread and the connection; what runs goes on."""
        with self._lock:
            self._closed = True
            session, self._session = self._session, None
        self._wake.set()
        if session is not None:
            session.close()

    def _watch(self, folder: Path) -> Watched:
        if folder not in self._watched:
            self._watched[folder] = Watched(folder)
            self._wake.set()
        self._watched[folder].asked_at = time.monotonic()
        self._live_on()
        return self._watched[folder]

    def _live_on(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._live, name=f"machine {self.title}", daemon=True)
            self._thread.start()

    # what the thread does

    def _live(self) -> None:
        while not self._closed:
            busy = False
            try:
                session = self._reach()
                for one in self._all():
                    busy = self._keep_up(session, one) or busy
            except ContactLost as error:
                self._lose(str(error))
            except Exception:
                # the thread must survive: without it every job of the machine would stand still
                log.exception("the machine %s could not be kept up with", self.title)
                self._lose("The studio could not keep up with it; its log says why.")
            else:
                self._tell(None)
            self._wake.wait(_BUSY if busy else self._calm)
            self._wake.clear()
            if self.silent is not None and not self._closed:
                time.sleep(max(0.0, min(self._not_before - time.monotonic(), _WORST_PAUSE)))

    def _all(self) -> list[Watched]:
        with self._lock:
            old = time.monotonic() - _FORGET_SECONDS
            for one in [one for one in self._watched.values() if one.asked_at < old and one.work is None]:
                del self._watched[one.folder]
            return list(self._watched.values())

    def _reach(self) -> Session:
        if self._session is None:
            made = self._connect()
            with self._lock:
                if self._closed:
                    made.close()
                    raise ContactLost("It is not attached any more.")
                self._session = made
        return self._session

    def _lose(self, reason: str) -> None:
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _WORST_PAUSE)
        self._tell(reason)

    def _tell(self, reason: str | None) -> None:
        with self._lock:
            if reason is not None and self.silent is None and not self._closed:
                log.warning("the machine %s does not answer: %s", self.title, reason)
            if reason is None:
                self._pause = _FIRST_PAUSE
            self.silent = reason
            self._rounds.notify_all()

    def _keep_up(self, session: Session, one: Watched) -> bool:
        """Bring an attempt up to date; True when it is worth looking again soon."""
        if one.work is not None and not one.work.done():
            return True
        if not self._passed(one) or self._settled(session, one):
            return False
        answer = mirroring.look(session, one)
        seen = str(answer["seen"])
        canceled = attempt.exists(str(one.folder), attempt.CANCEL)
        if seen == "absent":
            one.wants_room = False  # of what does not run, nobody wants the room back
            return self._absent(session, one, shipped=bool(answer["shipped"]), canceled=canceled)
        one.wanted = None
        if seen == "ended":
            one.work = self._begin(mirroring.bring, session, one, answer)
            return True
        if seen == "lost":
            session.ask("tidy", name=one.name)
            one.swept += swept(answer)
            self._set(one, Lost(str(answer["reason"])))
            return False
        if seen == "starting":
            self._set(one, Starting(int(answer["runner"])))
        else:
            attempt.touch(str(one.folder), attempt.HEARTBEAT)
            if answer["usage"]:
                replace(one.folder, USAGE, answer["usage"])
            self._set(one, Running(int(answer["runner"]), int(answer["child"]), float(answer["started_at"])))
        if canceled and not one.told_to_stop:
            session.ask("stop", name=one.name)
            one.told_to_stop = True
        if one.wants_room:
            session.ask("preempt", name=one.name)
            one.wants_room = False
        return seen == "starting" or one.told_to_stop

    def _passed(self, one: Watched) -> bool:
        """Take note of files that were on their way; False when they are to be sent or brought again later."""
        work, one.work = one.work, None
        try:
            if work is not None:
                work.result()
        except orders.NotShipped:
            one.wanted = None
        except (Unable, inputs.Missing) as error:
            one.wanted = None
            self._set(one, Refused(f"'{self.title}' cannot take it: {error}"))
        except OSError as error:
            log.exception("files of the attempt %s do not pass; trying again", one.name)
            self._set(one, Silent(f"Its files do not pass: {error}."))
            return False
        return True

    def _sweep_now(self, session: Session, one: Watched) -> None:
        found = swept(session.ask("sweep", name=one.name, mark=one.mark))
        with self._lock:
            one.mark, one.swept = "", one.swept + found
            self._rounds.notify_all()

    def _settled(self, session: Session, one: Watched) -> bool:
        """Say whether there is nothing to ask about an attempt."""
        if one.mark:
            self._sweep_now(session, one)
        if attempt.exists(str(one.folder), attempt.EXIT):
            with self._lock:
                self._watched.pop(one.folder, None)
            return True
        if isinstance(one.seen, Refused):
            return True
        if attempt.exists(str(one.folder), BARRED) or not one.folder.is_dir():
            self._set(one, TAKEN if one.folder.is_dir() else Absent())
            return True
        # what told why it is lost was removed there: another look would say less
        return isinstance(one.seen, Lost)

    def _absent(self, session: Session, one: Watched, *, shipped: bool, canceled: bool) -> bool:
        if one.bar:
            barred = session.ask("bar", name=one.name, reason=one.bar)["barred"]
            with self._lock:
                if barred:
                    attempt.write_json(str(one.folder), BARRED, {"reason": one.bar})
                    one.seen, one.wanted = TAKEN, None
                one.bar = ""
                self._rounds.notify_all()
            return True
        if one.wanted is None:
            self._set(one, Absent())
            return False
        order, handed = one.wanted
        if not shipped:
            one.work = self._begin(self._ship, session, one, order, stopped=canceled)
            return True
        with self._lock:
            if attempt.exists(str(one.folder), BARRED):
                one.wanted = None
                return False
            attempt.write_json(str(one.folder), ASKED, {"at": time.time()})
        answer = session.ask("launch", name=one.name, handed=dict(handed))
        one.wanted = None
        if "refused" in answer and session.ask("bar", name=one.name, reason="refused")["barred"]:
            session.ask("tidy", name=one.name)
            self._set(one, Refused(f"'{self.title}' cannot start it. {answer['refused']}"))
        return True

    def _begin(self, work: Callable[..., None], *args: Any, **named: Any) -> "Future[None]":
        """Do something of long duration in a thread that does not keep this process from ending."""
        future: Future[None] = Future()

        def run() -> None:
            with self._files:
                try:
                    work(*args, **named)
                except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
                    future.set_exception(error)
                else:
                    future.set_result(None)
                self._wake.set()

        threading.Thread(target=run, name=f"files of {self.title}", daemon=True).start()
        return future

    def _ship(self, session: Session, one: Watched, order: Order, *, stopped: bool) -> None:
        """Send an attempt; stopped: it was canceled before already, and goes on its way so that its runner can say so."""
        place = f"{session.hello['root']}/attempts/{one.name}"
        other = orders.translated(order, one.folder, place, session.place, session.hello)

        def wanted() -> bool:
            return not self._closed and (stopped or not attempt.exists(str(one.folder), attempt.CANCEL))

        session.send(one.name, lambda sink: orders.packed(one.folder, order, other, sink, wanted))

    def _set(self, one: Watched, seen: Observation) -> None:
        with self._lock:
            one.seen = seen
