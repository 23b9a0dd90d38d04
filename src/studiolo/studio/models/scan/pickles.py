"""Follows the opcodes of a pickle with symbols instead of objects: what would be imported and called. Nothing is.

Unlike `pickletools.genops` it knows joblib's raw arrays between opcodes, and steps over big values without reading them.
"""

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from studiolo.studio.models.scan import numpy_arrays
from studiolo.studio.models.scan.names import Grade, bad_words, grade

KEPT_BYTES = 1 << 20  # of one bytes or str value: nested pickles, names
MAX_LINE = 1 << 16
MAX_DEPTH = 4
MAX_FINDINGS = 500
_OPCODES = {ord(op.code): op for op in pickletools.opcodes}
_SIZES = {
    "BINBYTES": 4,
    "BINBYTES8": 8,
    "BYTEARRAY8": 8,
    "BINUNICODE": 4,
    "BINUNICODE8": 8,
    "SHORT_BINBYTES": 1,
    "SHORT_BINUNICODE": 1,
    "BINSTRING": 4,
    "SHORT_BINSTRING": 1,
}
_LOADERS = {
    "pickle.loads",
    "_pickle.loads",
    "cPickle.loads",
    "dill.loads",
    "torch.storage._load_from_bytes",
    "cloudpickle.loads",
}


class Broken(Exception):
    """The bytes are no whole pickle."""


