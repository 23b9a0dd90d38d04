"""Registering what was trained elsewhere: every kind loads with plain MLflow; bad archives are refused by name."""

import io
import json
import os
import pickle
import stat
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import mlflow
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.kernel.errors import DiskFull, Invalid
from studiolo.sdk.studio import Studio
from studiolo.studio.models import registration, service
from studiolo.studio.models.errors import BadModelFile, NotAModel
from studiolo.studio.models.schemas import VersionCreate, VersionUpload
from studiolo.testing.context import context_in
from tests.studio.models.folders import MLMODEL, a_model

rng = np.random.default_rng(0)
X = pd.DataFrame(rng.random((60, 3)), columns=["a", "b", "c"])
Y = (X["a"] > 0.5).astype(int)
MODEL = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
EXAMPLE = X.head(3).to_dict("records")


def sent(ctx: Context, content: bytes, name: str = "m", **spec: Any) -> Any:
    with ctx.blobs.writer() as writer:
        writer.write(content)
        return registration.register(ctx, name, VersionUpload(**spec), writer)


def onnx_bytes() -> bytes:
    from skl2onnx import to_onnx

    return to_onnx(MODEL, X.to_numpy(np.float32)[:1], options={"zipmap": False}).SerializeToString()


def a_file(kind: str, folder: Path) -> Path:
    path = folder / f"trained.{kind}"
    if kind == "onnx":
        path.write_bytes(onnx_bytes())
    elif kind == "pkl":
        path.write_bytes(pickle.dumps(MODEL))
    elif kind == "joblib":
        joblib.dump(MODEL, path, compress=3)
    elif kind == "skops":
        path.write_bytes(skops.io.dumps(MODEL))
    else:
        lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(X, Y).booster_.save_model(path)
    return path


@pytest.mark.parametrize(
    ("kind", "flavor"),
    [("onnx", "onnx"), ("pkl", "sklearn"), ("joblib", ""), ("skops", "sklearn"), ("txt", "lightgbm")],
)
def test_a_file_becomes_a_model_that_mlflow_loads(studio: Studio, tmp_path: Path, kind: str, flavor: str) -> None:
    path = a_file(kind, tmp_path)
    made = studio.models.register("m", source=path, description="# Card", example=None if kind == "onnx" else EXAMPLE)
    assert made.flavors == sorted(filter(None, [flavor, "python_function"]))
    assert (made.version, made.source, made.description) == (1, f"file trained.{kind}", "# Card")
    assert made.signature is not None
    if kind == "onnx":
        assert [(column.type, column.shape) for column in made.signature.inputs] == [("tensor(float32)", [-1, 3])]
    else:
        assert [(column.name, column.type) for column in made.signature.inputs] == [(name, "double") for name in "abc"]
        assert studio.models.example("m:1").columns == ["a", "b", "c"]
    assert studio.models.scan("m:1").verdict == "clean", studio.models.scan("m:1")
    folder = studio.models.download("m:1", tmp_path / "out")
    rows = X.to_numpy(np.float32) if kind == "onnx" else X
    found = mlflow.pyfunc.load_model(str(folder)).predict(rows)
    if kind == "onnx":
        assert list(found["label"]) == list(MODEL.predict(X))
    elif kind == "txt":
        assert len(found) == len(X)
    else:
        assert list(found) == list(MODEL.predict(X))
    assert studio.models.register("m", source=path, example=None if kind == "onnx" else EXAMPLE).version == 1


def test_requirements_are_found_out_or_given(studio: Studio, tmp_path: Path) -> None:
    import sklearn

    studio.models.register("m", source=a_file("pkl", tmp_path))
    text = studio.models.download_file("m:1", "requirements.txt", tmp_path).read_text()
    assert f"scikit-learn=={sklearn.__version__}" in text
    studio.models.register("m", source=tmp_path / "trained.pkl", requirements=["scikit-learn<2", "shop==1"])
    text = studio.models.download_file("m:2", "requirements.txt", tmp_path).read_text()
    assert text.splitlines() == ["mlflow", "scikit-learn<2", "shop==1"]


