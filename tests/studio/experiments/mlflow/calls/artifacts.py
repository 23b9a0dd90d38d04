"""Files of runs, and the datasets that they used."""

import tempfile
from pathlib import Path

import mlflow
import numpy as np
from base import call, client, experiment


@call
def texts_dicts_tables() -> None:
    experiment("artifacts")
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes/a.txt")
        mlflow.log_dict({"k": [1, 2]}, "d.json")
        mlflow.log_dict({"k": 1}, "d.yaml")
        mlflow.log_table({"a": [1, 2], "b": ["x", "y"]}, "table.json")
        mlflow.log_table({"a": [3], "b": ["z"]}, "table.json")  # reads and appends
    run_id = run.info.run_id
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/a.txt") == "hello"
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/d.json") == {"k": [1, 2]}
    assert list(mlflow.load_table("table.json", run_ids=[run_id])["a"]) == [1, 2, 3]
    assert "notes" in [file.path for file in client.list_artifacts(run_id)]


@call
def figures_and_images_with_steps() -> None:
    import matplotlib as mpl
    import PIL.Image

    mpl.use("Agg")
    from matplotlib.figure import Figure

    experiment("images")
    with mlflow.start_run() as run:
        mlflow.log_figure(Figure(), "plots/f.png")
        mlflow.log_image(PIL.Image.new("RGB", (4, 4)), "i.png")
        for step in range(3):
            mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), key="frame", step=step)
        mlflow.flush_artifact_async_logging()
    run_id = run.info.run_id
    assert {"plots", "i.png", "images"} <= {file.path for file in client.list_artifacts(run_id)}
    assert mlflow.artifacts.load_image(f"runs:/{run_id}/i.png").size == (4, 4)
    frames = [file.path for file in client.list_artifacts(run_id, "images")]
    assert all(any(f"step{sign}{step}" in name for name in frames for sign in "+%") for step in range(3)), frames


@call
def folders_up_and_down() -> None:
    experiment("folders")
    with tempfile.TemporaryDirectory() as here:
        folder = Path(here, "out")
        (folder / "deep").mkdir(parents=True)
        content = bytes(range(256)) * 9000
        (folder / "deep" / "x y ü.bin").write_bytes(content)
        (folder / "empty").write_bytes(b"")
        with mlflow.start_run() as run:
            mlflow.log_artifacts(str(folder), "all")
            mlflow.log_artifact(str(folder / "empty"))
        run_id = run.info.run_id
        got = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/all", dst_path=here)
        assert Path(got, "deep", "x y ü.bin").read_bytes() == content
        assert Path(got, "empty").read_bytes() == b""
        got = client.download_artifacts(run_id, "all/deep", here)
        assert Path(got, "x y ü.bin").read_bytes() == content
        found = mlflow.artifacts.list_artifacts(run_id=run_id, artifact_path="all")
        assert [(f.path, f.is_dir, f.file_size) for f in found] == [("all/deep", True, None), ("all/empty", False, 0)]


@call
def artifacts_are_deleted() -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    experiment("deleted artifacts")
    with mlflow.start_run() as run:
        mlflow.log_text("x", "a/b.txt")
        mlflow.log_text("x", "c.txt")
    get_artifact_repository(run.info.artifact_uri).delete_artifacts("a")
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["c.txt"]


@call
def dataset_inputs_are_described() -> None:
    import pandas as pd

    number = experiment("inputs")
    data = mlflow.data.from_pandas(pd.DataFrame({"a": [1.0, 2.0], "y": [0.0, 1.0]}), name="small", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training")
    found = client.get_run(run.info.run_id).inputs.dataset_inputs[0]
    assert (found.dataset.name, found.tags[0].value) == ("small", "training")
    assert len(client.search_runs([number], "dataset.name = 'small' AND dataset.context = 'training'")) == 1
