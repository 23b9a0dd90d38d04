"""A Python program that begins in a process which has loaded its modules before, instead of in a new interpreter.

It finds what it would find there: its own variables, arguments, folder and path of modules, `__main__`, signals as Python has them,
random numbers that nobody else gets; and it ends as an interpreter ends.
"""

import contextlib
import gc
import io
import os
import resource
import signal
import sys
import time
import types
from typing import Any

from studiolo.runner import attempt

ROOM = 96  # bytes that the variable of the mark has in the environment that a process starts with
_MARK = b"STUDIOLO_ATTEMPT="
_OWN = (
    "studiolo",
    "studiolo.runner",
    *(f"studiolo.runner.{name[:-3]}" for name in os.listdir(os.path.dirname(__file__))),
)
_kept: list[Any] = []


class Program(BaseException):
    """What a process is to become once all frames of the runner are left."""

    def __init__(self, order: dict[str, Any], folder: str = "") -> None:
        super().__init__()
        self.folder = folder  # of the attempt
        self.argv = [str(word) for word in order["argv"]]
        self.env = {str(key): str(value) for key, value in order["env"].items()}

    def run(self) -> None:
        """Be the program, and end as it does; does not return."""
        _clear_away()
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.update(self.env)
        time.tzset()
        script = os.path.abspath(self.argv[1])
        sys.argv, sys.orig_argv = self.argv[1:], list(self.argv)
        with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="utf-8") as file:
            file.write(os.path.basename(script)[:15])
        own = [part for part in self.env.get("PYTHONPATH", "").split(os.pathsep) if part]
        sys.path[:] = [os.path.dirname(script), *own, *(part for part in sys.path if part not in own)]
        gc.freeze()  # what is there now is not looked through at the end
        me, runner = os.getpid(), os.getppid()
        module = types.ModuleType("__main__")
        module.__file__, module.__dict__["__builtins__"] = script, sys.modules["builtins"]
        module.__dict__["__cached__"] = None
        sys.modules["__main__"] = module
        code = 0
        try:
            with io.open_code(script) as file:
                source = file.read()
            exec(compile(source, script, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - it is the program
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            if code and not isinstance(ended.code, int):
                sys.stderr.write(f"{ended.code}\n")
        except Exception as error:  # noqa: BLE001 - shown as an interpreter shows it
            error.__traceback__ = _inside(error)
            sys.excepthook(type(error), error, error.__traceback__)
            code = 1
        alone = _end(module)
        if alone and os.getpid() == me:  # a fork of it ends for itself
            self._tell(code & 0xFF, runner)
        os._exit(code & 0xFF)

    def _tell(self, code: int, runner: int) -> None:
        """Tell the runner how it ends: before the kernel has taken the process apart the next one may begin."""
        own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
        said = {"code": code, "memory": max(own.ru_maxrss, others.ru_maxrss), "seconds": seconds}
        with contextlib.suppress(OSError):  # it will see it
            attempt.write_json(self.folder, attempt.DONE, said, lasting=False)
            if os.getppid() == runner:
                os.kill(runner, signal.SIGUSR1)


def _end(module: types.ModuleType) -> bool:
    """End as an interpreter does, but for taking apart the modules that were there before: that would copy all of them first.

    Returns whether no other thread runs that could still do something.
    """
    import atexit
    import threading

    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for threads, as an interpreter does
    atexit._run_exitfuncs()  # noqa: SLF001 - what was to be called at the end
    module.__dict__.clear()  # what the program still held ends as it does when nobody holds it
    gc.collect()
    for one in gc.get_objects():
        if issubclass(type(one), io.IOBase) and not one.closed:
            with contextlib.suppress(Exception):  # one that cannot be flushed is not worse off than at any other end
                one.flush()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed, or replaced by the program
            stream.flush()
    return threading.active_count() == 1


def _inside(error: Exception) -> types.TracebackType | None:
    """Return the frames of the program alone."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next
    return frame


def _clear_away() -> None:
    """Take back what differs from an interpreter that has just started; a second time nothing is left to do."""
    if "__main__" not in sys.modules:
        return
    os.environ.clear()
    # of the runner, which needs no package. Nothing is asked of the names of all modules, and none is freed: either would copy pages that
    # are shared with who holds them, at 7 µs each
    _kept.extend(sys.modules.pop(name, None) for name in (*_OWN, "__main__"))
    gc.enable()
    if (loaded := sys.modules.get("tempfile")) is not None:
        loaded.__dict__["tempdir"] = None
    if (loaded := sys.modules.get("numpy.random")) is not None:
        loaded.seed()  # Python's own is seeded anew by each fork


class Warmed:
    """What a process that has loaded modules knows of itself, for the programs that begin in its forks. held: descriptors of modules."""

    def __init__(self) -> None:
        self.held: frozenset[int] = frozenset()
        self._place = _place_of_mark()

    @property
    def able(self) -> bool:
        """Whether a process of a program can carry its mark, by which it is found when its runner was killed."""
        return self._place is not None

    def program(self, order: dict[str, Any], place: str = "") -> Program | None:
        """Return the program of an order that may begin here; None: it is started as any other. place: of the attempt."""
        if not order.get("warm") or len(str(order["env"].get("STUDIOLO_ATTEMPT", ""))) >= ROOM:
            return None
        folder = str(order.get("cwd") or ".")
        script = os.path.join(folder, str(order["argv"][1]))
        try:
            beside = os.listdir(os.path.dirname(script))
        except OSError:
            return None
        # a file of the program's own that has the name of a loaded module would have been taken in its place
        if not os.path.isfile(script) or any(_is_loaded(name.partition(".")[0]) for name in beside):
            return None
        return Program(order, place)

    def come_near(self) -> None:
        """Do ahead, in a process that waits for what it is to be, what any program needs."""
        _clear_away()
        gc.freeze()

    def enter(self, mark: str) -> None:
        """Carry the mark where the kernel shows it, and close what is not the program's; raises OSError."""
        assert self._place is not None
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(self._place)
            memory.write(mark.encode().ljust(ROOM, b"\0"))
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) not in self.held:
                with contextlib.suppress(OSError):
                    os.close(int(name))


def _is_loaded(name: str) -> bool:
    return name in sys.modules or name in _OWN


def _place_of_mark() -> int | None:
    """Return where in memory the value of the mark stands that this process was started with."""
    try:
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        begin, end = int(fields[47]), int(fields[48])  # fields 50 and 51 of proc(5)
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(begin)
            block = memory.read(end - begin)
            at = (b"\0" + block).find(b"\0" + _MARK)
            if at < 0 or block.find(b"\0", at) - at - len(_MARK) != ROOM:
                return None
            memory.seek(begin + at)
            memory.write(_MARK)  # it can be written
    except (OSError, ValueError, IndexError):
        return None
    return begin + at + len(_MARK)