class Import(NamedTuple):
    """A module's attribute, as a symbol on the stack."""

    module: str
    name: str

    @property
    def full(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Made:
    """What a call would return. by: what was called; state: what BUILD gave it."""

    by: Any
    args: Any = ()
    state: Any = None


@dataclass(slots=True, eq=False)
class Dict:
    items: dict[str, Any] = field(default_factory=dict)


class _Other:
    """A value that does not matter."""


OTHER = _Other()
MARK = object()
Report = Callable[[str, Grade, str, int], None]


@dataclass
class Trace:
    """What was found. calls: whether anything would be called at all."""

    report: Report
    nested: Callable[[bytes, int], None]
    calls: int = 0
    imports: int = 0


def follow(stream: BinaryIO, trace: Trace, base: int = 0) -> None:
    """Follow one pickle until its STOP; raises Broken, EOFError. What was found until then is reported."""
    _Machine(stream, trace, base).run()


class _Machine:
    def __init__(self, stream: BinaryIO, trace: Trace, base: int) -> None:
        self.stream, self.trace, self.base = stream, trace, base
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.at = 0

    def run(self) -> None:
        reader = _Reader(self.stream)
        while True:
            self.at = self.base + self.stream.tell()
            code = self.stream.read(1)
            if not code:
                raise EOFError("the pickle ends before its STOP")
            op = _OPCODES.get(code[0])
            if op is None:
                raise Broken(f"0x{code[0]:02x} at byte {self.at:,} is no opcode")
            if op.name == "STOP":
                return
            try:
                self._step(op, self._argument(op, reader))
            except (IndexError, KeyError, ValueError, TypeError, OverflowError) as error:
                raise Broken(f"{op.name} at byte {self.at:,}: {str(error)[:80] or type(error).__name__}") from None

    def _argument(self, op: Any, reader: "_Reader") -> Any:  # noqa: PLR0911 - one answer a kind of argument
        if op.name in ("GLOBAL", "INST"):  # pickletools reads ASCII here, pickle reads UTF-8
            return Import(*(reader.readline().decode("utf-8", "replace").rstrip("\r\n") for _ in range(2)))
        if op.name in ("STRING", "UNICODE", "PERSID", "INT", "LONG", "FLOAT"):
            text = reader.readline().decode("latin-1").rstrip("\r\n")
            if op.name == "STRING":
                return text[1:-1]
            return (
                int(text.rstrip("L"))
                if op.name in ("INT", "LONG")
                else OTHER
                if op.name in ("PERSID", "FLOAT")
                else text
            )
        if op.name in _SIZES:
            size = int.from_bytes(reader.exactly(_SIZES[op.name]), "little")
            if size > KEPT_BYTES:
                reader.skip(size)
                return OTHER
            data = reader.exactly(size)
            if "BYTES" in op.name or op.name == "BYTEARRAY8":
                return data
            return data.decode("latin-1" if op.name.endswith("STRING") else "utf-8", "replace")
        return op.arg.reader(reader) if op.arg is not None else None

    def _step(self, op: Any, arg: Any) -> None:  # noqa: C901, PLR0912, PLR0915 - one branch an opcode
        name, stack = op.name, self.stack
        if name in ("GLOBAL", "STACK_GLOBAL"):
            stack.append(self._import(arg if name == "GLOBAL" else self._named()))
        elif name == "REDUCE":
            args, called = stack.pop(), stack.pop()
            stack.append(self._call(called, args, "calls"))
        elif name == "INST":
            stack.append(self._call(self._import(arg), tuple(self._to_mark()), "calls"))
        elif name == "OBJ":
            items = self._to_mark()
            stack.append(self._call(items[0], tuple(items[1:]), "makes"))
        elif name in ("NEWOBJ", "NEWOBJ_EX"):
            if name == "NEWOBJ_EX":
                stack.pop()
            args, called = stack.pop(), stack.pop()
            stack.append(self._call(called, args, "makes"))
        elif name == "BUILD":
            self._build(stack.pop())
        elif name in ("EXT1", "EXT2", "EXT4"):
            self._tell(f"extension {arg}", "unknown", "is known only to the program that wrote the file")
            stack.append(OTHER)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if name == "MEMOIZE" else int(arg)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[int(arg)])
        elif name == "MARK":
            stack.append(MARK)
        elif name == "POP":
            stack.pop()
        elif name == "POP_MARK":
            self._to_mark()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_TUPLE"):
            self._tuple(name)
        elif name in ("EMPTY_DICT", "DICT", "SETITEM", "SETITEMS"):
            self._dict(name)
        elif name in ("LIST", "FROZENSET"):
            self._to_mark()
            stack.append(OTHER)
        elif name in ("APPENDS", "ADDITEMS"):
            self._to_mark()
        elif name == "APPEND":
            stack.pop()
        elif name == "BINPERSID":
            stack.pop()
            stack.append(OTHER)
        elif name in ("PROTO", "FRAME", "READONLY_BUFFER"):
            if name == "PROTO" and arg > 5:
                raise ValueError(f"protocol {arg} does not exist")
        elif name in ("NONE", "NEWTRUE", "NEWFALSE"):
            stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
        elif arg is not None and isinstance(arg, str | bytes | int):
            stack.append(arg)
        else:
            stack.append(OTHER)

    def _tuple(self, name: str) -> None:
        if name == "TUPLE":
            items = self._to_mark()
            self.stack.append(tuple(items) if len(items) <= 4096 else OTHER)
            return
        size = 0 if name == "EMPTY_TUPLE" else int(name[-1])
        if size > len(self.stack):
            raise IndexError("nothing on the stack")
        items = self.stack[len(self.stack) - size :]
        del self.stack[len(self.stack) - size :]
        self.stack.append(tuple(items))

    def _dict(self, name: str) -> None:
        if name == "EMPTY_DICT":
            self.stack.append(Dict())
            return
        if name == "SETITEM":
            value, key = self.stack.pop(), self.stack.pop()
            pairs = [key, value]
        else:
            pairs = self._to_mark()
        if name == "DICT":
            self.stack.append(Dict())
        target = self.stack[-1]
        if isinstance(target, Dict):
            for key, value in zip(pairs[::2], pairs[1::2], strict=False):
                if isinstance(key, str) and len(target.items) < 64:
                    target.items[key] = value

    def _to_mark(self) -> list[Any]:
        stack = self.stack
        for index in range(len(stack) - 1, -1, -1):
            if stack[index] is MARK:
                items = stack[index + 1 :]
                del stack[index:]
                return items
        raise IndexError("no mark on the stack")

    def _named(self) -> Any:
        name, module = self.stack.pop(), self.stack.pop()
        if isinstance(module, str) and isinstance(name, str):
            return Import(module, name)
        self._tell(
            f"{module if isinstance(module, str) else '?'}.{name if isinstance(name, str) else '?'}",
            "dangerous",
            "is an import whose name is put together while loading",
        )
        return OTHER

    def _import(self, wanted: Any) -> Any:
        if not isinstance(wanted, Import):
            return wanted
        self.trace.imports += 1
        if wanted.full not in (
            "builtins.getattr",
            "__builtin__.getattr",
            *_GETTERS,
        ):  # graded by what they are called with
            found = grade(wanted.module, wanted.name)
            self._tell(wanted.full, found.grade, found.why)
        return wanted

    def _call(self, called: Any, args: Any, verb: str) -> Made:
        self.trace.calls += 1
        given = args if isinstance(args, tuple) else ()
        if isinstance(called, Import):
            self._look_at(called, given)
        elif isinstance(called, Made) and verb == "calls":
            maker = called.by
            if isinstance(maker, Import) and maker.name == "_builtin_type" and maker.module.startswith("cloudpickle"):
                if called.args and called.args[0] == "CodeType":
                    self._look_at(Import("types", "CodeType"), given)
            elif not (isinstance(maker, Import) and maker.full in _HARMLESS_MAKERS):
                what = maker.full if isinstance(maker, Import) else "something made while loading"
                self._tell(
                    f"{what}(…)(…)", "dangerous", "calls what it has just made: code of its own runs while loading"
                )
        elif called is OTHER and verb == "calls":
            self._tell("something computed", "dangerous", "calls what is found out only while loading")
        return Made(called, given)

    def _look_at(self, called: Import, given: tuple[Any, ...]) -> None:
        full = called.full
        if full in ("builtins.getattr", "__builtin__.getattr"):
            plain = len(given) == 2 and _plain(given[1]) and not isinstance(given[0], str)
            if plain and isinstance(given[0], Import) and grade(*given[0]).grade == "dangerous":
                plain = False
            self._tell(
                full,
                "unknown" if plain else "dangerous",
                f"takes '{given[1]}' of an object" if plain else "reaches from harmless objects to dangerous ones",
            )
        elif full in _GETTERS:
            plain = bool(given) and all(_plain(word) for word in given[:1])
            self._tell(
                full,
                "unknown" if plain else "dangerous",
                f"takes '{given[0]}' of an object" if plain else "reaches from harmless objects to dangerous ones",
            )
        elif full in _LOADERS and given and isinstance(given[0], bytes):
            self.trace.nested(given[0], self.at)
        elif full.startswith("cloudpickle.") and called.name == "subimport" and given and isinstance(given[0], str):
            self._tell(f"module {given[0]}", "unknown", "is imported for code of its own")
        elif full in ("types.CodeType", "builtins.code") or called.name in ("_make_code", "CodeType"):
            for word in bad_words(tuple(name for part in given if isinstance(part, tuple) for name in part)):
                self._tell(f"code using {word}", "dangerous", "is in code of its own that the file brings")

    def _build(self, state: Any) -> None:
        target = self.stack[-1]
        if isinstance(target, Import):
            self._tell(target.full, "dangerous", "is changed itself while loading, for the whole program")
        elif isinstance(target, Made):
            target.state = state
            if isinstance(target.by, Import) and target.by.name == "NumpyArrayWrapper":
                inner = numpy_arrays.step_over(self.stream, state.items if isinstance(state, Dict) else {})
                if inner:
                    follow(self.stream, self.trace, self.base)
                target.by = OTHER

    def _tell(self, what: str, how: Grade, why: str) -> None:
        self.trace.report(what[:300], how, why, self.at)


_GETTERS = ("operator.attrgetter", "operator.methodcaller", "_operator.attrgetter", "_operator.methodcaller")
# what these return only gives data when it is called
_HARMLESS_MAKERS = ("operator.itemgetter", "_operator.itemgetter")


def _plain(word: Any) -> bool:
    if not isinstance(word, str) or not word.isidentifier() or word.startswith("_"):
        return False
    return grade("sklearn", word).grade == "safe"


class _Reader:
    """The stream as pickletools reads it, with bounds."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > 1 << 26:
            raise ValueError(f"a value of {size:,} bytes")
        return self._stream.read(size)

    def readline(self) -> bytes:
        line = self._stream.readline(MAX_LINE)
        if not line.endswith(b"\n"):
            raise ValueError("a line without an end")
        return line

    def exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise EOFError("the pickle ends inside a value")
        return data

    def skip(self, size: int) -> None:
        numpy_arrays.skip(self._stream, size)


def starts(head: bytes) -> bool:
    """Say whether bytes begin as a pickle of protocol 2 or later does."""
    return len(head) >= 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def in_memory(data: bytes) -> BinaryIO:
    """Return bytes as a stream."""
    return io.BytesIO(data)
