"""Mail: from the outbox to the mail server, at least once, a few attempts.

A mail whose sending was cut off is sent again under the same Message-ID, by which mail programs tell repetitions.
"""

import base64
import ipaddress
import logging
import smtplib
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.outbound import AddressRefused, public
from studiolo.kernel.secrets.envelope import unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.workspace.notices import repository
from studiolo.studio.workspace.notices.schemas import MailTried

log = logging.getLogger(__name__)
SETTING = "STUDIOLO_MAIL_PRIVATE"
THREADS = 2
SECONDS = 20.0
LEASE = timedelta(seconds=120)
ATTEMPTS = 8
WORST_PAUSE = 3600.0
KEEP, NEWS = timedelta(days=90), timedelta(days=3)
_threads = ThreadPoolExecutor(THREADS, "mail")
_sending: set[str] = set()
_swept: dict[str, datetime] = {}


class _Smtp(smtplib.SMTP):
    """Connects to the addresses that were judged; TLS is still checked against the name."""

    addresses: tuple[str, ...] = ()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connect(self.addresses, port, timeout)


class _SmtpTls(smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""

    addresses: tuple[str, ...] = ()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = _connect(self.addresses, port, timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


def _connect(addresses: tuple[str, ...], port: int, timeout: float) -> socket.socket:
    last: OSError = OSError("it has no address")
    for address in addresses[:4]:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            last = error
    raise last


def check_host(ctx: Context, host: str) -> None:
    """Refuse an address that may not be asked, where it can be told from the name alone."""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    _judge(ctx, host, [str(literal)])


def _judge(ctx: Context, host: str, addresses: list[str]) -> tuple[str, ...]:
    for address in addresses:
        if not ctx.settings.mail_private and not public(ipaddress.ip_address(address.partition("%")[0])):
            raise AddressRefused(
                f"'{host}' is at {address}, which is not a public address.",
                f"The owner of the machine may allow it: {SETTING}=true.",
                field="host",
            )
    return tuple(addresses)


def tick(ctx: Context) -> bool:
    """Send what is due; True when something was begun."""
    begun = send_due(ctx)
    _forget_old(ctx)
    return begun


def send_due(ctx: Context, *, wait: bool = False) -> bool:
    """Hand what is due to the threads; `wait` returns when all is sent. Without settings, mail waits."""
    free = 4 * THREADS - len(_sending)
    if free <= 0:
        return False
    with ctx.db.glance() as tx:
        found = repository.due(tx, ctx, ctx.clock.now(), free)
        if not found or repository.mail_settings(tx, ctx) is None:
            return False
    begun = []
    for mail_id in found:
        if mail_id not in _sending:
            _sending.add(mail_id)
            begun.append(_threads.submit(_send, ctx, mail_id))
    if wait:
        for future in begun:
            future.result()
    return bool(begun)


def _send(ctx: Context, mail_id: str) -> None:
    try:
        now = ctx.clock.now()
        row = ctx.db.write(lambda tx: repository.take(tx, mail_id, now, now + LEASE))
        if row is None:
            return
        with ctx.db.read() as tx:
            settings = repository.mail_settings(tx, ctx)
        error, final = _deliver(ctx, settings, row.recipient, row.subject, row.body, row.id)
        values = _following(ctx, row.attempts, error, final=final)

        def write(tx: Any) -> None:
            repository.finish(tx, mail_id, values)
            ctx.events.emit(tx, "mail.updated", mail_id, {"state": values["state"]})

        ctx.db.write(write)
    except Exception:
        # the mail is taken again when its lease is over
        log.exception("mail %s could not be sent", mail_id)
    finally:
        _sending.discard(mail_id)


def _following(ctx: Context, attempts: int, error: str, *, final: bool) -> dict[str, Any]:
    now = ctx.clock.now()
    if not error:
        return {"state": "sent", "error": None, "sent_at": now}
    if final or attempts >= ATTEMPTS:
        return {"state": "failed", "error": error}
    pause = min(WORST_PAUSE, 5.0 * 4.0 ** (attempts - 1))
    return {"state": "pending", "error": error, "next_at": now + timedelta(seconds=pause)}


def try_out(ctx: Context, settings: Any, to: str) -> MailTried:
    """Send a mail at once and say what came of it."""
    started = time.monotonic()
    text = f"This workspace of Studiolo can send mail.\n\nAsked for by {ctx.actor.name}.\n"
    stamp = f"test-{int(ctx.clock.now().timestamp())}"
    error, _ = _deliver(ctx, settings, to, f"[{ctx.workspace}] Mail works", text, stamp)
    return MailTried(
        ok=not error, detail=error, hint=_hint(error), milliseconds=round((time.monotonic() - started) * 1000)
    )


def _deliver(  # noqa: PLR0911 - one line a refusal
    ctx: Context, settings: Any, to: str, subject: str, body: str, mail_id: str
) -> tuple[str, bool]:
    """Send one mail; returns what went wrong, empty when nothing did, and whether trying again is no use."""
    if settings is None:
        return "Mail is not set up.", False
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.sender, to, " ".join(subject.split())
    message["Date"] = format_datetime(ctx.clock.now())
    message["Message-ID"] = f"<{mail_id}@{settings.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    try:
        with _open(ctx, settings) as server:
            if settings.username and settings.password is not None:
                _login(
                    server, settings.username, unseal(master_key(ctx.settings), bytes(settings.password), about(ctx))
                )
            server.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        return f"The mail server refused user name or password: {_said(error.smtp_error)}", False
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return f"The mail server refused the recipient: {code} {_said(said)}", 500 <= code < 600
    except smtplib.SMTPResponseException as error:
        return f"The mail server answered {error.smtp_code} {_said(error.smtp_error)}", 500 <= error.smtp_code < 600
    except AddressRefused as error:
        return str(error), True
    except (smtplib.SMTPException, OSError, StudioloError) as error:
        return f"The mail server could not be used: {error}"[:500], False
    return "", False


def _hint(error: str) -> str:
    if "STARTTLS extension not supported" in error:
        return "Choose the security tls where the server speaks TLS from the start (mostly at port 465), and none only inside your own network."
    return "Compare host, port, security, user name and password with what your mail server asks for." if error else ""


def _open(ctx: Context, settings: Any) -> smtplib.SMTP:
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    addresses = _judge(ctx, settings.host, list(dict.fromkeys(str(item[4][0]) for item in found)))
    context = ssl.create_default_context()
    server = _SmtpTls(timeout=SECONDS, context=context) if settings.security == "tls" else _Smtp(timeout=SECONDS)
    server.addresses = addresses
    try:
        server._host = settings.host  # type: ignore[union-attr]  # noqa: SLF001 - what STARTTLS checks the certificate against
        server.connect(settings.host, settings.port)
        if settings.security == "starttls":
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _login(server: smtplib.SMTP, username: str, password: str) -> None:
    """Sign in; a name or password beyond ASCII, which smtplib cannot send, goes as UTF-8 by PLAIN (RFC 4616)."""
    if (username + password).isascii():
        server.login(username, password)
        return
    server.ehlo_or_helo_if_needed()
    word = base64.b64encode(f"\0{username}\0{password}".encode()).decode("ascii")
    code, said = server.docmd("AUTH", f"PLAIN {word}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _said(text: bytes | str) -> str:
    return (text.decode("utf-8", "replace") if isinstance(text, bytes) else text)[:300]


def about(ctx: Context) -> str:
    """Return what the envelope of the password is bound to."""
    return f"{ctx.workspace_id}|mail|password"


def _forget_old(ctx: Context) -> None:
    """Once an hour, remove what is long over; looks first and seldom writes."""
    now = ctx.clock.now()
    if now - _swept.get(ctx.workspace_id, now - KEEP) < timedelta(hours=1):
        return
    _swept[ctx.workspace_id] = now
    with ctx.db.read() as tx:
        over = repository.anything_over(tx, ctx, now - NEWS, now - KEEP)
    if over:
        ctx.db.write(lambda tx: repository.give_up(tx, ctx, now - NEWS) + repository.forget(tx, ctx, now - KEEP))