def a_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    mlflow.sklearn.save_model(
        MODEL, folder, serialization_format="cloudpickle", pip_requirements=["scikit-learn"], input_example=X.head(2)
    )
    return folder


def test_a_folder_and_its_archives_are_the_same_version(studio: Studio, tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    made = studio.models.register("m", source=folder)
    assert (made.version, made.source) == (1, "folder model")
    for pack in ("zip", "gztar"):
        import shutil

        archive = shutil.make_archive(str(tmp_path / "packed"), pack, tmp_path, "model")
        assert studio.models.register("m", source=archive).version == 1
    assert list(mlflow.pyfunc.load_model(str(studio.models.download("m", tmp_path / "o"))).predict(X)) == list(
        MODEL.predict(X)
    )
    assert len(studio.models.example("m:1").rows) == 2


def test_a_malicious_pickle_is_registered_but_never_run(studio: Studio, tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(mark),)

    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    studio.models.register("evil", source=path)
    assert studio.models.scan("evil:1").verdict == "dangerous"
    assert not mark.exists()


def _zip(*entries: tuple[str, bytes], mode: int = 0o644) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("MLmodel", MLMODEL)
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return packed.getvalue()


def _tar(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tape:
        first = tarfile.TarInfo("MLmodel")
        first.size = len(MLMODEL)
        tape.addfile(first, io.BytesIO(MLMODEL.encode()))
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        tape.addfile(member)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_zip(("link", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777), "'link' is a symbolic link"),
        (_zip(("../out.txt", b"x")), r"'\.\./out\.txt' leaves its folder"),
        (_zip(("a/../../out", b"x")), "leaves its folder"),
        (_zip(("/etc/passwd", b"x")), "absolute path"),
        (_zip(("C:/x", b"x")), "absolute path"),
        (_zip(("a\\b", b"x")), "no plain path"),
        (_zip(("a/b", b"1"), ("a", b"2")), "a file and a folder at once"),
        (_zip(("bomb", bytes(80 << 20))).replace(b"PK", b"PK"), ""),
        (_tar("link", tarfile.SYMTYPE, "/etc/passwd"), "'link' is a link to '/etc/passwd'"),
        (_tar("hard", tarfile.LNKTYPE, "MLmodel"), "'hard' is a link"),
        (_tar("pipe", tarfile.FIFOTYPE), "'pipe' is a device or a pipe"),
        (_tar("disk", tarfile.BLKTYPE), "'disk' is a device"),
        (_tar("../../out"), "leaves its folder"),
        (_tar("/etc/passwd"), "absolute path"),
        (_zip()[:-9], "cannot be read"),
    ],
)
def test_archives_with_tricks_are_refused_by_name(ctx: Context, content: bytes, message: str) -> None:
    if not message:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("MLmodel", MLMODEL)
            archive.writestr("bomb", bytes(200 << 20))
        content, message = packed.getvalue(), r"unpacks to more than \d+ MB \('bomb'\)"
    with pytest.raises(BadModelFile, match=message):
        sent(ctx, content, filename="model.zip")
    _nothing_is_left(ctx)


def _nothing_is_left(ctx: Context) -> None:
    assert list(ctx.settings.home.joinpath("work").iterdir()) == []
    assert list(ctx.blobs.root.joinpath("spool").iterdir()) == []
    assert service.list_models(ctx).items == []


@pytest.mark.parametrize(
    ("content", "spec", "message"),
    [
        (b"hello", {"filename": "a.txt"}, "no model file that the studio knows"),
        (b"", {"filename": "a.onnx"}, "no valid ONNX"),
        (b"nonsense" * 99, {"filename": "a.onnx"}, "no valid ONNX"),
        (_zip(), {"filename": "m.zip", "kind": "onnx"}, "no valid ONNX"),
        (b"\x80\x04N.", {"filename": "m.pkl", "kind": "folder"}, "no zip and no tar"),
        (b"\x80\x04N.", {"filename": "m.pkl", "example": "{"}, "no JSON"),
        (b"\x80\x04N.", {"filename": "m.pkl", "example": "[1]"}, "no list of rows"),
        (b"\x80\x04N.", {"filename": "m.pkl", "example": '[{"a": 1}, {"a": "x"}]'}, "values of several types"),
    ],
)
def test_files_that_are_no_model_are_refused(ctx: Context, content: bytes, spec: Any, message: str) -> None:
    with pytest.raises(BadModelFile, match=message):
        sent(ctx, content, **spec)
    assert service.list_models(ctx).items == []


