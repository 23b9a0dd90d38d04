"""How a runner is told of something while it waits: signals, which wake it at once."""

import os
import select
import signal

ENDING = (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT)  # what a runner is told by


class Ear:
    """Turns signals into bytes of a pipe: TERM ends the job, USR1 says that the cancel file is there."""

    def __init__(self) -> None:
        self.told_to_end = False
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_term)
        for number in (signal.SIGCHLD, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, _heard)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def wait(self, seconds: float) -> None:
        """Wait for a signal."""
        if select.select([self._wake], [], [], seconds)[0]:
            while True:
                try:
                    if len(os.read(self._wake, 512)) < 512:
                        return
                except BlockingIOError:
                    return

    def close(self) -> None:
        """Hear nothing any more; who is told to end then ends as any process does."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(self._wake)
        os.close(self._waker)

    def _on_term(self, *_: object) -> None:
        self.told_to_end = True


def _heard(*_: object) -> None:
    """Let the wake-up pipe do its work."""
