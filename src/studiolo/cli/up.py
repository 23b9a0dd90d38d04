"""`studiolo up`: starts server and controller, prints the way in, and starts them again when one of them falls."""

import contextlib
import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel import settings as settings_module
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.home import Home
from studiolo.kernel.settings import Settings
from studiolo.kernel.terminal import Output, OutputOption, out, show

START_SECONDS = 60.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class PortTaken(StudioloError):
    """Something else listens on the port."""

    code, status, title = "up.port_taken", 409, "The port is taken"


class BadHost(StudioloError):
    """The host is no address of this machine."""

    code, status, title = "up.bad_host", 422, "The host cannot be used"


class AlreadyUp(StudioloError):
    """A studio with this home is running."""

    code, status, title = "up.already", 409, "The studio is up already"


class DidNotStart(StudioloError):
    """The server ended before it answered."""

    code, status, title = "up.did_not_start", 500, "The studio did not start"


def up(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Folder of everything the studio keeps.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; other than loopback needs accounts.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the studio in the browser.")] = True,
    output: OutputOption = Output.table,
) -> None:
    """Start the studio and print the link that signs you in. Ctrl-C stops it; jobs that run go on."""
    home = home or context.find_root().params.get("home")
    settings = settings_module.load(home=home, host=host, port=port)
    place = Home(settings.home)
    place.prepare()
    with _alone(place), _listen(settings) as listener, _listen_beside(settings, listener) as second:
        studio = Processes(settings, place, listener, second)
        try:
            studio.start()
            link = studio.login_link()
            if output is Output.json:
                show({"url": studio.url, "link": link, "home": str(place.root)}, output=output)
                sys.stdout.flush()
            else:
                out.print(f"Studiolo is up at {studio.url}  (home {place.root})", markup=False)
                out.print(f"Sign in once with: {link}", markup=False, highlight=False)
                out.print("Ctrl-C stops the studio; jobs that run go on.", style="dim")
            if browser and sys.stdout.isatty():
                import webbrowser

                webbrowser.open(link)
            studio.keep()
        finally:
            studio.stop()


class Processes:
    """The server and the controller of one home, as children of this process."""

    def __init__(self, settings: Settings, home: Home, listener: socket.socket, second: socket.socket) -> None:
        self._settings = settings
        self._home = home
        self._listener = listener
        self._second = second
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._stopping = False
        self._keeping = False  # from then on a signal is looked at between two looks at the children
        shown = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 - asks, does not bind
        self.port = int(listener.getsockname()[1])
        self.url = f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"

    def start(self) -> None:
        """Start both; returns when the server answers. Raises DidNotStart with the last lines of its log."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._spawn("server")
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._children["server"].poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(self._last_words("server"), f"The whole log: {self._log('server')}")
            time.sleep(0.02)
        self._spawn("controller")

    def login_link(self) -> str:
        """Ask the server for a one-time login link."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", "/api/session/link", headers={"Authorization": f"Bearer {self._home.token()}"})
            return str(json.loads(connection.getresponse().read())["url"])

    def keep(self) -> None:
        """Watch over both until told to stop; one that falls is started again, slower each time it falls at once."""
        pause: dict[str, float] = {}
        self._keeping = True
        while not self._stopping:
            for name, child in list(self._children.items()):
                if child.poll() is None or self._stopping:
                    continue
                lived = time.monotonic() - self._started[name]
                pause[name] = 0.2 if lived > 10 else min(10.0, pause.get(name, 0.1) * 2)
                out.print(f"the {name} ended with code {child.returncode}; starting it again", style="yellow")
                time.sleep(pause[name])
                if not self._stopping:
                    self._spawn(name)
            time.sleep(0.1)

    def stop(self) -> None:
        """End both."""
        self._stopping = True
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        for child in self._children.values():
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._children:
            self._home.state.unlink(missing_ok=True)

    def _on_signal(self, *_: object) -> None:
        self._stopping = True
        if not self._keeping:
            raise KeyboardInterrupt

    def _spawn(self, name: str) -> None:
        environ = os.environ | {
            "STUDIOLO_HOME": str(self._home.root),
            "STUDIOLO_HOST": self._settings.host,
            "STUDIOLO_PORT": str(self.port),
            "STUDIOLO_CONTENT_PORT": str(self._second.getsockname()[1]),
            "STUDIOLO_URL": self._settings.url or self.url,
        }
        environ.pop("STUDIOLO_TOKEN", None)
        # -P: what is in the folder where we were started is none of our modules
        command = [sys.executable, "-P", "-m", f"studiolo.{name}"]
        keep: tuple[int, ...] = ()
        if name == "server":
            keep = (self._listener.fileno(), self._second.fileno())
            command += ["--fd", str(keep[0]), "--content-fd", str(keep[1])]
        with self._log(name).open("ab") as log:
            self._children[name] = subprocess.Popen(
                command,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=keep,
                start_new_session=True,
            )
        self._started[name] = time.monotonic()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=5)
        if self._children["server"].poll() is not None or not self._home.read_state().get("url"):
            return False
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _log(self, name: str) -> Path:
        return self._home.root / "logs" / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text("utf-8", "replace").splitlines()
        said = [line.removeprefix("error: ") for line in lines[-3:] if line.startswith(("error: ", "  "))]
        return " ".join(said).strip() or "The server ended before it answered: " + " / ".join(lines[-3:])


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Hold the home: two studios on one would fight."""
    with (home.root / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyUp(
                f"A studio with the home {home.root} is running at {home.url() or 'its port'}.",
                "Use it (studiolo login), or choose another folder with --home.",
                field="home",
            ) from None
        home.state.unlink(missing_ok=True)
        yield


@contextmanager
def _listen(settings: Settings) -> Iterator[socket.socket]:
    """Bind the port here, so that a server which falls and comes back keeps it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(
                    f"Port {settings.port} of {settings.host} is taken{_by_whom(settings)}.",
                    f"Choose another: studiolo up --port {settings.port + 1} (or --port 0 for a free one).",
                    field="port",
                ) from None
            raise BadHost(
                f"{settings.host}:{settings.port} cannot be used: {error.strerror or error}.",
                "Use 127.0.0.1, or an address of this machine; ports below 1024 need rights.",
                field="host",
            ) from None
        listener.listen(1024)
        listener.set_inheritable(True)
        yield listener


@contextmanager
def _listen_beside(settings: Settings, first: socket.socket) -> Iterator[socket.socket]:
    """Bind the port of the second origin: the one that is set, else the next free one after the first."""
    host, port = first.getsockname()[:2]
    wanted = settings.content_port
    for candidate in [wanted] if wanted else [*range(port + 1, min(port + 20, 65536)), 0]:
        with socket.socket(first.family) as second:
            second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                second.bind((host, candidate))
            except OSError as error:
                if wanted:
                    raise PortTaken(
                        f"Port {wanted} of {host}, for the second origin: {error.strerror or error}.",
                        "Choose another with STUDIOLO_CONTENT_PORT; without it a free one is taken.",
                        field="content_port",
                    ) from None
                continue
            second.listen(1024)
            second.set_inheritable(True)
            yield second
            return


def _by_whom(settings: Settings) -> str:
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        connection = http.client.HTTPConnection(settings.host, settings.port, timeout=1)
        connection.request("GET", "/health")
        if b'"version"' in connection.getresponse().read(2000):
            return " by another Studiolo"
    return ""
