"""Signing in as an account, being shut out, and guessing passwords, over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth import throttle
from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.sdk.studio import Studio
from studiolo.testing.client import make_client, make_transport, member_token
from studiolo.testing.context import make_services

PASSWORD = "correct horse"
API = "/w/default/api/workspace"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> Iterator[Services]:
    """A studio whose clock is held, with an account `ada`."""
    found = make_services(tmp_path / "home", clock=clock)
    Studio(transport=make_transport(found)).workspace.create_account("ada", password=PASSWORD, role="Reader")
    yield found
    found.db.close()


def signed_in(house: Services, name: str = "ada", password: str = PASSWORD) -> TestClient:
    browser = make_client(house, token="")
    reply = browser.post("/api/session", json={"name": name, "password": password})
    assert reply.status_code == 200, reply.json()
    browser.headers["Sec-Fetch-Site"] = "same-origin"
    return browser


def guess(house: Services, times: int, name: str = "ada") -> list[int]:
    browser = make_client(house, token="")
    return [browser.post("/api/session", json={"name": name, "password": "wrong"}).status_code for _ in range(times)]


def test_guessing_is_slowed_down_and_says_for_how_long(house: Services, clock: FakeClock) -> None:
    assert guess(house, 11) == [401] * 10 + [429]
    reply = make_client(house, token="").post("/api/session", json={"name": "ada", "password": PASSWORD})
    assert reply.status_code == 429, "the right password is not looked at while the name waits"
    assert reply.headers["retry-after"] == "61"
    assert reply.json()["code"] == "auth.too_many_attempts"
    clock.advance(61)
    assert guess(house, 2) == [401, 429]
    clock.advance(121)
    signed_in(house)
    assert guess(house, 10) == [401] * 10, "signing in forgives"


def test_unknown_names_are_slowed_down_alike(house: Services) -> None:
    assert guess(house, 11, "nobody") == [401] * 10 + [429]
    signed_in(house)


def test_failures_are_forgotten_in_time(house: Services, clock: FakeClock) -> None:
    guess(house, 9)
    clock.advance(throttle.FORGET_SECONDS + 1)
    assert guess(house, 10) == [401] * 10


def test_attempts_at_the_same_time_all_count(house: Services) -> None:
    for _ in range(10):  # each is counted before its password is looked at
        throttle.count_attempt(house.db, house.clock, "ada")
    with pytest.raises(throttle.TooManyAttempts):
        throttle.count_attempt(house.db, house.clock, "ada")


@pytest.mark.parametrize("name", ["a" * 121, "nul\0"])
def test_a_name_that_cannot_be_stored_is_named(house: Services, name: str) -> None:
    reply = make_client(house, token="").post("/api/session", json={"name": name, "password": "x"})
    assert (reply.status_code, reply.json()["field"]) == (422, "name")


def test_who_is_shut_out_is_out_at_once(house: Services) -> None:
    ada = signed_in(house)
    assert ada.get(API).status_code == 200
    owner = Studio(transport=make_transport(house)).workspace
    owner.disable("ada")
    assert ada.get(API).status_code == 401
    assert guess(house, 1) == [401]
    owner.disable("ada", disabled=False)
    assert ada.get(API).status_code == 401, "an ended session stays ended"
    assert signed_in(house).get(API).status_code == 200


def test_a_token_of_a_disabled_account_is_refused(house: Services) -> None:
    token = member_token(house, Role.reader, "bob")
    assert make_client(house, token).get(API).status_code == 200
    Studio(transport=make_transport(house)).workspace.disable("bob")
    assert make_client(house, token).get(API).status_code == 401


def test_everybody_may_change_the_own_password_and_no_other(house: Services) -> None:
    ada = signed_in(house)
    other = ada.put(f"{API}/accounts/owner/password", json={"password": "mine now, thanks"})
    assert (other.status_code, other.json()["code"]) == (403, "auth.denied")
    assert ada.put(f"{API}/accounts/ada/password", json={"password": "a better horse"}).status_code == 204
    assert ada.get(API).status_code == 401, "a new password ends every session"
    signed_in(house, password="a better horse")


def test_a_narrowed_token_cannot_change_the_password_of_its_account(house: Services) -> None:
    narrow = Studio(transport=make_transport(house)).workspace.create_token("narrow", scopes=["*.read"])
    reply = make_client(house, narrow.token).put(f"{API}/accounts/owner/password", json={"password": "mine now!"})
    assert reply.status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a/b"}, "name"),
        ({"name": ".."}, "name"),
        ({"name": ""}, "name"),
        ({"name": "eve", "password": "short"}, "password"),
        ({"name": "eve", "role": "King"}, "role"),
        ({"name": "eve", "nonsense": 1}, "nonsense"),
    ],
)
def test_a_bad_account_names_the_field(client: TestClient, body: dict[str, object], field: str) -> None:
    reply = client.post(f"{API}/accounts", json=body)
    assert (reply.status_code, reply.json()["field"]) == (422, field)
    assert [account["name"] for account in client.get(f"{API}/accounts").json()] == ["owner"]


@pytest.mark.parametrize("name", ["../x", "Upper", "a b", "", "-x", "x" * 64])
def test_a_workspace_name_that_cannot_stand_in_an_address_is_refused(client: TestClient, name: str) -> None:
    reply = client.post(f"{API}/workspaces", json={"name": name})
    assert (reply.status_code, reply.json()["field"]) == (422, "name")


def test_the_command_line_sets_a_password(services: Services, cli: Callable[..., Result]) -> None:
    assert cli("workspace", "accounts", "create", "ada", "--role", "Reader").exit_code == 0
    done = cli("workspace", "set-password", "ada", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    signed_in(services)
    assert cli("workspace", "set-password", "ada", stdin="another one\nanother one\n").exit_code == 0
    signed_in(services, password="another one")
