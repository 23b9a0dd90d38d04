"""`studio.datasets` and `studiolo datasets …` against the real application."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import Result

from studiolo.kernel.errors import Remote, Unavailable
from studiolo.kernel.http import Transport
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets.columns_cli import chosen
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.registrations_cli import reading_of
from studiolo.studio.datasets.schemas import Reading


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("id,name,when\n1,ann,2024-01-31\n2,,2024-02-01\n")
    return path


def test_a_file_becomes_a_dataset(studio: Studio, people: Path) -> None:
    made = studio.datasets.create(people, name="folk", description="two")
    assert (made.reference, made.rows) == ("folk:1", 2)
    assert [dataset.name for dataset in studio.datasets.list()] == ["folk"]
    assert studio.datasets.get("folk:1") == studio.datasets.get("folk", 1) == studio.datasets.get("folk")
    assert studio.datasets.preview("folk", rows=1).rows == [[1, "ann", "2024-01-31"]]
    assert studio.datasets.upload(people, "folk").existing


def test_a_frame_becomes_a_dataset_and_comes_back(studio: Studio) -> None:
    frame = pd.DataFrame({"x": [1.5, None, 3.0], "s": ["a", "b", None]})
    made = studio.datasets.create(frame, name="frame")
    assert made.format == "parquet"
    pd.testing.assert_frame_equal(studio.datasets.to_pandas("frame"), frame, check_dtype=False)


def test_a_version_is_read_as_the_studio_shows_it(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_bytes("ort;wert;tag\nKöln;1,5;2024-01-31\nGenève;2,25;2024-02-01\n".encode("utf-16"))
    studio.datasets.create(path, name="orte")
    frame = studio.datasets.to_pandas("orte:1")
    assert frame["ort"].tolist() == ["Köln", "Genève"]
    assert frame["wert"].tolist() == [1.5, 2.25]
    assert str(frame["tag"].dtype).startswith("datetime64")
    assert studio.datasets.to_pandas("orte", columns=["wert"]).columns.tolist() == ["wert"]


def test_a_download_has_the_file_s_name(studio: Studio, people: Path, tmp_path: Path) -> None:
    studio.datasets.create(people)
    target = tmp_path / "here"
    target.mkdir()
    found = studio.datasets.download("people", target)
    assert found == target / "people.csv"
    assert found.read_bytes() == people.read_bytes()


def test_a_profile_that_is_not_there_is_said(studio: Studio, people: Path) -> None:
    studio.datasets.create(people)
    with pytest.raises(ProfileNotReady, match="people:1 is queued"):
        studio.datasets.profile("people")


def test_a_refused_file_comes_back_as_the_server_s_words(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,2\n3\n")
    with pytest.raises(Remote, match="Line 3 has 1 field") as caught:
        studio.datasets.create(path)
    assert (caught.value.remote_code, caught.value.field) == ("datasets.ragged_row", "file")


def test_the_sample_is_one_call_away(studio: Studio) -> None:
    assert studio.datasets.create_sample().reference == "titanic:1"
    assert studio.datasets.samples()[0].target == "Survived"


def test_commands_tell_people_and_scripts(cli: Callable[..., Result], people: Path, tmp_path: Path) -> None:
    made = cli("datasets", "create", str(people), "--name", "folk", "--output", "json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["dataset"]["reference"] == "folk:1"
    assert "folk" in cli("datasets", "list").stdout
    assert json.loads(cli("datasets", "list", "-o", "json").stdout)[0]["rows"] == 2
    shown = cli("datasets", "show", "folk:1").stdout
    assert "integer" in shown
    assert "date" in shown
    assert "ann" in cli("datasets", "preview", "folk", "--rows", "1").stdout
    assert json.loads(cli("datasets", "preview", "folk", "-o", "json").stdout)["total_rows"] == 2
    assert "folk:1" in cli("datasets", "versions", "folk").stdout
    assert cli("datasets", "download", "folk", str(tmp_path / "copy.csv")).exit_code == 0
    assert (tmp_path / "copy.csv").read_bytes() == people.read_bytes()
    assert cli("datasets", "sample").exit_code == 0
    assert cli("datasets", "delete", "folk").exit_code == 0
    assert "folk" not in cli("datasets", "list").stdout


def test_versions_are_compared_by_their_references(cli: Callable[..., Result], people: Path) -> None:
    for line in ("", "cy,3,2020-01-03\n"):
        people.write_text(people.read_text() + line)
        assert cli("datasets", "create", str(people), "--name", "folk").exit_code == 0
    told = cli("datasets", "compare", "folk").stdout
    for words in (["folk:1", "folk:2"], ["folk:1", "2"], ["folk", "2"], ["folk", "--left", "1", "--right", "2"]):
        assert cli("datasets", "compare", *words).stdout == told, words
    assert "folk:1 → folk:2  rows 2 → 3" in told
    assert "folk:2 → folk:1  rows 3 → 2" in cli("datasets", "compare", "folk:2", "folk:1").stdout
    for words, said in (
        (["folk:1", "other:2"], "two datasets"),
        (["folk:one", "folk:2"], "'one' is no version"),
        (["folk:1", "--left", "2"], "version 1 or 2"),
    ):
        refused = cli("datasets", "compare", *words)
        assert refused.exit_code == 1
        assert said in str(refused.exception)


def test_what_does_not_concern_a_format_is_said(cli: Callable[..., Result], studio: Studio, people: Path) -> None:
    made = cli("datasets", "create", str(people), "--format", "parquet", "--delimiter", ";")
    assert made.exit_code == 1  # what is no Parquet is refused for that
    studio.datasets.create(people, "folk", header=True)
    assert not studio.datasets.get("folk").table.notes
    rows = people.with_suffix(".jsonl")
    rows.write_text('{"a": 1}\n')
    made = cli("datasets", "create", str(rows), "--delimiter", ";")
    assert "note: `delimiter` says nothing about JSON lines: read without." in made.stdout


def test_each_way_of_reading_can_be_said(cli: Callable[..., Result], people: Path) -> None:
    """`--read` of create and register takes what has no option of its own, and names what there is."""
    created = cli(
        "datasets", "create", str(people), "--no-wait", "--read", "skip-rows=1", "--read", "decimal=,", "-o", "json"
    )
    run_id = json.loads(created.stdout)["run_id"]
    assert created.exit_code == 0
    assert run_id
    assert reading_of(["skip-rows=1", "decimal=,", "header=none", "multi_line=false", "sheet=2", "member=true.csv"]) == {
        "skip_rows": 1, "decimal": ",", "header": "none", "multi_line": False, "sheet": "2", "member": "true.csv",
    }  # fmt: skip
    for words in (["create", str(people)], ["register", "x", "--url", "https://example.org/a.csv"]):
        refused = cli("datasets", *words, "--read", "skiprows=1")
        assert refused.exit_code == 1
        assert "says nothing of how files are read" in str(refused.exception)
        assert "skip_rows" in refused.exception.hint  # type: ignore[union-attr]


def test_a_look_takes_a_reading_as_words_too(studio: Studio, people: Path) -> None:
    studio.datasets.create(people, "folk")
    source = {"type": "dataset", "dataset": "folk"}
    found = studio.datasets.inspect(source, {"path_column": "where", "columns": [{"name": "where", "rename": "file"}]})
    assert found.columns[-1].name == "file"
    assert found.columns[-1].choices == ["text"]  # what a path tells has the type that it has
    assert found == studio.datasets.inspect(source, Reading.model_validate({"path_column": "file"})).model_copy(
        update={"columns": found.columns, "preview": found.preview, "seconds": found.seconds}
    )


def test_columns_can_be_chosen_from_the_shell(cli: Callable[..., Result], people: Path) -> None:
    said = chosen(["day=date:dd.MM.yyyy", "a=b=decimal(12, 2)"], ["day=sold on", "id=key"], ["note"], "sold on")
    assert Reading.model_validate(said).timestamp == "sold on"
    assert said["columns"] == [
        {"name": "day", "type": "date", "formats": ["dd.MM.yyyy"], "rename": "sold on"},
        {"name": "a=b", "type": "decimal", "precision": 12, "scale": 2},
        {"name": "id", "rename": "key"},
        {"name": "note", "include": False},
    ]
    for word, hint in (
        ("age=intger", "Did you mean 'integer'?"),
        ("age", "Write NAME=TYPE"),
        ("age=text:x", "A form says"),
    ):
        refused = cli("datasets", "create", str(people), "--column", word)
        assert refused.exit_code == 1
        assert refused.exception.hint.startswith(hint)  # type: ignore[union-attr]
    created = cli("datasets", "create", str(people), "--no-wait", "--rename", "age=years", "-o", "json")
    assert json.loads(created.stdout)["run_id"]  # one request with the table in it cannot say so much


def test_an_upload_that_is_cut_off_says_how_it_goes_on(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    for number in range(3):
        (tmp_path / "folder" / f"{number}.bin").write_bytes(bytes([number]) * 300_000)
    upload = Transport.upload

    def cut(self: Transport, *args: Any, **query: Any) -> Any:
        if query.get("path") == "2.bin":
            raise Unavailable("The line is cut.", "Try again.")
        return upload(self, *args, **query)

    monkeypatch.setattr(Transport, "upload", cut)
    with pytest.raises(Unavailable) as caught:
        studio.datasets.send(tmp_path / "folder", kind="file")
    session = studio.datasets.uploads()[0]
    assert f"Try again. What has arrived is kept: the same again with `--session {session.id}`" in caught.value.hint
    monkeypatch.setattr(Transport, "upload", upload)
    assert studio.datasets.send(tmp_path / "folder", kind="file", session=session.id).state == "queued"


def test_bins_are_emptied_by_one_option(cli: Callable[..., Result], people: Path) -> None:
    assert cli("datasets", "create", str(people), "--name", "folk").exit_code == 0
    assert cli("datasets", "delete", "folk").exit_code == 0
    assert "would remove 0 versions" in cli("datasets", "gc", "--older-than", "1d", "--dry-run").stdout
    refused = cli("datasets", "gc", "--older-than", "soon")
    assert (refused.exit_code, str(refused.exception)) == (1, "'soon' is no time. Write 7d, 12h or 0d.")
    assert "removed 1 versions" in cli("datasets", "gc", "--older-than", "0d").stdout
    assert "removed 0 versions" in cli("datasets", "gc", "--older-than-days", "0").stdout
    assert json.loads(cli("models", "gc", "--older-than", "12h", "-o", "json").stdout)["models"] == 0


def test_a_missing_file_is_named(cli: Callable[..., Result]) -> None:
    refused = cli("datasets", "create", "nowhere.csv")
    assert refused.exit_code == 1
    assert "nowhere.csv" in str(refused.exception)
