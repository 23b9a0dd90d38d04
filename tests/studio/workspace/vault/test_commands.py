"""The vault by the SDK and by the command line: a value goes in and never comes out."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, Remote
from studiolo.sdk.studio import Studio
from studiolo.studio.workspace.vault import handing

Cli = Callable[..., Result]
CANARY = "kanarie-5d1c\nof two lines"


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    assert "kanarie" not in result.output
    return result.output


def parsed(result: Result) -> Any:
    return json.loads(said(result))


def test_the_command_line_writes_from_standard_input(cli: Cli, ctx: Context) -> None:
    made = parsed(cli("workspace", "secrets", "set", "db", "--stdin", "--days", "2", "-o", "json", stdin=f"{CANARY}\n"))
    assert (made["name"], made["version"]) == ("db", 1)
    assert handing.hand(ctx, "db", env="PW", account="owner", run_id="r" * 32, run="", attempt=1) == CANARY
    said(cli("workspace", "secrets", "set", "db", stdin="typed\n"))  # asked for, not echoed
    assert handing.hand(ctx, "db", env="PW", account="owner", run_id="r" * 32, run="", attempt=1) == "typed"
    assert [one["version"] for one in parsed(cli("workspace", "secrets", "versions", "db", "-o", "json"))] == [2, 1]
    assert [one["env"] for one in parsed(cli("workspace", "secrets", "uses", "db", "-o", "json"))] == ["PW", "PW"]
    refused = cli("workspace", "secrets", "set", "db", "--stdin", stdin="")
    assert refused.exit_code != 0


def test_a_value_on_the_command_line_is_refused_with_the_way_to_write_it(cli: Cli) -> None:
    refused = cli("workspace", "secrets", "set", "db", "hunter2hunter2")
    assert isinstance(refused.exception, Invalid)
    assert "--stdin" in refused.exception.hint
    assert "hunter2" not in f"{refused.exception.detail}{refused.exception.hint}{refused.output}"
    assert parsed(cli("workspace", "secrets", "list", "-o", "json")) == []


def test_a_value_too_short_to_be_scrubbed_is_noted(cli: Cli) -> None:
    assert "not taken out of logs" in said(cli("workspace", "secrets", "set", "db", "--stdin", stdin="abc\n"))
    assert "not taken out of logs" not in said(cli("workspace", "secrets", "set", "db", "--stdin", stdin="abcd\n"))


def test_the_command_line_looks_after_versions_and_grants(cli: Cli) -> None:
    for value in ("one", "two"):
        said(cli("workspace", "secrets", "set", "db", "--stdin", stdin=value))
    assert parsed(cli("workspace", "secrets", "disable", "db", "2", "-o", "json"))["state"] == "disabled"
    shown = parsed(cli("workspace", "secrets", "show", "db", "-o", "json"))
    assert (shown["state"], shown["usable"], shown["granted"]) == (
        "disabled",
        True,
        [{"kind": "account", "name": "owner"}],
    )
    assert "account owner\n" in said(cli("workspace", "secrets", "show", "db"))
    assert parsed(cli("workspace", "secrets", "enable", "db", "2", "-o", "json"))["state"] == "enabled"
    assert parsed(cli("workspace", "secrets", "remove-version", "db", "1", "-o", "json"))["state"] == "removed"
    granted = parsed(cli("workspace", "secrets", "grant", "db", "--role", "Contributor", "-o", "json"))["granted"]
    assert {"kind": "role", "name": "Contributor"} in granted
    granted = parsed(cli("workspace", "secrets", "revoke", "db", "--account", "owner", "-o", "json"))["granted"]
    assert granted == [{"kind": "role", "name": "Contributor"}]
    said(cli("workspace", "secrets", "delete", "db"))
    assert "db" in said(cli("workspace", "secrets", "list", "--deleted"))
    assert "db" in said(cli("workspace", "secrets", "restore", "db"))
    said(cli("workspace", "secrets", "delete", "db", "--for-good"))
    assert parsed(cli("workspace", "secrets", "list", "-o", "json")) == []


def test_the_command_line_makes_a_new_master_key(cli: Cli, ctx: Context) -> None:
    said(cli("workspace", "secrets", "set", "db", "--stdin", stdin=CANARY))
    before = parsed(cli("workspace", "rotate-key", "--look", "-o", "json"))
    after = parsed(cli("workspace", "rotate-key", "-o", "json"))
    assert after["id"] != before["id"]
    assert [key["id"] for key in after["older"]] == [before["id"]]
    assert handing.hand(ctx, "db", env="PW", account="owner", run_id="r" * 32, run="", attempt=1) == CANARY


def test_the_sdk_has_the_same_verbs(studio: Studio, ctx: Context) -> None:
    secrets = studio.workspace.secrets
    end = ctx.clock.now() + timedelta(days=1)
    assert secrets.set("db", CANARY, description="warehouse", expires_at=end).expires_at == end
    assert secrets.get("db").description == "warehouse"
    assert [one.name for one in secrets.list()] == ["db"]
    assert secrets.set_state("db", 1, "disabled").state == "disabled"
    assert secrets.get("db").why == "it is disabled"
    assert secrets.set_state("db", 1, "enabled").state == "enabled"
    assert len(secrets.grant("db", role="Data Scientist").granted) == 2
    assert len(secrets.revoke("db", account="owner").granted) == 1
    assert secrets.uses("db") == []
    secrets.delete("db")
    assert [one.name for one in secrets.list(deleted=True)] == ["db"]
    with pytest.raises(Remote, match="no secret 'db'"):
        secrets.get("db")
    assert secrets.restore("db").version == 1
    assert secrets.rotate_key().sealed == secrets.master_key().sealed > 0
    for answer in (secrets.get("db"), *secrets.versions("db"), *secrets.list()):
        assert "kanarie" not in answer.model_dump_json()
