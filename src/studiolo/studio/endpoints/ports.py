"""Which port an endpoint gets."""

import errno
import socket

from studiolo.kernel.settings import Settings
from studiolo.studio.endpoints.errors import BadEndpoint, NoPort, PortTaken


def choose(settings: Settings, wanted: int, taken: set[int]) -> int:
    """Return the port asked for, or the first free one of the settings' range; taken: what other endpoints have.

    Raises PortTaken, NoPort.
    """
    if wanted:
        if wanted in taken:
            raise PortTaken(f"Port {wanted} belongs to another endpoint.", "Choose another, or none.", field="port")
        if not is_free(settings.endpoint_host, wanted):
            raise PortTaken(
                f"Port {wanted} is used by another program, or not allowed here.",
                "End that program, or choose another port, or none.",
                field="port",
            )
        return wanted
    for port in span(settings.endpoint_ports):
        if port not in taken and is_free(settings.endpoint_host, port):
            return port
    raise NoPort(
        f"All ports of {settings.endpoint_ports} are taken.", "Widen STUDIOLO_ENDPOINT_PORTS, or delete an endpoint."
    )


def span(text: str) -> range:
    """Read a range such as 8600-8999.

    >>> len(span("8600-8609"))
    10
    """
    first, _, last = text.partition("-")
    try:
        found = range(int(first), int(last or first) + 1)
    except ValueError:
        found = range(0)
    if not found or found[0] < 1 or found[-1] > 65535:
        raise BadEndpoint(
            f"STUDIOLO_ENDPOINT_PORTS={text!r} is no range of ports.", "Write first-last, e.g. 8600-8999."
        )
    return found


def is_free(host: str, port: int) -> bool:
    """Say whether a port can be listened on now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True
