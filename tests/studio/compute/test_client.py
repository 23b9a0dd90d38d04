"""Compute from the SDK and the command line."""

import json
from collections.abc import Callable

from click.testing import Result

from studiolo.sdk.studio import Studio


def test_the_sdk_knows_this_machine(studio: Studio) -> None:
    assert [found.name for found in studio.compute.list()] == ["local"]
    assert studio.compute.get().cores >= 1


def test_the_command_shows_how_limits_are_kept(cli: Callable[..., Result]) -> None:
    shown = cli("compute", "show")
    assert shown.exit_code == 0, shown.output
    plain = json.loads(cli("compute", "show", "--output", "json").stdout)
    assert plain["name"] == "local"
    assert json.loads(cli("compute", "list", "-o", "json").stdout)[0]["cores"] == plain["cores"]
    cli("compute", "create", "cheap", "--max-nodes", "1", "--cores", "1")
    listed = cli("compute", "list").stdout
    assert "this machine" in listed
    assert "0 of 1 nodes up" in listed
