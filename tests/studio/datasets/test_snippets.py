"""Each snippet of the Consume tab is run as it is shown."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import studiolo
from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets.names import parse
from studiolo.studio.datasets.registration_schemas import FromDatastore, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.rows.schemas import Snippet
from tests.studio.datasets.monitors.made import csv
from tests.studio.datasets.registering import a_folder, finish

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
    elif name == "torch":
        assert spaces["features"].shape[0] == spaces["labels"].shape[0] == 256
        assert set(spaces["labels"].tolist()) == {0, 1}


def test_a_loader_gets_each_row_once(studio: Studio) -> None:
    """In order; gaps are NaN, truth values 0 and 1."""
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader

    frame = pd.DataFrame(
        {"n": range(10_000), "gap": [None, 0.5] * 5000, "yes": [True, False] * 5000, "y": list("ab") * 5000}
    )
    rows = studio.datasets.create(frame, "numbers") and studio.datasets.get("numbers").to_torch(
        ["n", "gap", "yes"], target="y"
    )
    features, labels = zip(*DataLoader(rows, batch_size=700), strict=True)
    found = torch.cat(features)
    assert found.shape == (10_000, 3)
    assert found.dtype == torch.float32
    assert found[:, 0].tolist() == list(range(10_000))
    assert int(torch.isnan(found[:, 1]).sum()) == 5000
    assert found[:4, 2].tolist() == [1, 0, 1, 0]
    assert [label for batch in labels for label in batch][:4] == ["a", "b", "a", "b"]


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


@pytest.fixture(params=["managed", "referenced"])
def many(
    request: pytest.FixtureRequest, ctx: Context, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Snippet]:
    """Code for a table of two files with moments: copied, or staying in its datastore."""
    a_folder(ctx, tmp_path / "src")
    head, *lines = csv(4, 30).decode().splitlines()
    for name, some in (("1.csv", lines[:50]), ("2.csv", lines[50:])):
        (tmp_path / "src" / name).write_text("\n".join([head, *some, ""]))
    source = FromDatastore(datastore="data", path="")
    asked = RegistrationCreate(name="sales", kind="tabular", mode=request.param, source=source)
    assert finish(ctx, orders.start(ctx, asked), tmp_path).state == "done"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studiolo, "Studio", lambda: studio)
    version = studio.datasets.get("sales").with_timestamp("at")
    return {snippet.id: snippet for snippet in version.snippets()}


def test_code_for_many_files_runs(many: dict[str, Snippet], request: pytest.FixtureRequest) -> None:
    ran = set()
    for name, snippet in many.items():
        if snippet.language != "python" or snippet.needs == "torch":
            continue
        spaces: dict[str, Any] = {}
        exec(compile(snippet.code, f"<{name}>", "exec"), spaces)
        ran.add(name)
        if name in ("pandas", "polars"):
            assert len(spaces["frame"]) == 120
        elif name == "huggingface":
            assert spaces["dataset"].num_rows == 120
        elif name == "window":
            assert len(spaces["window"]) == len(spaces["newer"]) == 120
        elif name == "split":
            assert len(spaces["train"]) + len(spaces["test"]) == 120
    wanted = {"pandas", "polars", "duckdb", "pyarrow", "huggingface", "split", "window"}
    assert ran >= wanted
    assert ("files" in ran) == ("managed" in request.node.name)