def test_an_archive_without_mlmodel_says_so(ctx: Context) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(BadModelFile, match="no MLmodel file"):
        sent(ctx, packed.getvalue(), filename="m.zip")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("MLmodel", "flavors: [")
    with pytest.raises(NotAModel, match="not YAML"):
        sent(ctx, packed.getvalue(), filename="m.zip")
    _nothing_is_left(ctx)


def test_a_full_disk_leaves_nothing(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from studiolo.studio.models.packing import process

    real = registration.subprocess.Popen
    code = (
        "import shutil, errno, sys, runpy\n"
        "def full(*a): raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "shutil.copyfile = full\n"
        f"runpy.run_module('{process.__name__}', run_name='__main__')"
    )
    monkeypatch.setattr(registration.subprocess, "Popen", lambda words, **rest: real([words[0], "-c", code], **rest))
    with pytest.raises(DiskFull):
        sent(ctx, pickle.dumps(MODEL), filename="m.pkl")
    _nothing_is_left(ctx)
    assert errno.ENOSPC


def test_two_registrations_of_one_name_at_once_are_both_answered(any_ctx: Context) -> None:
    runs = [a_model(any_ctx) for _ in range(6)]
    made, failed = [], []
    gate = threading.Barrier(8)

    def work(run_id: str) -> None:
        gate.wait()
        try:
            made.append(service.register(any_ctx, "contested", run_id).version)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(run_id,)) for run_id in [*runs, runs[0], runs[0]]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(set(made)) == [1, 2, 3, 4, 5, 6]
    assert len(made) == 8
    assert service.get(any_ctx, "contested").versions == 6


def test_two_creations_of_one_name_at_once_have_one_winner(any_ctx: Context) -> None:
    from studiolo.studio.models.errors import ModelExists

    answers: list[str] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        try:
            answers.append(service.create(any_ctx, "new").name)
        except ModelExists:
            answers.append("exists")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["exists", "exists", "exists", "new"]


def test_addresses_of_this_studio(any_ctx: Context) -> None:
    run_id = a_model(any_ctx)

    def of(source: str, name: str = "m") -> Any:
        return registration.from_address(any_ctx, name, VersionCreate(source=source))

    assert (of(f"runs:/{run_id}/model").version, of(f"runs:/{run_id}").version) == (1, 1)
    service.set_alias(any_ctx, "m", "best", 1)
    for source in ("models:/m/1", "models:/m@best", "models:/m/latest"):
        copied = of(source, "copy")
        assert (copied.version, copied.source, copied.run_id, copied.files) == (1, "models:/m/1", run_id, 3)
    service.delete(any_ctx, "m")
    assert len(service.files(any_ctx, "copy", 1)) == 3
    for source in ("s3://b/m", "https://x/m.onnx", "nonsense"):
        with pytest.raises(NotAModel, match="no model of this studio"):
            of(source)


def test_sources_that_are_not_there_are_named(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no file, no folder and no address"):
        studio.models.register("m", source=tmp_path / "nowhere")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "link").symlink_to("/etc/passwd")
    with pytest.raises(Invalid, match="'link' is a symbolic link"):
        studio.models.register("m", source=tmp_path / "f")


def test_a_web_address_is_fetched_by_the_client(studio: Studio, tmp_path: Path) -> None:
    import functools
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    a_file("txt", tmp_path)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        made = studio.models.register("m", source=f"{address}/trained.txt?token=secret")
        with pytest.raises(Invalid, match="answers 404"):
            studio.models.register("m", source=f"{address}/nothing.txt")
        server.shutdown()
    assert (made.source, made.flavors) == (f"{address}/trained.txt", ["lightgbm", "python_function"])


