"""The web application in this process, for tests."""

from typing import TYPE_CHECKING

from studiolo.kernel.auth import service
from studiolo.kernel.auth.request import Services

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def owner_token(services: Services) -> str:
    """Make a token of the first account."""
    account_id = service.found(services.db, services.clock)
    with services.db.begin() as tx:
        return service.create_token(tx, services.clock, account_id, "test")


def make_client(services: Services, token: str | None = None) -> "TestClient":
    """Return an HTTP client that talks to the application as the owner, or with a token (empty: as nobody)."""
    from starlette.testclient import TestClient

    from studiolo.server.app import build_app

    bearer = owner_token(services) if token is None else token
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return TestClient(build_app(services), headers=headers, raise_server_exceptions=False)
