"""Signing in by SSH, against a small server of paramiko's that takes a password; keys are tried with OpenSSH's elsewhere."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from studiolo.kernel import ssh
from studiolo.kernel.outbound import AddressRefused

paramiko = pytest.importorskip("paramiko")


class Door(paramiko.ServerInterface):  # type: ignore[misc]
    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == ("me", "open")
        return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)


@pytest.fixture
def at() -> Iterator[ssh.Address]:
    key = paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    link, _ = listening.accept()
                except OSError:
                    return
                transport = paramiko.Transport(link)
                transport.add_server_key(key)
                try:
                    transport.start_server(server=Door())
                except (
                    paramiko.SSHException,
                    EOFError,
                    OSError,
                ):  # the client has gone, which is what most of these tests want
                    continue

        threading.Thread(target=serve, daemon=True).start()
        yield ssh.Address("127.0.0.1", listening.getsockname()[1], "me", f"{key.get_name()} {key.get_base64()}")
        listening.shutdown(socket.SHUT_RDWR)


def test_a_password_lets_in_and_a_wrong_one_does_not(at: ssh.Address) -> None:
    transport = ssh.connect(at, {"password": "open"})
    assert transport.is_authenticated()
    transport.close()
    with pytest.raises(ssh.SignInRefused, match="did not let 'me' in"):
        ssh.connect(at, {"password": "wrong"})


def test_a_way_that_the_host_does_not_take_is_named(at: ssh.Address) -> None:
    import io

    key = io.StringIO()
    paramiko.RSAKey.generate(2048).write_private_key(key)
    with pytest.raises(ssh.SignInRefused) as refused:
        ssh.connect(at, {"private_key": key.getvalue()})
    assert "password" in refused.value.hint


def test_no_password_is_sent_to_a_host_that_is_not_known(at: ssh.Address) -> None:
    for pin in ("", "SHA256:" + "A" * 43):
        with pytest.raises(ssh.HostKeyUnknown, match="SHA256:"):
            ssh.connect(replace(at, pin=pin), {"password": "open"})


def test_what_is_no_ssh_server_is_said_to_be_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            link, _ = listening.accept()
            link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            link.close()

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(ssh.HostAway, match="does not answer as an SSH server"):
            ssh.connect(ssh.Address("127.0.0.1", listening.getsockname()[1], "me", "x"), {"password": "open"})


def test_private_addresses_are_a_matter_of_a_setting(at: ssh.Address) -> None:
    with pytest.raises(AddressRefused):
        ssh.connect(replace(at, private=False, setting="STUDIOLO_COMPUTE_PRIVATE"), {"password": "open"})


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----"]
)
def test_what_is_no_key_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(ssh.KeyInvalid) as refused:
        ssh.read_key(text, None)
    assert refused.value.field == "credentials.private_key"
