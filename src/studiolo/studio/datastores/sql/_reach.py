"""Where a database is: its host judged once, and the address that the connection then goes to."""

import socket
from typing import Any

from studiolo.kernel import outbound
from studiolo.studio.datastores.errors import HostNotFound
from studiolo.studio.datastores.kinds._web import SETTING
from studiolo.studio.datastores.spec import Surroundings


def addresses(host: str, port: int, about: Surroundings) -> list[str]:
    """Look a host up and judge it; raises AddressRefused, HostNotFound."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise HostNotFound(
            f"The host {host[:200]} is not known.", "Check its spelling, and that this machine can look it up."
        ) from None
    texts = list(dict.fromkeys(str(item[4][0]) for item in found))
    outbound.judge(host, texts, private=about.private, setting=SETTING, link_local=False)
    return texts


def place(config: Any, default: int) -> tuple[str, int, str]:
    """Return host, port and how a sentence calls them."""
    host, port = str(config["host"]), int(config.get("port") or default)
    return host, port, f"{host}:{port}"