def test_uploads_over_http(services: Services, client: TestClient) -> None:
    url = "/w/default/api/models/m/uploads"
    made = client.post(url, params={"filename": "m.pkl"}, content=pickle.dumps({"a": 1}))
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert client.post(url.replace("/m/", "/a:b/"), content=b"").status_code == 422
    bad = client.post(url, params={"filename": "m.zip"}, content=_zip(("../x", b"")))
    assert (bad.status_code, bad.json()["code"], bad.json()["field"]) == (422, "models.bad_file", "file")
    files = client.get("/w/default/api/models/m/versions/1/files").json()
    assert {"MLmodel", "model.pkl", "requirements.txt"} <= {file["path"] for file in files}
    one = client.get("/w/default/api/models/m/versions/1/content", params={"path": "model.pkl"})
    assert one.content == pickle.dumps({"a": 1})
    assert one.headers["content-security-policy"] == "sandbox"
    assert "attachment" in one.headers["content-disposition"]
    for path in ("../MLmodel", "/etc/passwd", "nothing"):
        assert client.get("/w/default/api/models/m/versions/1/content", params={"path": path}).status_code in (404, 422)
    missing = client.get("/w/default/api/models/m/versions/1/example")
    assert (missing.status_code, missing.json()["code"]) == (404, "models.no_example")


def test_versions_are_compared(services: Services, studio: Studio, tmp_path: Path) -> None:
    ctx = context_in(services)
    studio.models.register("m", source=a_file("pkl", tmp_path), requirements=["scikit-learn==1.0"])
    studio.models.register("m", source=a_file("joblib", tmp_path), requirements=["scikit-learn==1.1"], example=EXAMPLE)
    service.register(ctx, "m", a_model(ctx))
    found = studio.models.compare("m:1", "m:2", "m:3")
    assert [version.version for version in found.versions] == [1, 2, 3]
    needs = {line.key: line for line in found.requirements}
    assert (needs["scikit-learn"].values, needs["scikit-learn"].same) == (["==1.0", "==1.1", None], False)
    assert {line.key: line.values for line in found.signature}["input a"] == [None, "double", None]
    assert {line.key for line in found.files} >= {"MLmodel", "model.pkl", "model.joblib"}
    with pytest.raises(Exception, match="2 to 10"):
        studio.models.compare("m:1")


def test_the_commands(cli: Any, tmp_path: Path) -> None:
    path = a_file("txt", tmp_path)
    (tmp_path / "rows.json").write_text(json.dumps(EXAMPLE))

    def asked(*words: str) -> Any:
        done = cli("models", *words, "--output", "json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert asked("register", str(path), "--example", str(tmp_path / "rows.json"))["name"] == "trained"
    assert asked("register", str(path), "--name", "trained", "-r", "lightgbm<5")["version"] == 2
    assert [row["version"] for row in asked("versions", "trained")] == [2, 1]
    assert asked("scan", "trained:1")["verdict"] == "clean"
    assert asked("tag", "trained:1", "checked=yes")["tags"] == {"checked": "yes"}
    assert asked("tag", "trained:1", "checked", "--remove")["tags"] == {}
    (tmp_path / "card.md").write_text("# Trained elsewhere")
    assert asked("card", "trained", "--file", str(tmp_path / "card.md"))["card"] == "# Trained elsewhere"
    assert [line["key"] for line in asked("compare", "trained:1", "trained:2")["requirements"] if not line["same"]]
    assert asked("alias", "trained:1", "champion")["aliases"] == {"champion": 1}
    assert asked("alias", "trained:1", "champion", "--remove")["aliases"] == {}
    for words in (
        ("scan", "trained:1"),
        ("compare", "trained:1", "trained:2"),
        ("card", "trained"),
        ("versions", "trained"),
    ):
        assert cli("models", *words).exit_code == 0
    assert "no file, no folder" in str(cli("models", "register", "nowhere.pkl").exception)
