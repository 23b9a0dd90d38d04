"""The web process: opens the studio, says where it answers, serves until it is told to stop."""

import argparse
import gc
import logging
import os
import socket
import sys

import uvicorn

from studiolo.kernel import settings as settings_module
from studiolo.kernel.auth import repository, service
from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.secrets import digest
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.home import Home
from studiolo.kernel.secrets import scrubbing
from studiolo.kernel.settings import Settings
from studiolo.server.app import build_app, open_services
from studiolo.server.protocol import KEEP_ALIVE, Protocol

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class AccountsNeeded(StudioloError):
    """The studio would be open to the network with nobody able to sign in by password."""

    code, status, title = "server.accounts_needed", 500, "Accounts are needed"


class ContentPortTaken(StudioloError):
    """The port of the second origin cannot be used."""

    code, status, title = "server.content_port", 500, "The port cannot be used"


def main() -> None:
    """Serve; ends with code 2 and a sentence when the studio cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m studiolo.server")
    parser.add_argument("--fd", type=int, help="a listening socket to serve on")
    parser.add_argument("--content-fd", type=int, help="a listening socket of the second origin")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = settings_module.load()
        second = _second(settings, arguments.content_fd)
        settings = settings.model_copy(update={"content_port": second.getsockname()[1]})
        services = open_services(settings)
        _check_accounts(services)
        welcome(services)
        app = build_app(services)
    except StudioloError as error:
        sys.stderr.write(f"error: {error.detail}\n  {error.hint}\n")
        sys.exit(2)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=Protocol,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=3,
    )
    scrubbing.install()  # after uvicorn has its handlers
    first = socket.socket(fileno=arguments.fd) if arguments.fd is not None else config.bind_socket()
    gc.collect()
    gc.freeze()  # what is loaded stays: to look through all of it for garbage would hold up every answer for a seventh of a second
    uvicorn.Server(config).run(sockets=[first, second])


def _second(settings: Settings, descriptor: int | None) -> socket.socket:
    """Return the socket of the second origin: the one that was handed over, or a new one."""
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((settings.host, settings.content_port))
    except OSError as error:
        raise ContentPortTaken(
            f"Port {settings.content_port} of {settings.host}, for the second origin: {error.strerror or error}.",
            "Choose another with STUDIOLO_CONTENT_PORT; 0 takes a free one.",
        ) from None
    return made


def welcome(services: Services) -> None:
    """Make the first account and its token, and say in the home folder where the server answers."""
    settings, home = services.settings, Home(services.settings.home)
    account_id = service.found(services.db, services.clock)
    kept = home.token()
    with services.db.read() as tx:
        known = repository.token(tx, digest(kept)) if kept else None
    if known is None or known.revoked_at is not None:
        with services.db.begin() as tx:
            home.write_token(service.create_token(tx, services.clock, account_id, "this machine"))
    home.write_state({"url": settings.url or f"http://{settings.host}:{settings.port}", "pid": os.getpid()})


def _check_accounts(services: Services) -> None:
    if services.settings.host in LOOPBACK:
        return
    with services.db.read() as tx:
        if repository.has_password(tx):
            return
    raise AccountsNeeded(
        f"{services.settings.host} can be reached from other machines, and no account has a password.",
        "Start on 127.0.0.1 first and make one: studiolo workspace set-password owner",
    )
