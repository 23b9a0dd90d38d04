"""Throw-away PostgreSQL and MariaDB servers with a database `shop`, from the binaries of this machine."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from studiolo.testing import postgres
from studiolo.testing.certificates import Certificate
from studiolo.testing.environments import EnvironmentMissing, environment
from studiolo.testing.stores.servers import ServerMissing, free_port, running

PASSWORD = "s3cret-of-ada"  # noqa: S105 - of the user `ada` there


@contextmanager
def reachable() -> Iterator[Path]:
    """Give a folder that other accounts of this machine may enter: as root, servers run as `nobody`."""
    with tempfile.TemporaryDirectory(prefix="studiolo-db-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def postgresql() -> Iterator[int]:
    """Run PostgreSQL; yields the port. `studiolo` may do anything without a password, `ada` needs hers."""
    import psycopg

    if postgres.binaries() is None:
        raise ServerMissing("PostgreSQL: apt install postgresql")
    with reachable() as folder, postgres.server(folder / "pg") as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as admin:
            admin.execute("CREATE DATABASE shop")
            admin.execute(f"CREATE ROLE ada LOGIN PASSWORD '{PASSWORD}'")
            rules = "host all ada 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n"
            (folder / "pg" / "data" / "pg_hba.conf").write_text(rules)
            admin.execute("SELECT pg_reload_conf()")
        with psycopg.connect(f"{url}/shop", autocommit=True) as admin:
            admin.execute("GRANT ALL ON SCHEMA public TO ada")
            admin.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO ada")
        yield int(url.rpartition(":")[2])


FAKESNOW = ("fakesnow[server]==0.12.1", "snowflake-connector-python<5")  # the server takes the older driver apart
SNOWFLAKE = ("snowflake-connector-python>=3.13,<6",)  # as in the extra


@contextmanager
def snowflake() -> Iterator[int]:
    """Run a server that speaks Snowflake's protocol; yields the port. Whoever gives `PASSWORD` may do anything."""
    try:
        python = environment("fakesnow", *FAKESNOW)
    except EnvironmentMissing as error:
        raise ServerMissing(str(error)) from None
    port, program = free_port(), Path(__file__).with_name("snowflake_server.py")
    command = [str(python), "-P", str(program), str(port), PASSWORD]
    with tempfile.TemporaryDirectory() as folder, running(command, port, Path(folder)):
        yield port


def snowflake_driver() -> Path:
    """Return the folder of packages that has Snowflake's own driver; raises ServerMissing."""
    try:
        python = environment("snowflake", *SNOWFLAKE)
    except EnvironmentMissing as error:
        raise ServerMissing(str(error)) from None
    (found,) = python.parent.parent.glob("lib/python*/site-packages")
    return found


@contextmanager
def mariadb(certificate: Certificate | None = None) -> Iterator[int]:
    """Run MariaDB; yields the port. `root` has the password `root`, `ada` hers; both sign in from 127.0.0.1."""
    with reachable() as folder:
        yield from _mariadb(folder / "maria", certificate)


def _mariadb(folder: Path, certificate: Certificate | None) -> Iterator[int]:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    program, installer = shutil.which("mariadbd", path=path), shutil.which("mariadb-install-db", path=path)
    if program is None or installer is None:
        raise ServerMissing("MySQL: apt install mariadb-server")
    folder.mkdir()
    root = os.geteuid() == 0
    data = folder / "data"
    command = [
        installer,
        "--no-defaults",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    ]
    if root:
        shutil.chown(folder, "nobody", "nogroup")
        command.append("--user=nobody")
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "first.sql").write_text(
        "CREATE DATABASE shop CHARACTER SET utf8mb4;\n"
        "CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY 'root';\n"
        "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n"
        f"CREATE USER 'ada'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON shop.* TO 'ada'@'127.0.0.1';\n"
    )
    port = free_port()
    server = [program, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
    server += [f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", f"--init-file={folder / 'first.sql'}"]
    server += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--skip-name-resolve"]
    server += ["--innodb-fast-shutdown=2", *(["--user=nobody"] if root else [])]
    if certificate:
        server += [f"--ssl-cert={certificate.certificate}", f"--ssl-key={certificate.key}"]
    with running(server, port, folder):
        _until_it_lets_in(port)
        yield port


def _until_it_lets_in(port: int) -> None:
    import pymysql

    deadline = time.monotonic() + 60
    while True:
        with suppress(pymysql.err.MySQLError):
            pymysql.connect(host="127.0.0.1", port=port, user="root", password="root", database="shop").close()  # noqa: S106
            return
        if time.monotonic() > deadline:
            raise RuntimeError("MariaDB does not let us in")
        time.sleep(0.05)
