"""Databases over TLS, with certificates of an authority of our own: who is trusted, and what is said of who is not."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.ports import Check
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing import certificates, postgres
from studiolo.testing.certificates import Certificate
from studiolo.testing.databases import servers

ENCRYPTED = {
    "postgresql": "SELECT ssl::int AS n FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    "mysql": "SELECT variable_value <> '' AS n FROM information_schema.session_status WHERE variable_name = 'ssl_cipher'",
}


def readable(made: Certificate) -> Certificate:
    """Give the files to the account that servers run as when we are root."""
    if os.geteuid() == 0:
        for file in (made.certificate.parent, made.certificate, made.key):
            shutil.chown(file, "nobody", "nogroup")
    return made


@pytest.fixture(scope="module", params=["127.0.0.1", "db.example.org"])
def certificate(request: pytest.FixtureRequest) -> Iterator[tuple[str, Certificate]]:
    """One that names the address of the server, and one of another machine."""
    with servers.reachable() as folder:
        yield request.param, readable(certificates.make(folder / "tls", request.param))


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def server(request: pytest.FixtureRequest, certificate: tuple[str, Certificate]) -> Iterator[tuple[str, int, str, str]]:
    """Kind, port, whom its certificate names, and the authority that signed it."""
    name, made = certificate
    try:
        if request.param == "mysql":
            with servers.mariadb(made) as port:
                yield "mysql", port, name, made.authority
        else:
            if postgres.binaries() is None:
                pytest.skip("PostgreSQL: apt install postgresql")
            with servers.reachable() as folder, postgres.server(folder / "pg") as url:
                with psycopg.connect(f"{url}/postgres", autocommit=True) as admin:
                    admin.execute("ALTER SYSTEM SET ssl = on")
                    admin.execute(f"ALTER SYSTEM SET ssl_cert_file = '{made.certificate}'")
                    admin.execute(f"ALTER SYSTEM SET ssl_key_file = '{made.key}'")
                    admin.execute("CREATE DATABASE shop")
                    admin.execute("CREATE ROLE ada LOGIN SUPERUSER")
                    admin.execute("SELECT pg_reload_conf()")
                yield "postgresql", int(url.rpartition(":")[2]), name, made.authority
    except servers.ServerMissing as error:
        pytest.skip(str(error))


def opened(server: tuple[str, int, str, str], **more: Any) -> Any:
    kind, port, _, _ = server
    config = {"host": "127.0.0.1", "port": port, "database": "shop", "user": "ada", **more}
    given = {"password": servers.PASSWORD}
    return opening.open_database("shop", kind, "password", config, given, Surroundings(private=True, seconds=10))


def tried(server: tuple[str, int, str, str], **more: Any) -> Check:
    found: Check = opened(server, **more).check()
    return found


def test_the_one_that_is_named_is_trusted_by_its_authority(server: tuple[str, int, str, str], tmp_path: Path) -> None:
    kind, _, name, authority = server
    found = tried(server, tls="verify-full", ca=authority)
    if name == "127.0.0.1":
        assert found.ok, found
        assert opened(server, tls="verify-full", ca=authority).head(ENCRYPTED[kind], 1).to_pylist() == [{"n": 1}]
    else:  # the certificate of another machine
        assert (found.ok, found.code) == (False, "datastores.tls"), found
    other = certificates.make(tmp_path, name).authority
    for how in ({"tls": "verify-full", "ca": other}, {"tls": "verify-full"}):  # signed by nobody who is trusted
        found = tried(server, **how)
        assert (found.ok, found.code) == (False, "datastores.tls"), (how, found)
        assert found.hint


def test_what_is_checked_is_what_was_chosen(server: tuple[str, int, str, str], tmp_path: Path) -> None:
    kind, _, name, authority = server
    signed = {"tls": "verify-ca" if kind == "postgresql" else "require", "ca": authority}  # whoever it is
    assert tried(server, **signed).ok
    wrong = tried(server, **{**signed, "ca": certificates.make(tmp_path, name).authority})
    assert (wrong.ok, wrong.code) == (False, "datastores.tls"), wrong
    for tls, sealed in (("require", 1), ("prefer", 1), ("disable", 0)):
        assert opened(server, tls=tls).head(ENCRYPTED[kind], 1).to_pylist() == [{"n": sealed}], tls


def test_a_text_that_is_no_certificate_is_named(server: tuple[str, int, str, str]) -> None:
    found = tried(server, tls="verify-full", ca="-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
    assert not found.ok
    assert "ertificate" in f"{found.cause} {found.hint}", found
