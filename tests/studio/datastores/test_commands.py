"""`studiolo datastores …` and the SDK."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from studiolo.kernel.errors import Remote
from studiolo.sdk.studio import Studio

CANARY = "canary-7f3a91-never-shown"


def test_sdk_and_commands_show_it(studio: Studio, cli: Callable[..., Result]) -> None:
    assert studio.datastores.list()[0].name == studio.datastores.get().name == "workspaceblobstore"
    assert "workspaceblobstore" in cli("datastores", "list").stdout
    assert json.loads(cli("datastores", "show", "-o", "json").stdout)["kind"] == "local"
    with pytest.raises(Remote, match="no datastore 'attic'"):
        studio.datastores.get("attic")


def test_commands_take_secrets_from_variables_and_files_only(
    cli: Callable[..., Result], studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", CANARY)
    words = ["datastores", "create", "sales", "--kind", "s3", "--bucket", "b", "--access-key-id=AKIA", "--no-check"]
    refused = cli(*words, "--secret-access-key", CANARY)
    assert refused.exit_code != 0
    assert "others can read" in str(refused.exception)
    assert cli(*words, "--secret-access-key-env", "MY_SECRET").exit_code == 0
    assert studio.datastores.get("sales").credentials[0].set
    (tmp_path / "secret").write_text("from a file\n")
    assert cli("datastores", "rotate", "sales", "--secret-access-key-file", str(tmp_path / "secret")).exit_code == 0
    assert "no option --colour" in str(cli(*words, "--colour", "red").exception)
    assert "not set" in str(cli(*words, "--secret-access-key-env", "NOT_THERE").exception)
    assert cli("datastores", "update", "sales", "--folder", "2026").exit_code == 0
    assert studio.datastores.get("sales").config["folder"] == "2026"
    checked = cli("datastores", "check", "sales")
    assert checked.exit_code == 1
    assert cli("datastores", "delete", "sales").exit_code == 0


def test_commands_move_files(cli: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("hello")
    (tmp_path / "in" / "sub" / "b.txt").write_text("there")
    assert cli("datastores", "upload", str(tmp_path / "in"), "workspaceblobstore:x").exit_code == 0
    part = cli("datastores", "browse", "workspaceblobstore:x", "--limit", "1")
    assert "first 1: more are there" in part.stderr
    listed = cli("datastores", "browse", "azureml://datastores/workspaceblobstore/paths/x", "-o", "json")
    assert [one["path"] for one in json.loads(listed.stdout)] == ["x/a.txt", "x/sub/"]
    again = cli("datastores", "upload", str(tmp_path / "in" / "a.txt"), "workspaceblobstore:x/")
    assert again.exit_code != 0
    assert "already" in str(again.exception)
    assert (
        cli("datastores", "upload", str(tmp_path / "in" / "a.txt"), "workspaceblobstore:x/", "--overwrite").exit_code
        == 0
    )
    assert cli("datastores", "cat", "workspaceblobstore:x/sub/b.txt").stdout == "there"
    assert cli("datastores", "download", "workspaceblobstore:x", str(tmp_path / "out")).exit_code == 0
    assert (tmp_path / "out" / "sub" / "b.txt").read_text() == "there"
    assert cli("datastores", "remove-file", "workspaceblobstore:x/a.txt").exit_code == 0
    assert not [
        one
        for one in json.loads(cli("datastores", "browse", "workspaceblobstore:x", "-o", "json").stdout)
        if one["name"] == "a.txt"
    ]


def test_options_of_a_kind_say_what_they_take(cli: Callable[..., Result]) -> None:
    listed = {one["name"]: one for one in json.loads(cli("datastores", "kinds", "s3", "-o", "json").stdout)["fields"]}
    shown = cli("datastores", "kinds", "s3").stdout
    assert f"one of {', '.join(listed['addressing']['choices'])}; default auto" in shown
    assert "such as company-data" in shown
