"""Mail to a real SMTP server that asks for encryption and a login."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from studiolo.kernel.context import Context
from studiolo.studio.workspace.notices import mailing, service
from studiolo.studio.workspace.notices.schemas import MailSettingsChange
from tests.studio.workspace.test_notices import allowed, post

pytest.importorskip("aiosmtpd", reason="the package aiosmtpd is not installed")

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

PASSWORD = "kanarie-mail-77+ü"  # not all of ASCII: what smtplib would not send by itself


class Box:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.mails: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        del server, session
        self.mails.append(envelope.content.decode())
        return "250 taken"


class Running(Controller):
    """On a port that is free."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    del server, session, envelope, mechanism
    assert isinstance(data, LoginPassword)
    good = (data.login, data.password) == (b"studio", PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of localhost that signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(params=["starttls", "tls"])
def server(request: pytest.FixtureRequest, certificate: Path) -> Iterator[tuple[str, int, Box]]:
    """A server that takes mail after encryption and a login only; its security, port and box."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    box = Box()
    common: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0, "authenticator": login, "auth_required": True}
    if request.param == "tls":
        running = Running(box, ssl_context=context, auth_require_tls=False, **common)
    else:
        running = Running(box, tls_context=context, require_starttls=True, **common)
    running.start()
    yield request.param, running.port, box
    running.stop()


def settings(security: str, port: int, password: str = PASSWORD, host: str = "localhost") -> MailSettingsChange:
    values = {"host": host, "port": port, "security": security, "sender": "studio@example.org"}
    return MailSettingsChange.model_validate(values | {"username": "studio", "password": password})


def test_a_mail_arrives_over_tls_after_a_login(
    ctx: Context, server: tuple[str, int, Box], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    security, port, box = server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ctx, _ = allowed(ctx)
    service.set_mail(ctx, settings(security, port))
    tried = service.try_mail(ctx, "ann@example.org")
    assert tried.ok, tried.detail
    post(ctx, mail_to=("ann@example.org",))
    assert mailing.send_due(ctx, wait=True)
    assert [one.state for one in service.outbox(ctx).items] == ["sent"]
    assert "Subject: [default] sales drifts" in box.mails[1]


def test_a_wrong_password_is_said_and_nothing_is_sent(
    ctx: Context, server: tuple[str, int, Box], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    security, port, box = server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ctx, clock = allowed(ctx)
    service.set_mail(ctx, settings(security, port, "guessed-wrong"))
    tried = service.try_mail(ctx, "ann@example.org")
    assert not tried.ok
    assert "refused user name or password" in tried.detail
    assert "guessed-wrong" not in tried.model_dump_json()
    post(ctx, mail_to=("ann@example.org",))
    mailing.send_due(ctx, wait=True)
    (waiting,) = service.outbox(ctx).items
    assert (waiting.state, waiting.attempts) == ("pending", 1)  # the owner may put it right
    service.set_mail(ctx, settings(security, port))
    clock.advance(3600)
    mailing.send_due(ctx, wait=True)
    assert [one.state for one in service.outbox(ctx).items] == ["sent"]
    assert len(box.mails) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(ctx: Context, server: tuple[str, int, Box]) -> None:
    security, port, box = server
    ctx, _ = allowed(ctx)
    service.set_mail(ctx, settings(security, port))
    tried = service.try_mail(ctx, "ann@example.org")
    assert not tried.ok
    assert "certificate" in tried.detail
    assert box.mails == []


def test_a_certificate_of_another_name_is_refused(
    ctx: Context, server: tuple[str, int, Box], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    security, port, box = server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ctx, _ = allowed(ctx)
    service.set_mail(ctx, settings(security, port, host="127.0.0.1"))
    tried = service.try_mail(ctx, "ann@example.org")
    assert not tried.ok
    assert "certificate" in tried.detail
    assert box.mails == []
