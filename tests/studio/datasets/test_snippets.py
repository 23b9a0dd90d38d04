"""Each snippet of the Consume tab is run as it is shown."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import studiolo
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets.names import parse
from studiolo.studio.datasets.rows.schemas import Snippet

IDS = ["pandas", "polars", "duckdb", "pyarrow", "torch", "huggingface", "split", "files"]


@pytest.fixture
def snippets(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Snippet]:
    version = studio.datasets.create_sample("titanic")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studiolo, "Studio", lambda: studio)
    studio.datasets.get("titanic")._connected().patch("datasets/titanic/versions/1/traits", {"target": "Survived"})
    found = version.reference and studio.datasets.get("titanic").snippets()
    return {snippet.id: snippet for snippet in found}


@pytest.mark.parametrize("name", IDS)
def test_a_snippet_runs(name: str, snippets: dict[str, Snippet], tmp_path: Path) -> None:
    snippet = snippets[name]
    if snippet.needs:
        pytest.importorskip(snippet.needs)
    (tmp_path / "data").mkdir()
    spaces: dict[str, Any] = {}
    exec(compile(snippet.code, f"<{name}>", "exec"), spaces)
    if name == "pandas":
        assert len(spaces["frame"]) == 891
    elif name == "split":
        assert len(spaces["train"]) + len(spaces["test"]) == 891
    elif name == "files":
        assert (tmp_path / "data" / "titanic.csv").is_file()


def test_the_job_names_the_version(snippets: dict[str, Snippet]) -> None:
    job = yaml.safe_load(snippets["job"].code)
    assert "${{inputs.titanic}}" in job["command"]
    assert parse(job["inputs"]["titanic"]["path"].removeprefix("azureml:")) == ("titanic", 1)


def test_the_commands_run(snippets: dict[str, Snippet], cli: Callable[..., Any]) -> None:
    for line in snippets["shell"].code.splitlines():
        words = shlex.split(line)[1:]
        if "profile" in words:
            words.append("--no-wait")
        found = cli(*words)
        assert found.exit_code == 0 or "is queued" in str(found.exception), found.output
    assert Path("titanic.parquet").is_file()
