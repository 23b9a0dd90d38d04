"""Addresses that a library of somebody else will connect to, judged before it does."""

from urllib.parse import urlsplit

from studiolo.kernel import outbound
from studiolo.studio.datastores.errors import HostNotFound
from studiolo.studio.datastores.kinds._web import SETTING
from studiolo.studio.datastores.spec import Surroundings


def judged(url: str, about: Surroundings) -> None:
    """Judge the host of a URL; raises AddressRefused, HostNotFound.

    The library looks the name up again by itself: who rules the name could answer differently then. Where that matters,
    STUDIOLO_DATASTORE_PRIVATE=false and a firewall belong together.
    """
    parts = urlsplit(url)
    judged_host(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), about)


def judged_host(host: str, port: int, about: Surroundings) -> None:
    """Judge a host and port."""
    try:
        outbound.judge_host(host, port, private=about.private, setting=SETTING)
    except (OSError, UnicodeError):
        raise HostNotFound(
            f"The host {host[:200]} is not known.", "Check its spelling, and that this machine can look it up."
        ) from None
