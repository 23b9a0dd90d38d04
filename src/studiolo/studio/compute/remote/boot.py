"""What starts the agent on a machine: it ships the runner's files there, once per version, and becomes the agent."""

import base64
import hashlib
import json
import shlex
from pathlib import Path
from typing import Any

from studiolo.runner import agent
from studiolo.studio.compute.remote.session import ContactLost, Unable

_BOOT = b"""
import json, os, shutil, sys
def say(**said):
    sys.stdout.write("@studiolo " + json.dumps(said) + "\\n"); sys.stdout.flush()
if sys.version_info < (3, 10):
    say(error="Its Python is %d.%d; the runner needs 3.10 or newer." % sys.version_info[:2]); sys.exit(3)
given = json.loads(sys.stdin.buffer.readline())
root = os.path.abspath(os.path.expanduser(given["root"]))
place = os.path.join(root, "runner", given["hash"])
try:
    if not os.path.isdir(place):
        part = "%s.%d" % (place, os.getpid())
        os.makedirs(part, 0o700)
        for name, text in given["files"].items():
            with open(os.path.join(part, name), "w", encoding="utf-8") as file: file.write(text)
        try: os.rename(part, place)
        except OSError: shutil.rmtree(part)
except OSError as error:
    say(error="%s cannot be used: %s." % (root, error.strerror)); sys.exit(3)
say(place=place)
os.execv(sys.executable, [sys.executable, "-I", "-S", os.path.join(place, "agent.py"), "serve", root, *given["words"]])
"""


def command(python: str) -> list[str]:
    """Return the command that boots an agent; it reads `greeting` first."""
    boot = base64.b64encode(_BOOT).decode()
    return [python, "-I", "-S", "-c", f'exec(__import__("base64").b64decode("{boot}"))']


def line(python: str) -> str:
    """Return that command for a shell."""
    return f"exec {shlex.join(command(python))}"


def greeting(root: str, words: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what the boot is told first. words: more of the agent's command line."""
    folder = Path(agent.__file__).parent
    files = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}
    mark = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
    return {"root": root, "hash": mark, "files": files, "words": list(words)}


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of the agent; raises Unable when it says that it cannot, ContactLost for what it asks in vain itself."""
    if "error" in answer:
        raise Unable(str(answer["error"]))
    if "away" in answer:
        raise ContactLost(str(answer["away"]))
    return answer
