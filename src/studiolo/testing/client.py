"""The web application in this process, for tests."""

from typing import TYPE_CHECKING

from studiolo.kernel.auth import repository, service
from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.http import Transport

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def owner_token(services: Services) -> str:
    """Make a token of the first account."""
    account_id = service.found(services.db, services.clock)
    with services.db.begin() as tx:
        return service.create_token(tx, services.clock, account_id, "test")


def member_token(services: Services, role: Role, name: str = "") -> str:
    """Make a token of a new account with this role in the default workspace."""
    service.found(services.db, services.clock)
    with services.db.begin() as tx:
        workspace = repository.workspace(tx, service.DEFAULT_WORKSPACE)
        assert workspace is not None
        account_id = service.create_account(tx, services.clock, name or role.value.replace(" ", "-").lower(), None)
        repository.set_role(tx, workspace.id, account_id, role.value)
        return service.create_token(tx, services.clock, account_id, "test")


def make_transport(services: Services, token: str | None = None) -> Transport:
    """Return what SDK and CLI talk through, to the application in this process."""
    return Transport("http://testserver", token or "test", workspace="default", client=make_client(services, token))


def make_client(services: Services, token: str | None = None) -> "TestClient":
    """Return an HTTP client that talks to the application as the owner, or with a token (empty: as nobody)."""
    from starlette.testclient import TestClient

    from studiolo.server.app import build_app

    bearer = owner_token(services) if token is None else token
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return TestClient(build_app(services), headers=headers, raise_server_exceptions=False)
