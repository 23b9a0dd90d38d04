import json
import os
from pathlib import Path

import pytest

from studiolo.kernel.home import Home, HomeUnusable


def test_the_home_is_for_its_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "home")
    home.prepare()
    assert home.root.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in home.root.iterdir()} == {"attempts", "blobs", "logs"}


def test_token_and_address_are_readable_by_the_owner_only_also_when_rewritten(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for token in ("studiolo_one", "studiolo_two"):
        home.write_token(token)
        home.write_state({"url": "http://127.0.0.1:1"})
        assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
        assert home.state.stat().st_mode & 0o777 == 0o600
        assert home.token() == token
    assert home.url() == "http://127.0.0.1:1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["studio.json", "token"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": 1}', "\xff"])
def test_a_damaged_state_file_means_that_no_studio_is_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "studio.json").write_text(text, encoding="latin-1")
    assert Home(tmp_path).url() is None


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnusable, match="file") as raised:
        Home(tmp_path / "file").prepare()
    assert "--home" in raised.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(HomeUnusable, match="shut"):
        Home(tmp_path / "shut").prepare()


def test_a_folder_with_other_things_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(HomeUnusable, match=r"thesis\.tex"):
        Home(tmp_path).prepare()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_empty_disk_what_the_sdk_left_and_an_old_home_are_taken(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "cache").mkdir()
    Home(tmp_path).prepare()
    (tmp_path / "notes.txt").write_text("mine")
    Home(tmp_path).prepare()


def test_home_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path / "x"))
    assert Home().root == tmp_path / "x"
    monkeypatch.setenv("STUDIOLO_HOME", "")
    assert Home().root == Path("~/.studiolo").expanduser().resolve()


def test_the_state_is_plain_json_for_other_tools(tmp_path: Path) -> None:
    Home(tmp_path).write_state({"url": "http://x", "pid": 7})
    assert json.loads((tmp_path / "studio.json").read_text()) == {"url": "http://x", "pid": 7}
