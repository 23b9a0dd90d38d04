"""Takes secrets out of what the studio itself writes: its logs, and the errors that it answers with.

What a process has sealed or opened it remembers, the newest few hundred, and never writes down as it is. This is a second
line: the first is that no code puts a secret into a message. A driver's error, which quotes an address with its password, does.
"""

import logging
import threading
from collections import OrderedDict

from studiolo.runner import scrub

_MOST = 300
_lock = threading.Lock()
_values: OrderedDict[str, None] = OrderedDict()
_patterns: list[bytes] = []


def remember(value: str) -> None:
    """Take a value out of all that this process writes from now on."""
    global _patterns
    with _lock:
        known = value in _values
        _values[value] = None
        _values.move_to_end(value)
        if known:
            return
        if len(_values) > _MOST:
            _values.popitem(last=False)
        _patterns = scrub.patterns(_values)


def forget() -> None:
    """Forget every value: for a test that begins, whose words another test has used as secrets."""
    global _patterns
    with _lock:
        _values.clear()
        _patterns = []


def clean(text: str) -> str:
    """Return a text without the secrets that this process knows."""
    known = _patterns
    return (
        scrub.scrub(text.encode("utf-8", "surrogateescape"), known).decode("utf-8", "surrogateescape")
        if known
        else text
    )


def clean_bytes(text: bytes) -> bytes:
    """Return an encoded text without the secrets that this process knows."""
    return scrub.scrub(text, _patterns) if _patterns else text


class Formatter(logging.Formatter):
    """Formats as another formatter does, tracebacks included, and takes secrets out of the result."""

    def __init__(self, inner: logging.Formatter | None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without secrets."""
        return clean(self._inner.format(record))


def install() -> None:
    """Let everything that the process logs so far or through these handlers go through the formatter; safe to repeat."""
    named = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    for logger in (logging.root, *named):
        for handler in logger.handlers:
            if not isinstance(handler.formatter, Formatter):
                handler.setFormatter(Formatter(handler.formatter))
