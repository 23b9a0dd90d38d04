"""The home folder: where a studio keeps everything, and where CLI and SDK find it."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError


class HomeUnusable(StudioloError):
    """The home folder cannot be made or written."""

    code, status, title = "home.unusable", 500, "The home folder cannot be used"


class Home:
    """The files that processes of one studio share by name.

    `studio.json`: where the server answers; `token`: the owner's API token (mode 0600);
    `content.key`: signs addresses of the second origin; `logs/`, `attempts/`, `blobs/`.
    """

    def __init__(self, root: Path | None = None) -> None:
        chosen = root or Path(os.environ.get("STUDIOLO_HOME") or "~/.studiolo")
        self.root = chosen.expanduser().resolve()

    def prepare(self) -> None:
        """Make the folders, readable by the owner only."""
        self._refuse_foreign()
        try:
            for folder in (self.root, self.root / "attempts", self.root / "blobs", self.root / "logs"):
                folder.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
            probe = self.root / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise HomeUnusable(
                f"{self.root}: {error.strerror or error}.",
                "Choose another folder with --home or STUDIOLO_HOME.",
                field="home",
            ) from error

    def _refuse_foreign(self) -> None:
        """Refuse a folder that holds other things: it would become readable by its owner only (think of --home /tmp)."""
        try:
            names = {path.name for path in self.root.iterdir() if not path.name.startswith(".")}
            names -= {"lost+found", "cache"}  # the SDK keeps digests of what it sent there, also for a studio elsewhere
        except OSError:
            return  # not there yet, or no folder: prepare says so
        if names and names.isdisjoint({"blobs", "attempts", "studiolo.db", "studio.json", "token"}):
            raise HomeUnusable(
                f"{self.root} holds other things ({', '.join(sorted(names)[:3])}) and was never a studio's home.",
                "Choose an empty or a new folder with --home or STUDIOLO_HOME.",
                field="home",
            )

    @property
    def state(self) -> Path:
        """The file that says where the server answers."""
        return self.root / "studio.json"

    def read_state(self) -> dict[str, Any]:
        """Return what `studiolo up` wrote, or nothing."""
        try:
            found = json.loads(self.state.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_state(self, state: dict[str, Any]) -> None:
        """Say where the server answers."""
        self._write("studio.json", json.dumps(state, indent=2) + "\n", 0o600)

    def url(self) -> str | None:
        """Return the server's address, when one was started with this home."""
        value = self.read_state().get("url")
        return str(value) if value else None

    def token(self) -> str | None:
        """Return the owner's token."""
        try:
            return (self.root / "token").read_text("utf-8").strip() or None
        except OSError:
            return None

    def write_token(self, token: str) -> None:
        """Keep the owner's token for CLI and SDK on this machine."""
        self._write("token", token + "\n", 0o600)

    def key(self, name: str) -> bytes:
        """Return a secret of this studio that its processes share; made when it is first asked for (mode 0600)."""
        place = self.root / f"{name}.key"
        try:
            return bytes.fromhex(place.read_text("ascii"))
        except FileNotFoundError:
            pass
        part = f".{name}.key.{os.getpid()}.{secrets.token_hex(4)}"
        self._write(part, secrets.token_hex(32), 0o600)
        with contextlib.suppress(FileExistsError):  # another process was first: its key is the key
            os.link(self.root / part, place)
        (self.root / part).unlink()
        return bytes.fromhex(place.read_text("ascii"))

    def _write(self, name: str, text: str, mode: int) -> None:
        part = self.root / f".{name}.{os.getpid()}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.root / name)
