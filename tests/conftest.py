"""Fixtures of every test: a studio on SQLite, and the same on PostgreSQL where its binaries are."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, create_engine, text
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from studiolo.kernel.auth import passwords
from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.kernel.db.migrate import migrate
from studiolo.kernel.ids import new_id
from studiolo.kernel.secrets import scrubbing
from studiolo.sdk.studio import Studio
from studiolo.testing import postgres
from studiolo.testing.client import make_client, make_transport
from studiolo.testing.context import context_in, make_services

DATABASES = ["sqlite", "postgresql"]
# a test of ours says nothing of time: on a busy machine any example may take long
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """Passwords are hashed with little work in tests' own processes: many tests sign in, and none is attacked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(autouse=True)
def _no_secrets_of_another_test() -> None:
    """A process remembers the secrets it has seen: the words of one test's secrets are in another's messages."""
    scrubbing.forget()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with tempfile.TemporaryDirectory(prefix="studiolo-pg-") as folder:
        Path(folder).chmod(0o755)
        with postgres.server(Path(folder) / "pg") as url:
            yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """A fresh, empty database; dropped afterwards."""
    with _created(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a database at the newest schema, which tests copy: that costs a tenth of the migrations."""
    name = f"template_{new_id()}"
    with _admin(postgres_url) as admin:
        admin.execute(text(f"create database {name}"))
    db = Database(f"{postgres_url}/{name}")
    migrate(db)
    db.close()
    return name


@pytest.fixture
def postgres_studio(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """A fresh database at the newest schema; dropped afterwards."""
    with _created(postgres_url, postgres_template) as url:
        yield url


@contextmanager
def _created(server: str, template: str = "template1") -> Iterator[str]:
    name = f"t{new_id()}"
    with _admin(server) as admin:
        admin.execute(text(f"create database {name} template {template}"))
    yield f"{server}/{name}"
    with _admin(server) as admin:
        admin.execute(text(f"drop database {name} with (force)"))


@contextmanager
def _admin(server: str) -> Iterator[Connection]:
    engine = create_engine(
        f"{server}/postgres".replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A studio on SQLite."""
    found = make_services(tmp_path / "home")
    yield found
    found.db.close()


@pytest.fixture(params=DATABASES)
def any_services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """A studio on each database in turn."""
    url = request.getfixturevalue("postgres_studio") if request.param == "postgresql" else ""
    found = make_services(tmp_path / "home", database_url=url)
    yield found
    found.db.close()


@pytest.fixture
def ctx(services: Services) -> Context:
    """The owner in the default workspace, on SQLite."""
    return context_in(services)


@pytest.fixture
def any_ctx(any_services: Services) -> Context:
    """The owner in the default workspace, on each database in turn: use it where SQL is written."""
    return context_in(any_services)


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """HTTP to the application as the owner."""
    with make_client(services) as found:
        yield found


@pytest.fixture
def any_client(any_services: Services) -> Iterator[TestClient]:
    """HTTP to the application as the owner, on each database in turn."""
    with make_client(any_services) as found:
        yield found


@pytest.fixture
def studio(services: Services) -> Studio:
    """The SDK as the owner, without a running server."""
    return Studio(transport=make_transport(services))


@pytest.fixture
def cli(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line as the owner, without a running server: `cli("models", "list", stdin="…")`."""
    from studiolo.cli import app

    connection = make_transport(services)
    app.attach_slices()  # first: classes name the real Transport in their fields
    monkeypatch.setattr("studiolo.kernel.http.Transport", lambda *_, **__: connection)

    def run(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app.app, list(words), input=stdin)

    return run
