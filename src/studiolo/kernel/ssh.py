"""Connections by SSH to machines that users name: the address is judged, the host's key is pinned and never taken on trust."""

import base64
import hashlib
import io
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.kernel import outbound
from studiolo.kernel.errors import Invalid, MissingExtra, StudioloError

CONNECT_SECONDS = 15.0
KEEP_ALIVE_SECONDS = 15


class HostKeyUnknown(StudioloError):
    """The host shows another key than the pinned one, or none is pinned."""

    code, status, title = "ssh.host_key", 502, "The host is not known by its key"


class SignInRefused(StudioloError):
    """The host does not let the user in."""

    code, status, title = "ssh.refused", 502, "The host did not let the studio in"


class HostAway(StudioloError):
    """The host cannot be reached, or does not answer."""

    code, status, title = "ssh.away", 502, "The host does not answer"


class KeyInvalid(Invalid):
    """A private key that cannot be read."""

    code, title = "ssh.key_invalid", "The private key cannot be read"


@dataclass(frozen=True, slots=True)
class Address:
    """A host, who signs in there, and the pinned key: `SHA256:…` or a line of known_hosts.

    private: whether addresses that are not public may be asked; setting: the one that says so.
    """

    host: str
    port: int
    user: str
    pin: str
    private: bool = True
    setting: str = ""

    def __str__(self) -> str:
        """Return host and port, for sentences."""
        return f"{self.host}:{self.port}"


def read_key(text: str, passphrase: str | None) -> Any:
    """Return a private key, OpenSSH or PEM; raises KeyInvalid, whose field is `private_key` or `passphrase`."""
    paramiko = _library()
    if text.lstrip().startswith(("ssh-", "ecdsa-", "sk-")):
        raise KeyInvalid(
            "That is a public key: paste the private one, the file without .pub.",
            "The public key belongs into ~/.ssh/authorized_keys of the host.",
            field="credentials.private_key",
        )
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.strip() + "\n"), password=passphrase or None)
        except paramiko.PasswordRequiredException:
            raise KeyInvalid(
                "The private key is locked.", "Write its passphrase too.", field="credentials.passphrase"
            ) from None
        except Exception:  # noqa: BLE001, S112 - each class raises something else for a key of another kind
            continue
    raise KeyInvalid(
        "The private key cannot be read: paste the whole file, from BEGIN to END.",
        "It is an OpenSSH or PEM key: Ed25519, ECDSA or RSA; check the passphrase.",
        field="credentials.private_key",
    )


def connect(at: Address, credentials: Mapping[str, str]) -> Any:
    """Return an open, signed-in paramiko Transport.

    Raises HostAway, HostKeyUnknown, SignInRefused, KeyInvalid, AddressRefused, MissingExtra.
    """
    paramiko = _library()
    key = read_key(credentials["private_key"], credentials.get("passphrase")) if "private_key" in credentials else None
    try:
        outbound.judge_host(at.host, at.port, private=at.private, setting=at.setting)
        link = socket.create_connection((at.host, at.port), CONNECT_SECONDS)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise HostAway(f"{at} cannot be reached: {said}.", "Is it on, and does SSH listen there?") from None
    transport = paramiko.Transport(link)
    transport.daemon = True
    transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = CONNECT_SECONDS
    try:
        transport.start_client(timeout=CONNECT_SECONDS)
        check_key(str(at), at.pin, transport.get_remote_server_key())
        if key is not None:
            transport.auth_publickey(at.user, key)
        else:
            transport.auth_password(at.user, credentials.get("password", ""), fallback=True)
    except StudioloError:
        transport.close()
        raise
    except paramiko.BadAuthenticationType as error:
        transport.close()
        raise SignInRefused(
            f"{at} does not take this way to sign in.", f"It takes {', '.join(error.allowed_types)}."
        ) from None
    except paramiko.AuthenticationException:
        transport.close()
        raise SignInRefused(f"{at} did not let '{at.user}' in.", "Check user, key and password.") from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        transport.close()
        raise HostAway(f"{at} does not answer as an SSH server: {error}.", "Check host and port.") from None
    transport.set_keepalive(KEEP_ALIVE_SECONDS)
    return transport


_PIN = re.compile(r"SHA256:[A-Za-z0-9+/]+=*|(\S+\s+)*(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+\s+AAAA\S+.*")


def is_pin(text: str) -> bool:
    """Say whether a text may be a host key: its mark (`SHA256:…`), a public key, or a line of known_hosts.

    >>> is_pin("SHA256:uB+obz"), is_pin("host ssh-ed25519 AAAAC3Nz"), is_pin("MD5:ab:cd")
    (True, True, False)
    """
    return _PIN.fullmatch(text.strip()) is not None


def check_key(where: str, pin: str, key: Any) -> None:
    """Compare the key that a host shows with the pinned one; raises HostKeyUnknown. where: the host, for the sentence."""
    mark = "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    pin = pin.strip()
    if not pin:
        raise HostKeyUnknown(
            f"No host key is pinned; {where} shows {mark} ({key.get_name()}).",
            f"Compare it on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then write it as the host key: {mark}",
        )
    if pin.rstrip("=") != mark and f"{key.get_name()} {key.get_base64()}" not in pin:
        raise HostKeyUnknown(
            f"{where} shows the key {mark}, which is not the pinned one.",
            "If the host was set up anew, write its new key; else somebody stands in between.",
        )


def _library() -> Any:
    try:
        import paramiko
    except ModuleNotFoundError:
        raise MissingExtra("SSH", "sftp") from None
    return paramiko
